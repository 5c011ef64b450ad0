"""A trained generator as an ONNX file, so that what was trained here can be used elsewhere (the extra `onnx`).

The graph takes z (n, latent) and gives samples (n, columns) in the data's own units, as `Run.sample` does: the
averaged generator, in evaluation, and then the scaler; in float32, which every runtime speaks. A runtime's tanh or
sigmoid may round beyond its bounds, so the graph clips both.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.layers import BatchNorm, Dense, Dropout, Layer, LeakyReLU, Maxout, ReLU, Sigmoid, Softplus, Tanh
from ..files import write_whole

if TYPE_CHECKING:
    from .run import Run

OPSET = 17  # of ONNX 1.12 (2022): old enough for every runtime of today, and all that these layers ask for
BATCH_NORM = ("gamma", "beta", "mean", "variance")  # in ONNX's order
PLAIN: dict[type[Layer], str] = {ReLU: "Relu", Softplus: "Softplus"}
BOUNDED: dict[type[Layer], tuple[str, float]] = {Sigmoid: ("Sigmoid", 0.0), Tanh: ("Tanh", -1.0)}  # to 1


class ExportError(ValueError):
    """A generator cannot be written as ONNX; the message says why."""


def to_onnx(run: Run, averaged: bool = True) -> Any:
    """The run's generator and scaler as an onnx.ModelProto; raises ExportError for a layer it cannot say."""
    try:
        from onnx import checker, helper, numpy_helper
    except ImportError as error:
        raise ExportError("the export needs onnx: pip install 'minigan[onnx]'") from error
    net = run.gan.average if averaged and run.gan.average is not None else run.gan.generator
    kind = helper.np_dtype_to_tensor_dtype(np.dtype("float32"))
    constants: list[Any] = []
    nodes: list[Any] = []

    def constant(name: str, value: Any, dtype: Any = np.float32) -> str:
        exact = np.array(value) if isinstance(value, list | float) else net.backend.to_numpy(value)
        with np.errstate(over="ignore"):
            array = np.asarray(exact, dtype, order="C")
        lost = np.isfinite(exact) & ~np.isfinite(array)
        if lost.any():
            raise ExportError(
                f"{name} holds {exact[lost][0]:.3g}, beyond float32, which is what the export speaks; a lower "
                f"learning rate keeps weights smaller"
            )
        constants.append(numpy_helper.from_array(array, name))
        return name

    def node(op: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"{op.lower()}_{len(nodes)}"
        nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    y = "z"
    for k, (layer, width) in enumerate(zip(net.layers, net.widths[1:], strict=True)):
        match layer:
            case Dense():
                bias = [constant(f"b{k}", layer.b)] if layer.bias else []
                y = node("Gemm", y, constant(f"W{k}", layer.W), *bias)
            case LeakyReLU():
                y = node("LeakyRelu", y, alpha=layer.a)
            case Maxout():
                pieces = node("Reshape", y, constant(f"shape{k}", [-1, width, layer.k], np.int64))
                y = node("ReduceMax", pieces, axes=[2], keepdims=0)
            case BatchNorm():
                names = [constant(f"{what}{k}", getattr(layer, what)) for what in BATCH_NORM]
                y = node("BatchNormalization", y, *names, epsilon=layer.epsilon)
            case Dropout():
                pass  # the identity, in evaluation
            case _ if type(layer) in BOUNDED:
                op, low = BOUNDED[type(layer)]
                y = node("Clip", node(op, y), constant(f"low{k}", low), constant(f"high{k}", 1.0))
            case _ if type(layer) in PLAIN:
                y = node(PLAIN[type(layer)], y)
            case _:
                raise ExportError(f"layer {k} of G, {layer!r}, is none that the export knows how to say in ONNX")
    scaled = node("Mul", y, constant("scale", run.scaler.scale))
    node("Add", scaled, constant("shift", run.scaler.shift), output="samples")
    graph = helper.make_graph(
        nodes,
        "generator",
        [helper.make_tensor_value_info("z", kind, ["n", net.widths[0]])],
        [helper.make_tensor_value_info("samples", kind, ["n", net.widths[-1]])],
        constants,
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name="minigan"
    )
    latent = run.gan.latent
    draws = "N(0, 1)" if latent.kind == "normal" else f"uniform on [{latent.low:.6g}, {latent.high:.6g})"
    about = {"z": f"each of {latent.dim} coordinates {draws}", "data": Path(run.recipe.data).name}
    helper.set_model_props(model, about)
    checker.check_model(model, full_check=True)
    return model


def export(run: Run, path: str | os.PathLike, averaged: bool = True) -> None:
    """Write the generator to this .onnx file, whole or not at all."""
    write_whole(Path(path), to_onnx(run, averaged).SerializeToString(deterministic=True))
