# %% [markdown]
# # 18. Digits from nothing: did it learn to write, or to copy?
# *About 17 seconds; afterwards you can train a GAN on images, tell inventing from copying with two numbers, walk
# through its latent space, and say what it learned without ever seeing a label.*
#
# "This person does not exist", says the caption under a face that a GAN has made, and the reader shivers. But how
# would we know? A generator that keeps its training photographs in its weights and hands one out on demand also
# shows you convincing faces. The promise was more than that: something new, that could have been among the old.
#
# Our faces are handwritten digits of 8 × 8 pixels, 1,797 of them, by 13 people. G starts from 32 random numbers
# and from no idea of what a stroke is. Little of what follows is particular to pictures. Our parrot's voice is a
# row of numbers too, and could stand in the pixels' place.
#
# **Predict before you read on.** Here are three cheats: one hands out training images; one hands out training
# images with a little noise; one hands out the same good image for ever. You may measure nothing but distances
# between images. Which cheat will be the hardest to catch, and what would catch it?

# %%
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

import minigan as mg
from minigan.judge.evaluation import fresh_critic
from minigan.judge.metrics import chi_cdf, label_mix, nearest, neighbour_ratios, wilson_interval
from minigan.lessons import Claim, Claims, show

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# %% [markdown]
# ## The game, as before
#
# Nothing is new but the widths. The pixels go to ±1, where G's last tanh can reach them; both players move at
# once, which is cheaper; D pays the R1 penalty of lessons 14 and 17 for being steep where the data are, against
# the circling; and we judge the average of G's weights over time.
#
# (*Dense* layers know nothing of neighbours. Put the 64 pixels of all images into any other order, and the rows of
# D's first $W$ into the same: D says of every image what it said before. So a game on scrambled digits is exactly
# as easy, or as hard. At 8 × 8 that will do. For faces one adds what we know of pictures, by convolutions: they
# look at small patches of neighbours, and use the same weights on every patch. Radford et al. 2016 made them work
# in GANs.)


# %%
def game(seed: int = 0) -> mg.GAN:
    """Dense G and D for 8 x 8 pixels, at their starting weights."""
    for_g = [mg.Dense(32, 128), mg.Tanh(), mg.Dense(128, 256), mg.Tanh(), mg.Dense(256, 64), mg.Tanh()]
    for_d = [mg.Dense(64, 256), mg.LeakyReLU(), mg.Dense(256, 128), mg.LeakyReLU(), mg.Dense(128, 1)]
    return mg.GAN(
        mg.Sequential(for_g, seed=seed, name="G"),
        mg.Sequential(for_d, seed=seed, name="D"),
        mg.Latent(32),
        updates="simultaneous",
        optimizers=(mg.Adam(5e-4, 0.5, 0.999), mg.Adam(5e-4, 0.5, 0.999)),
        penalty=mg.R1(0.1),
        seed=seed,
    )


def play(data: mg.Dataset, steps: int, seed: int = 0) -> mg.GAN:
    """The game after this many steps; 12,000 take some 12 seconds."""
    gan = game(seed)
    mg.train(gan, data, steps, batch=64, scaler=mg.scaler(data), log_every=steps)
    return gan


@cache
def trained(quick: bool) -> mg.GAN:
    """This lesson's GAN, of its full run or of the quick one."""
    return play(mg.load_dataset("digits"), 400 if quick else 12_000)


def draw(gan: mg.GAN, n: int, data: mg.Dataset) -> np.ndarray:
    """n samples of the averaged G, in the pixels' own units, 0 to 16."""
    return mg.scaler(data).to_data(gan.sample(n))


# %% [markdown]
# ## Two numbers, because one can be cheated
#
# 360 of the images are held out: no network has seen them. They are *what new data look like* (new images, not
# new hands: the writers are the same 13). So the distance from a held-out image to the nearest training image, in
# the median, is our unit. A perfect sampler's images would be neither nearer to the training set nor farther:
#
# $$r_1 = \frac{\operatorname{median}_s \; d(s, \text{train})}{\operatorname{median}_h \; d(h, \text{train})} .$$
#
# Copies have $r_1 = 0$: caught. But take a copy and add noise, so much of it that it lies one unit from where it
# came from. In 64 dimensions the length of a noise vector hardly varies, so nearly all of these images land at the
# same distance and $r_1 = 1$: the perfect score, and no idea of writing. That is the hard one. What gives it away
# is the way back. Does every *new* image find a sample near it?
#
# $$r_2 = \frac{\operatorname{median}_h \; d(h, \text{samples})}{\operatorname{median}_h \; d(h, \text{train})} .$$
#
# From a new image it is one unit to a training image and from there one unit of noise, in a direction of its own
# and so at a right angle: $\sqrt{1 + 1} = 1.41$. (A little less, for the nearest is the best of many.) And a
# copier, whose samples *are* the training set, has $r_2 = 1$ exactly. So each ratio is perfect for a cheat that
# the other one catches. **Read them together, and near 1 from both sides.** The more points, the nearer the
# nearest: take as many samples as there are training images, and don't compare ratios of different numbers.


# %%
def cheats(data: mg.Dataset, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Four samplers that cannot write, one row of samples for each training image."""
    assert data.held_out is not None
    n, d = data.x.shape
    unit = np.median(nearest(data.held_out, data.x)[0])
    long = math.sqrt(d * (1 - 2 / (9 * d)) ** 3)  # the median length of a normal vector, by Wilson and Hilferty
    return {
        "copies": data.x,
        "noisy copies": data.x + rng.standard_normal((n, d)) * unit / long,
        "one image": np.repeat(data.held_out[:1], n, axis=0),
        "a Gaussian": rng.multivariate_normal(data.x.mean(0), np.cov(data.x.T), n, method="eigh"),
    }


def perfect(data: mg.Dataset, splits: int = 20) -> np.ndarray:
    """Both ratios (splits, 2) of real images that play the sampler: all of them, parted in three at random."""
    x, rng = np.concatenate([data.x, data.held_out]), np.random.default_rng(18)
    parts = [np.split(x[rng.permutation(len(x))], [718, 1436]) for _ in range(splits)]
    return np.array([neighbour_ratios(samples, train, held_out) for samples, train, held_out in parts])


# %% [markdown]
# Is 1 really what a perfect sampler gets? Let real images play the sampler: part all of them at random into
# "training", "samples" and "held out", and both ratios are 1, give or take a few hundredths. Our GAN has both
# within .15 of 1 (see them in the table), and each cheat misses by .3 or more in one of them. So does a fourth, a
# Gaussian with the mean and covariance of the data. In the figure G's digits stand above their nearest training
# images. Look for pairs that are the same: a few are close, as new images of a 1 are close to old ones.
#
# ![Digits above their neighbours, and a walk](../figures/l18_digits.png)
#
# Medians say nothing of the tails, so one more look. A twentieth of all *new* images lies within a certain
# distance of the training set. Of our samples it is about a twentieth too; many copies would show there. And which
# digits are they? Classed by their nearest training image, each of the ten has its share, none below 4 %.
#
# ## What the two numbers don't see
#
# Lesson 16 said that every metric can be fooled, so ask another one. The goal was that *no observer* can tell. A
# fresh critic, trained on new samples and judged on some that it hasn't seen, is such an observer. Between real
# images and real images it is right half of the time, as it must be; on ours **over 80 %**. To you they are
# digits, to it forgeries. Why?
#
# A detective looks at the paper first. The scanner gave whole numbers from 0 to 16 and very many zeros, which a
# tanh can approach and never reach. Round our samples to whole numbers, and the critic's accuracy falls by more
# than ten points, though to your eye no digit has changed. It stays above one half: that is handwriting. So "looks
# real", "is new" and "can't be told apart" are three claims, and this G earns the first two.
#
# ## A walk
#
# G is a function, so if z moves a little, the digit changes a little. Which path shall z take from $z_0$ to $z_1$?
# The straight line passes the middle, $(z_0 + z_1) / 2$, which in 32 dimensions typically has the length
# $\sqrt{16} = 4$; fewer than one z in a hundred is as short as that, so G has hardly practised there. A great
# circle doesn't have this trouble:
#
# $$z(t) = \cos t \; z_0 + \sin t \; z_1$$
#
# is $N(0, I)$ for every $t$ if $z_0$ and $z_1$ are, since $\cos^2 t + \sin^2 t = 1$ and sums of independent
# normals are normal. (White 2016 gives its relative for given end points, *slerp*.)


# %%
def walk(G: Callable[[np.ndarray], np.ndarray], z0: np.ndarray, z1: np.ndarray, steps: int = 400) -> np.ndarray:
    """G along one great circle through z0 and z1, (steps + 1, dim); it ends where it began."""
    t = np.linspace(0, 2 * np.pi, steps + 1)[:, None]
    return G(np.cos(t) * z0 + np.sin(t) * z1)


def step_lengths(path: np.ndarray) -> np.ndarray:
    """How far each step of a walk goes, over the median step."""
    lengths = np.linalg.norm(np.diff(path.astype(float), axis=0), axis=1)
    return lengths / np.median(lengths)


@cache
def ring_gan() -> mg.GAN:
    """A short training on the ring of eight."""
    recipe = replace(mg.RECIPES["ring"][1], steps=2000, batch=128)
    gan, ring = recipe.build(2), mg.load_dataset("ring")
    mg.train(gan, ring, recipe.steps, recipe.batch, scaler=mg.scaler(ring), log_every=recipe.steps)
    return gan


# %% [markdown]
# One slides through the latent space, it is said, as if it were ice. Is it? Measure the steps. Those of z are all
# equal; the longest step of G(z), in medians, says how much G hurries. **Predict** it for the digits, and for the
# ring of eight modes, where there is *nothing* between one mode and the next.
#
# A continuous G can't jump. It must cross the gap, but it can hurry: it stretches a thin slice of z over the whole
# gap, so that hardly a sample falls into it. On the ring the longest step of a walk is more than 10 times the
# median one, and more the better G gets: an infinitely good G would be infinitely steep there. The digits' walks
# hurry too, from one digit to another, but less: classes of handwriting touch. Where a walk hurries it shows you
# things that are no digit, and when we *draw* z, such things come out as well, if rarely. So a smooth walk proves
# no good model and a jumpy one no bad one: it says where the data have gaps.
#
# Must z be typical? *Truncation* keeps it small on purpose, for better pictures and less variety (Brock, Donahue
# and Simonyan 2019 redraw what is beyond a threshold; its simplest cousin is $\psi z$ with $\psi < 1$). Try it, it
# is one multiplication. At $\psi = \frac14$ our samples are nearest to fewer than half as many different training
# images as before, as promised. But they are *farther* from them, not nearer: G has hardly ever been asked for
# such z. Brock et al. had to train theirs for it.
#
# ## Nobody said which digit
#
# The file has labels, 0 to 9. Did the training use them? Not to your knowledge, nor to mine, but code has been
# wrong before. So shuffle them and train again: after 200 steps *all* numbers of G and D are the same, **bit for
# bit**. And a check that the check can fail: with another seed they aren't.
#
# D learns from labels all the same, *real* and *fake*, as any classifier would. But they cost nothing: we know
# who made what. That is how a supervised method is put to unsupervised work, and it is why the "adversarial loss"
# is called an unsupervised one. (We do look at labels, outside the game: to give every class its share of the
# held-out images, to count classes, and now once more.)
#
# ## Does D know digits?
#
# One article credits both networks with useful features, and offers G's mimicry as the proof. It may well be so.
# But G's digits say nothing of what D is good for. Ask D. Take what its hidden
# neurons say of an image, train the plainest classifier on that (least squares, with a ridge that leave-one-out
# chooses), and compare with the same classifier on pixels: a **linear probe**. And with a third party, which is
# often forgotten: the same D *before* training. If that does as well, the game has taught it nothing.


# %%
def hidden(D: mg.Sequential, z: np.ndarray, layer: int) -> np.ndarray:
    """What D's hidden layer 1 or 2 says of images z (n, 64) in ±1: the trace of a pass keeps every layer's y."""
    trace = D.trace(len(z))
    D.forward(z, trace)
    return trace.ys[2 * layer].astype(float)


def probe(x: np.ndarray, labels: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Classes for test, by ridge regression of ±1 for each class on x; leave-one-out chooses the ridge."""
    mean, sd = x.mean(axis=0), x.std(axis=0) + 1e-6
    u, s, v = np.linalg.svd((x - mean) / sd, full_matrices=False)
    targets = 2.0 * np.eye(10)[labels] - 1
    aims = targets - targets.mean(axis=0)

    def left_out(ridge: float) -> float:  # an error of a point that the fit hasn't seen: residual / (1 - leverage)
        keep = s**2 / (s**2 + ridge)
        leverage = u**2 @ keep + 1 / len(x)
        return float(np.square((aims - u * keep @ (u.T @ aims)) / (1 - leverage[:, None])).mean())

    ridge = min(np.logspace(-3, 4, 15), key=left_out)
    slopes = v.T * (s / (s**2 + ridge)) @ (u.T @ aims)
    return ((test - mean) / sd @ slopes + targets.mean(axis=0)).argmax(axis=1)


def probes(data: mg.Dataset, known: np.ndarray, new: np.ndarray, n: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Right or wrong (360,) with all labels; and % right (n,) with five labels of each class, drawn anew."""
    labels, truth, rng, scarce = data.labels, data.held_out_labels, np.random.default_rng(50), []
    for _ in range(n):
        few = np.concatenate([rng.choice(np.flatnonzero(labels == c), 5, replace=False) for c in range(10)])
        scarce.append(100 * (probe(known[few], labels[few], new) == truth).mean())
    return probe(known, labels, new) == truth, np.array(scarce)


# %% [markdown]
# With all 1,437 labels the pixels get 341 of the 360 held-out images right (94.7 %, give or take 2.3 points: 95 %
# interval). D's first hidden layer gets more. Success? So does the *untrained* layer: 256 random bends of the
# pixels are a better place to draw lines in, and between the two no difference can be shown. Had we left out the
# third party, we would have published it.
#
# With **five labels a class** it is another story. There D's second layer is better than the pixels, and than its
# own untrained self, by more than two points in the mean of 20 draws. So the claim is right, and now it has a
# number: when labels are scarce, something that D learned without them is worth having. It is a small effect on
# small images. Radford et al. 2016 made the case on large ones.


# %%
def claims(quick: bool = False) -> list[Claim]:
    """The lesson's numbers; what needs the trained G or D is left out by `quick`."""
    made = Claims()
    is_, below = made.is_, made.below

    data, rng = mg.load_dataset("digits"), np.random.default_rng(18)
    assert data.held_out is not None and data.labels is not None
    scores = {name: neighbour_ratios(x, data.x, data.held_out) for name, x in cheats(data, rng).items()}
    worst = [max(abs(r - 1) for r in pair) for pair in scores.values()]
    splits = perfect(data)

    shuffled = replace(data, labels=rng.permutation(data.labels))
    runs = [play(data, 200), play(shuffled, 200), play(data, 200, seed=1)]
    a, b, c = (np.concatenate([v.view(np.uint32) for v in run.vectors().values()]) for run in runs)

    z = np.random.default_rng(0).standard_normal((8, 2, 32))
    ring = step_lengths(walk(ring_gan().average, *np.eye(2))).max()
    short = 1 - math.exp(-8) * sum(8.0**k / math.factorial(k) for k in range(16))  # a chi-square, by Poisson's sum

    D, order = game().discriminator, np.random.default_rng(39).permutation(64)
    scrambled = D.copy()
    scrambled.layers[0].W[...] = D.layers[0].W[order]
    scrambled.moved()

    real = data.x[rng.permutation(len(data.x))]
    honest = fresh_critic(real[:718], replace(data, x=real[718:]))
    to_network = mg.scaler(data).to_network
    x = to_network(data.x)
    pixels, scarce = probes(data, x, to_network(data.held_out))
    low, high = wilson_interval(int(pixels.sum()), 360)
    p = pixels.mean()
    # fmt: off
    below("no_neighbours", "pixels and W's rows in another order: what D says differs by, at most",
          np.abs(D(x) - scrambled(x[:, order])).max(), 1e-5, "the same sums in another order, rounded")
    is_("copies_there", "training images as samples: r1", scores["copies"][0], 0, 0, "distance 0")
    is_("copies_back", "the same: r2", scores["copies"][1], 1, 1e-12, "the samples are the training set")
    is_("noisy_there", "noisy training images as samples: r1", scores["noisy copies"][0], 1, 0.02,
        "made so; less where another is nearer")
    is_("noisy_back", "the same: r2", scores["noisy copies"][1], math.sqrt(2), 0.1,
        "sqrt(1 + 1), less for the nearest of many")
    is_("cheats", "the larger of the two misses of 1, least of four cheats", min(worst), 0.65, 0.35,
        ".3 or more; copies miss by 1")
    is_("perfect_there", "real images as samples, 20 splits: mean r1", splits[:, 0].mean(), 1,
        4 * splits[:, 0].std(), "exchangeable; 4 sd of one split")
    is_("perfect_back", "the same: mean r2", splits[:, 1].mean(), 1, 4 * splits[:, 1].std(),
        "exchangeable; 4 sd of one split")
    is_("unlabelled", "numbers that differ once the labels are shuffled", (a != b).sum(), 0, 0,
        "labels are never read")
    below("can_fail", "share of numbers that stay the same with another seed", (a == c).mean(), 0.01,
          "the check can fail")
    is_("middle", "share of z in 32 dimensions that are shorter than 4", chi_cdf(4, 32), short, 1e-12,
        "Poisson's sum for a chi-square")
    is_("even", "z: longest step over the median", step_lengths(walk(lambda z: z, *np.eye(2))).max(), 1, 1e-9,
        "a circle in equal steps")
    below("jump", "ring: the median step over the longest", 1 / ring, 0.1, "a gap to cross: 10 or more")
    is_("critic_real", "a fresh critic between real and real: share right", honest.accuracy, 0.5,
        3.9 * 0.5 / math.sqrt(718), "a coin; missed once in 10,000")
    is_("pixels", "probe on pixels, of 360 right", pixels.sum(), 341, 0, "scikit-learn's RidgeClassifierCV")
    is_("interval", "half of its 95 % interval (points)", 50 * (high - low), 196 * math.sqrt(p * (1 - p) / 360),
        0.1, "1.96 sqrt(p (1 - p) / n)")
    if quick:
        return made

    fast, gan = len(made), trained(False)
    samples = draw(gan, 1797, data)
    ours, many = samples[:1437], np.random.default_rng(3).standard_normal((1437, 32))
    there, back = neighbour_ratios(ours, data.x, data.held_out)
    near = np.quantile(nearest(data.held_out, data.x)[0], 0.05)
    critic, rounded = (fresh_critic(x, data) for x in (samples, np.rint(samples).clip(0, 16)))
    to_data, G = mg.scaler(data).to_data, gan.average
    (far, whom), (short_far, short_whom) = (nearest(to_data(G(psi * many)), data.x) for psi in (1, 0.25))
    steps = np.mean([step_lengths(walk(G, *ends)).max() for ends in z])

    nets = {"D": gan.discriminator, "new": game().discriminator}
    said = {
        (who, layer): probes(data, *(hidden(D, to_network(x), layer) for x in (data.x, data.held_out)))
        for who, D in nets.items() for layer in (1, 2)
    }
    differ = said["D", 1][0].astype(int) - said["new", 1][0]
    bar = "a perfect sampler; the bar is .15"
    is_("there", "G: samples to training set, over held-out to it (r1)", there, 1, 0.15, bar)
    is_("back", "G: held-out to samples, over held-out to training set (r2)", back, 1, 0.15, bar)
    is_("near", "G: share of samples nearer than 1 new image in 20", (nearest(ours, data.x)[0] < near).mean(),
        0.05, 0.05, "a perfect sampler; 4 sd")
    is_("classes", "G: share of its rarest class", label_mix(ours, data.x, data.labels).min(), 0.1, 0.06,
        "each 10 %; 4 % is the bar")
    is_("critic", "a fresh critic between real and G's: share right", critic.accuracy, 1, 0.2,
        "over 80 %: it can tell")
    below("rounded", "what rounding to whole pixels changes", rounded.accuracy - critic.accuracy, -0.1,
          "the paper, not the pen: 10 points or more")
    below("handwriting", "and then: .5 less the interval's lower end", 0.5 - rounded.low, 0,
          "below 0: still told apart")
    below("steps", "digits, mean of 8 walks: longest step over the median", steps, ring, "less than the ring's")
    below("variety", "psi 1/4: different nearest training images, over those at psi 1",
          len(set(short_whom)) / len(set(whom)), 0.5, "less variety")
    below("quality", "median distance to the training set, psi 1 over psi 1/4",
          np.median(far) / np.median(short_far), 1, "no better")
    below("probe", "probe on pixels right, less on D's first hidden layer (of 360)",
          float(pixels.sum()) - said["D", 1][0].sum(), 0, "D's is not worse")
    below("untrained", "D's first layer against an untrained one: difference in standard errors",
          abs(differ.sum()) / math.sqrt(max(np.abs(differ).sum(), 1)), 3.9, "McNemar: no difference shown")
    below("scarce_pixels", "five labels a class: pixels, less D's second layer (points)",
          (scarce - said["D", 2][1]).mean(), -2, "the bar: 2 points better")
    below("scarce_new", "the same: D's second layer untrained, less trained (points)",
          (said["new", 2][1] - said["D", 2][1]).mean(), -2, "the bar: 2 points better")
    # fmt: on
    return [*made[:fast], *(replace(claim, full=True) for claim in made[fast:])]


# %%
def figure(quick: bool = False) -> Figure:
    """Samples above their nearest training images; a walk through z; how even its steps are."""
    from matplotlib.figure import Figure

    from minigan.plotting import image_grid

    blue, vermillion, grey = "#0072B2", "#D55E00", "#595959"
    data, gan, many = mg.load_dataset("digits"), trained(quick), 18
    samples = draw(gan, 2 * many, data)
    index = nearest(samples, data.x)[1]
    ends = np.random.default_rng(4).standard_normal((2, 32))
    path = mg.scaler(data).to_data(walk(gan.average, *ends))
    ring = walk(ring_gan().average, *np.eye(2))

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
        axes.set_yticks([3.5, 12.5], ["G", "nearest"], color=vermillion)
        axes.get_yticklabels()[1].set_color(blue)
    panels[2].set_yticks([3.5], ["a walk"], color=vermillion)

    t = (np.arange(400) + 0.5) / 400
    steps.semilogy(t, step_lengths(path), color=vermillion, lw=1.8, label="the walk above")
    steps.semilogy(t, step_lengths(ring), color=grey, lw=1, ls="--", label="ring of eight: hurries between modes")
    steps.set(xlim=(0, 1), ylim=(0.01, 2000), xlabel="t, in turns round a great circle of z")
    steps.set(ylabel="step length\nover the median", yticks=[0.01, 1, 100])
    steps.minorticks_off()
    steps.legend(frameon=False, fontsize=9, loc="upper right", ncols=2)
    steps.spines[["top", "right"]].set_visible(False)
    return picture


# %% [markdown]
# ## Now you
#
# `minigan exercise start 18` puts `e18_neighbour_ratios.py` into your folder `exercises`: write both ratios, and
# beware of how the pixels are stored. `minigan exercise check 18` judges it. Then take `play` to 50,000 steps.
# Does $r_1$ stay near 1?
#
# *Next.* Lesson 19: the first paper gave such digits a likelihood, from samples alone. How, and what is it worth?
#
# *Sources.* Digits: Alpaydin and Kaynak 1998, UCI repository, doi:10.24432/C50P49. Copying shown by neighbours:
# Goodfellow et al. 2014, figure 2. Convolutions, walks and D's features: Radford, Metz and Chintala 2016. Great
# circles: White 2016. Truncation: Brock, Donahue and Simonyan 2019. Critics as tests: Lopez-Paz and Oquab 2017.
# R1: Mescheder, Geiger and Nowozin 2018.

# %%
if __name__ == "__main__":
    show("l18_digits", claims, figure)
