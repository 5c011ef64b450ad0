"""Behind lesson 18, "Did it learn to write, or to copy?": its claims and its figure."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

import minigan as mg
from minigan.judge.evaluation import fresh_critic
from minigan.judge.metrics import chi_cdf, label_mix, nearest, neighbour_ratios, wilson_interval
from minigan.lessons import Claims
from minigan.lessons.l18_digits import (
    cheats,
    draw,
    game,
    hidden,
    perfect,
    play,
    probes,
    step_lengths,
    trained,
    walk,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@cache
def ring_generator() -> Any:
    """The averaged G after a short training on the ring of eight."""
    recipe = replace(mg.RECIPES["ring"][1], steps=2000, batch=128)
    gan, ring = recipe.build(2), mg.load_dataset("ring")
    mg.train(gan, ring, recipe.steps, recipe.batch, scaler=mg.scaler(ring), log_every=recipe.steps)
    return gan.average


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers; what needs the trained G or D is left out by `quick`."""
    made = Claims()
    equal, below = made.equal, made.below

    rng = np.random.default_rng(18)
    data: Any = mg.load_dataset("digits")
    to_network = mg.scaler(data).to_network
    x = to_network(data.x)

    net, order = game().discriminator, np.random.default_rng(39).permutation(64)
    scrambled = net.copy()
    layers: list[Any] = [net.layers[0], scrambled.layers[0]]
    layers[1].W[...] = layers[0].W[order]
    scrambled.moved()
    says = "pixels and W's rows in another order: what D says differs by, at most"
    differs = np.abs(net(x) - scrambled(x[:, order])).max()
    below("no_neighbours", says, differs, 1e-5, "the same sums in another order, rounded")

    scores = {
        name: neighbour_ratios(samples, data.x, data.held_out) for name, samples in cheats(data, rng).items()
    }
    (copies_there, copies_back), (noisy_there, noisy_back) = scores["copies"], scores["noisy copies"]
    equal("copies_there", "training images as samples: r1", copies_there, 0, 0, "distance 0")
    equal("copies_back", "the same: r2", copies_back, 1, 1e-12, "the samples are the training set")
    source = "made so; less where another is nearer"
    equal("noisy_there", "noisy training images as samples: r1", noisy_there, 1, 0.02, source)
    source = "sqrt(1 + 1), less for the nearest of many"
    equal("noisy_back", "the same: r2", noisy_back, math.sqrt(2), 0.1, source)
    least = min(max(abs(r - 1) for r in pair) for pair in scores.values())
    says = "the larger of the two misses of 1, least of four cheats"
    equal("cheats", says, least, 0.65, 0.35, ".3 or more; copies miss by 1")
    (there, back), source = perfect(data).T, "exchangeable; 4 sd of one split"
    says = "real images as samples, 20 splits: mean r1"
    equal("perfect_there", says, there.mean(), 1, 4 * there.std(), source)
    equal("perfect_back", "the same: mean r2", back.mean(), 1, 4 * back.std(), source)

    shuffled = replace(data, labels=rng.permutation(data.labels))
    runs = [play(data, 200), play(shuffled, 200), play(data, 200, seed=1)]
    a, b, c = (np.concatenate([v.view(np.uint32) for v in run.vectors().values()]) for run in runs)
    says = "numbers that differ once the labels are shuffled"
    equal("unlabelled", says, (a != b).sum(), 0, 0, "labels are never read")
    says = "share of numbers that stay the same with another seed"
    below("can_fail", says, (a == c).mean(), 0.01, "the check can fail")

    short = 1 - math.exp(-8) * sum(8.0**k / math.factorial(k) for k in range(16))
    says = "share of z in 32 dimensions that are shorter than 4"
    equal("middle", says, chi_cdf(4, 32), short, 1e-12, "Poisson's sum for a chi-square")
    even = step_lengths(walk(lambda z: z, *np.eye(2))).max()
    equal("even", "z: longest step over the median", even, 1, 1e-9, "a circle in equal steps")
    jump = step_lengths(walk(ring_generator(), *np.eye(2))).max()
    below("jump", "ring: the median step over the longest", 1 / jump, 0.1, "a gap to cross: 10 or more")

    real = data.x[rng.permutation(len(data.x))]
    honest, chance = fresh_critic(real[:718], replace(data, x=real[718:])), 3.9 * 0.5 / math.sqrt(718)
    says, source = "a fresh critic between real and real: share right", "a coin; missed once in 10,000"
    equal("critic_real", says, honest.accuracy, 0.5, chance, source)

    pixels, scarce = probes(data, x, to_network(data.held_out))
    source = "scikit-learn's RidgeClassifierCV"
    equal("pixels", "probe on pixels, of 360 right", pixels.sum(), 341, 0, source)
    low, high = wilson_interval(int(pixels.sum()), 360)
    p = pixels.mean()
    half, source = 196 * math.sqrt(p * (1 - p) / 360), "1.96 sqrt(p (1 - p) / n)"
    equal("interval", "half of its 95 % interval (points)", 50 * (high - low), half, 0.1, source)
    if quick:
        return made

    made.full, gan = True, trained(False)
    average: Any = gan.average
    samples = draw(gan, 1797, data)
    ours, bar = samples[:1437], "a perfect sampler; the bar is .15"
    r1, r2 = neighbour_ratios(ours, data.x, data.held_out)
    equal("there", "G: samples to training set, over held-out to it (r1)", r1, 1, 0.15, bar)
    equal("back", "G: held-out to samples, over held-out to training set (r2)", r2, 1, 0.15, bar)
    near = np.quantile(nearest(data.held_out, data.x)[0], 0.05)
    share = (nearest(ours, data.x)[0] < near).mean()
    says = "G: share of samples nearer than 1 new image in 20"
    equal("near", says, share, 0.05, 0.05, "a perfect sampler; 4 sd")
    rarest = label_mix(ours, data.x, data.labels).min()
    equal("classes", "G: share of its rarest class", rarest, 0.1, 0.06, "each 10 %; 4 % is the bar")

    critic, rounded = (fresh_critic(x, data) for x in (samples, np.rint(samples).clip(0, 16)))
    says = "a fresh critic between real and G's: share right"
    equal("critic", says, critic.accuracy, 1, 0.2, "over 80 %: it can tell")
    source = "the paper, not the pen: 10 points or more"
    below("rounded", "what rounding to whole pixels changes", rounded.accuracy - critic.accuracy, -0.1, source)
    says = "and then: .5 less the interval's lower end"
    below("handwriting", says, 0.5 - rounded.low, 0, "below 0: still told apart")

    z = np.random.default_rng(0).standard_normal((8, 2, 32))
    steps = np.mean([step_lengths(walk(average, *ends)).max() for ends in z])
    says = "digits, mean of 8 walks: longest step over the median"
    below("steps", says, steps, jump, "less than the ring's")
    to_data, many = mg.scaler(data).to_data, np.random.default_rng(3).standard_normal((1437, 32))
    (far, whom), (short_far, short_whom) = (nearest(to_data(average(psi * many)), data.x) for psi in (1, 0.25))
    says = "psi 1/4: different nearest training images, over those at psi 1"
    below("variety", says, len(set(short_whom)) / len(set(whom)), 0.5, "less variety")
    says = "median distance to the training set, psi 1 over psi 1/4"
    below("quality", says, np.median(far) / np.median(short_far), 1, "no better")

    said = {}
    for who, D in {"D": gan.discriminator, "new": game().discriminator}.items():
        for layer in (1, 2):
            known, new = (hidden(D, to_network(x), layer) for x in (data.x, data.held_out))
            said[who, layer] = probes(data, known, new)
    says = "probe on pixels right, less on D's first hidden layer (of 360)"
    below("probe", says, float(pixels.sum()) - said["D", 1][0].sum(), 0, "D's is not worse")
    differ = said["D", 1][0].astype(int) - said["new", 1][0]
    apart = abs(differ.sum()) / math.sqrt(max(np.abs(differ).sum(), 1))
    says = "D's first layer against an untrained one: difference in standard errors"
    below("untrained", says, apart, 3.9, "McNemar: no difference shown")
    says, source = "five labels a class: pixels, less D's second layer (points)", "the bar: 2 points better"
    below("scarce_pixels", says, (scarce - said["D", 2][1]).mean(), -2, source)
    says = "the same: D's second layer untrained, less trained (points)"
    below("scarce_new", says, (said["new", 2][1] - said["D", 2][1]).mean(), -2, source)
    return made


def figure(quick: bool = False) -> Figure:
    """Samples above their nearest training images; a walk through z; how even its steps are."""
    from matplotlib.figure import Figure

    from minigan.plotting import BLUE, GREY, RED, image_grid

    gan, many = trained(quick), 18
    data: Any = mg.load_dataset("digits")
    average: Any = gan.average
    samples = draw(gan, 2 * many, data)
    index = nearest(samples, data.x)[1]
    ends = np.random.default_rng(4).standard_normal((2, 32))
    path = mg.scaler(data).to_data(walk(average, *ends))
    ring = walk(ring_generator(), *np.eye(2))

    picture = Figure(figsize=(8, 4.5), layout="constrained")
    *panels, steps = picture.subplots(4, 1, height_ratios=[0.9, 0.9, 0.45, 1.7])
    shown = ((np.arange(many) + 0.5) / many * 400).astype(int)  # each above its own t
    first, second = (np.concatenate([samples[k], data.x[index[k]]]) for k in (slice(many), slice(many, None)))
    for axes, images in zip(panels, (first, second, path[shown]), strict=True):
        axes.imshow(image_grid(images, (8, 8), many), cmap="gray_r", vmin=0, vmax=16)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        axes.set_xticks([])
    panels[0].set_title("New digits, not copies: each of G's above the training image nearest to it")
    for axes in panels[:2]:
        axes.set_yticks([3.5, 12.5], ["G", "nearest"], color=RED)
        axes.get_yticklabels()[1].set_color(BLUE)
    panels[2].set_yticks([3.5], ["a walk"], color=RED)

    t = (np.arange(400) + 0.5) / 400
    steps.semilogy(t, step_lengths(path), color=RED, lw=1.8, label="the walk above")
    steps.semilogy(t, step_lengths(ring), color=GREY, lw=1, ls="--", label="ring of eight: hurries between modes")
    steps.set(xlim=(0, 1), ylim=(0.01, 2000), xlabel="t, in turns round a great circle of z")
    steps.set(ylabel="step length\nover the median", yticks=[0.01, 1, 100])
    steps.minorticks_off()
    steps.legend(frameon=False, fontsize=9, loc="upper right", ncols=2)
    steps.spines[["top", "right"]].set_visible(False)
    return picture
