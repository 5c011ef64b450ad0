"""A generator as ONNX gives the samples that it gives here, in a runtime that shares no code with minigan."""

from __future__ import annotations

import sys

import numpy as np
import onnx
import onnxruntime
import pytest
from every_layer import MAKERS, stopped_at, through

import minigan as mg
from minigan.cli import main
from minigan.runs import export
from minigan.runs.run import Run


def elsewhere(path, z):
    """The samples that onnxruntime makes of z."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert [node.name for node in (*session.get_inputs(), *session.get_outputs())] == ["z", "samples"]
    return session.run(None, {"z": z.astype("f")})[0]


def run_of(layers, scramble, dtype="float32"):
    backend = mg.Backend("numpy", dtype)
    G = scramble(mg.Sequential(layers, backend, name="G"))
    D = mg.Sequential([mg.Dense(G.widths[-1], 1)], backend, name="D")
    gan = mg.GAN(G, D, mg.Latent(G.widths[0]))
    dim = G.widths[-1]
    scales = mg.Scaler(np.arange(dim, dtype="f"), 1 + np.arange(dim, dtype="f"))
    return Run(mg.Recipe(), gan, scales, mg.History())


@pytest.mark.parametrize("averaged", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", through("onnx"))
def test_every_layer_gives_the_same_samples(name, dtype, averaged, scramble, tmp_path):
    layer = MAKERS[name](6)
    wide = layer.width_out(6)
    run = run_of([mg.Dense(4, 6), layer, mg.Dense(wide, 3, bias=False), mg.Tanh()], scramble, dtype)
    export.export(run, tmp_path / "g.onnx", averaged)
    z = np.random.default_rng(0).standard_normal((50, 4)).astype(dtype)
    ours = run.scaler.to_data((run.gan.average if averaged else run.gan.generator)(z))
    theirs = elsewhere(tmp_path / "g.onnx", z)
    assert theirs.dtype == np.float32
    np.testing.assert_allclose(theirs, ours, atol=1e-5)


@pytest.mark.parametrize("data", ["ring", "gaussian", "digits"])
def test_a_trained_run_exports_by_the_command_line_what_it_samples(data, tmp_path, capsys):
    folder = tmp_path / "run"
    assert main(["train", data, "--steps", "60", "--set", "frames=0", "--out", str(folder)]) == 0
    assert main(["export", str(folder), str(tmp_path / "g.onnx")]) == 0
    run = mg.load(folder)
    latent = run.gan.latent
    assert f"z (n, {latent.dim}) -> samples (n, {run.gan.generator.widths[-1]})" in capsys.readouterr().out
    z = np.array(latent.fill(np.empty((200, latent.dim), "f"), mg.Stream(7, "sample").at(0)))
    np.testing.assert_allclose(elsewhere(tmp_path / "g.onnx", z), run.sample(200, seed=7), atol=1e-5)
    props = {p.key: p.value for p in onnx.load(tmp_path / "g.onnx").metadata_props}
    assert props["data"] == data and "N(0, 1)" in props["z"]


@pytest.mark.parametrize(("layer", "low"), [(mg.Tanh(), -1), (mg.Sigmoid(), 0)])
def test_what_is_bounded_here_is_bounded_there(layer, low, scramble, tmp_path):
    # onnxruntime's own Tanh answers 1.0000002 for some inputs above 8, its Sigmoid 1.0000001 from 16 on
    run = run_of([mg.Dense(1, 1), layer], scramble)
    run.gan.generator.assign([1.0, 0.0])
    run.scaler = mg.Scaler(np.zeros(1, "f"), np.ones(1, "f"))
    export.export(run, tmp_path / "g.onnx", averaged=False)
    made = elsewhere(tmp_path / "g.onnx", np.linspace(-30, 30, 200_001)[:, None])
    assert made.min() == low and made.max() == 1


@pytest.mark.parametrize("which", [0, -1])
def test_a_weight_beyond_float32_is_refused_by_name(which, scramble):
    run = run_of([mg.Dense(2, 2)], scramble, "float64")
    run.gan.generator.theta[which] = 1e39
    with pytest.raises(export.ExportError, match=f"{'W0' if which == 0 else 'b0'} holds 1e\\+39, beyond float32"):
        export.to_onnx(run, averaged=False)


def test_the_same_run_gives_the_same_bytes(scramble, tmp_path):
    for name in ("a.onnx", "b.onnx"):
        export.export(run_of([mg.Dense(2, 2)], scramble), tmp_path / name)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_a_layer_that_onnx_does_not_know_is_refused_by_name(scramble):
    for name in stopped_at("onnx"):
        layer = MAKERS[name](6)
        with pytest.raises(export.ExportError, match=name):
            export.to_onnx(run_of([mg.Dense(4, 6), layer, mg.Dense(layer.width_out(6), 3)], scramble))


def test_what_cannot_be_exported_is_refused_in_a_line(scramble, tmp_path, capsys, monkeypatch):
    class Odd(mg.Layer):
        def forward(self, x, y, memo, training, rng):
            y[...] = x

    with pytest.raises(export.ExportError, match=r"layer 1 of G, .*Odd.* none that the export knows"):
        export.to_onnx(run_of([mg.Dense(2, 2), Odd()], scramble))
    folder = tmp_path / "run"
    assert main(["train", "gaussian", "--steps", "1", "--set", "frames=0", "--out", str(folder)]) == 0
    assert main(["export", str(folder), str(tmp_path / "g.pt")]) == 2
    assert "ends in .onnx" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert main(["export", str(folder), str(tmp_path / "g.onnx")]) == 2
    assert "pip install 'minigan[onnx]'" in capsys.readouterr().err
