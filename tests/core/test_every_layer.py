"""The registry, and what follows from a layer's being in it alone."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass

import numpy as np
import pytest
from every_layer import EVERY, MAKERS, stopped_at, through

import minigan as mg
from minigan.core.layers import LAYERS, Elementwise, Layer
from minigan.core.penalties import is_twice, tangent_gradient


def net_of(name, scramble, dtype="float64"):
    layer = MAKERS[name](6)
    layers = [mg.Dense(3, 6), layer, mg.Dense(layer.width_out(6), 1)]
    return scramble(mg.Sequential(layers, mg.Backend("numpy", dtype), name="D"))


def test_the_registry_and_the_list_of_the_tests_name_the_same_layers():
    assert {kind.__name__ for kind in LAYERS.values()} == EVERY.keys()
    for name, entry in EVERY.items():
        assert type(entry.make(6)).__name__ == name


@pytest.mark.parametrize("name", EVERY)
def test_a_registered_layer_is_public(name):
    assert getattr(mg, name) is type(MAKERS[name](6)) and name in mg.__all__


def test_a_registered_elementwise_layer_is_an_activation_of_recipes():
    named = {name for name, kind in LAYERS.items() if issubclass(kind, Elementwise)}
    for name in named:
        recipe = mg.Recipe(generator_activation=name, discriminator_activation=name, generator_output=name)
        assert any(type(layer) is LAYERS[name] for layer in recipe.build(2).generator.layers)
    with pytest.raises(mg.RecipeError, match="choose one of linear, relu"):
        mg.Recipe(generator_output="swoosh")


@pytest.mark.parametrize("name", EVERY)
def test_copies_pickles_and_checkpoints_keep_it(name, scramble, tmp_path):
    net = net_of(name, scramble, "float32")
    x = np.random.default_rng(0).standard_normal((5, 3)).astype("f")
    G = mg.Sequential([mg.Dense(2, 3)], name="G")
    gan = mg.GAN(G, net, mg.Latent(2), updates="alternating")
    mg.save(gan, tmp_path / "gan.npz")
    others = [net.copy(), copy.deepcopy(net), pickle.loads(pickle.dumps(net)), net.to("numpy", "float32")]
    for other in [*others, mg.load(tmp_path / "gan.npz").discriminator]:
        assert repr(other.layers) == repr(net.layers)
        np.testing.assert_array_equal(other(x), net(x))
        assert np.shares_memory(other.layers[0].W, other.theta)


@pytest.mark.parametrize("name", through("twice"))
def test_a_second_derivative_is_one(name, scramble):
    assert is_twice(MAKERS[name](6))
    report = mg.check_gradients(net_of(name, scramble), np.random.default_rng(1).standard_normal((4, 3)))
    assert report.ok and any("of the tangent" in probe.where for probe in report.probes)


@pytest.mark.parametrize("name", stopped_at("twice"))
def test_a_layer_without_one_is_refused_by_name(name, scramble):
    net = net_of(name, scramble)
    trace = net.trace(4)
    net.forward(np.ones((4, 3)), trace, training=True, rng=np.random.default_rng(0))
    with pytest.raises(TypeError, match=f"{name} has no second derivative"):
        tangent_gradient(net, np.ones((4, 3)), np.ones((4, 1)), trace, inputs=True)


@pytest.mark.parametrize("name", EVERY)
def test_a_piecewise_linear_layer_is_linear_between_its_kinks(name, scramble):
    """Evaluated along a line, f leaves its chord only where one of its kinks crosses 0, and there it does."""
    net = net_of(name, scramble)
    layer, rng = net.layers[1], np.random.default_rng(2)
    ends, turns = rng.standard_normal((2, 200, 6)), 0
    for a, b in zip(*ends, strict=True):
        x = np.linspace(a, b, 3)
        y = np.empty((3, layer.width_out(6)))
        layer.forward(x, y, layer.memo(net.backend, 3, 6, 1), False, None)
        crossed = (np.diff(np.sign(layer.kinks(x)), axis=0) != 0).any()
        bent = np.abs(y[0] - 2 * y[1] + y[2]).max() > 1e-9
        turns += crossed
        if layer.piecewise_linear:
            assert bent <= crossed
        else:
            assert bent and not crossed
    assert (turns > 0) == (layer.branch(x, y, layer.memo(net.backend, 3, 6, 1)) is not None)


# ---- a layer of one's own


def test_the_layer_in_the_docstring_is_complete(tmp_path):
    text = Layer.__doc__.split("as complete as this:\n\n")[1].split("\n\n    and `mg.check")[0]
    space = {"mg": mg, "dataclass": dataclass, "__name__": __name__}
    exec("\n".join(line[8:] for line in text.splitlines()), space)
    Scale = space["Scale"]
    x = np.random.default_rng(0).standard_normal((6, 4))
    assert mg.check_gradients(Scale(), x).ok
    G = mg.Sequential([mg.Dense(2, 4), Scale(0.5), mg.Dense(4, 2)], name="G")
    gan = mg.GAN(G, mg.Sequential([mg.Dense(2, 4), mg.Tanh(), mg.Dense(4, 1)], name="D"), mg.Latent(2))
    mg.train(gan, mg.ring(), 3, 8)
    assert G.layers[1].theta[0] != 0.5
    mg.save(gan, tmp_path / "gan.npz")
    again = mg.load(tmp_path / "gan.npz", classes=[Scale])
    np.testing.assert_array_equal(again.sample(5), gan.sample(5))


def test_a_setting_that_is_no_field_is_refused_when_the_layer_is_bound():
    class Times(Layer):  # no dataclass: what it is told would be lost in every copy
        def __init__(self, factor):
            self.factor = factor

    @dataclass(eq=False)
    class Twice(Layer):  # a field, and what follows from it, made in the wrong place
        half: float = 1.0

        def __post_init__(self):
            self.whole = 2 * self.half

    for layer, lost in ((Times(3.0), "factor"), (Twice(), "whole")):
        message = rf"layer 1 of network 'net', {type(layer).__name__}, keeps '{lost}', which is no field"
        with pytest.raises(TypeError, match=message):
            mg.Sequential([mg.Dense(2, 3), layer, mg.Dense(3, 1)])
