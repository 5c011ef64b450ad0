# %% [markdown]
# # 18. Digits from nothing: did it learn to write, or to copy?
# *About 17 seconds; afterwards you can train a GAN on images, tell inventing from copying with two numbers, walk
# through its latent space, and say what it learned without ever seeing a label.*
#
# *Needs: lessons 13 and 16; 14 for what R1 is.*
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
from functools import cache
from typing import Any

import numpy as np

import minigan as mg
from minigan.judge.metrics import nearest, neighbour_ratios
from minigan.lessons import show

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
    digits: Any = mg.load_dataset("digits")
    return play(digits, 400 if quick else 12_000)


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
    assert data.held_out is not None
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
# ![Digits above their neighbours, and a walk](../../figures/l18_digits.png)
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
# But G's digits say nothing of what D is good for. Ask D. Take what its hidden neurons say of an image, train the
# plainest classifier on that, and compare with the same classifier on pixels: a **linear probe**. (Least squares,
# with a *ridge*, a toll on large weights. How large the toll is, is chosen by predicting each training image from
# all the others.) And with a third party, which is often forgotten: the same D *before* training. If that does as
# well, the game has taught it nothing.


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

# %% [markdown]
# ## In five lines
#
# 1. Distance from samples to training images unmasks copies; that from new images to samples unmasks noise on
#    them.
# 2. Read both ratios together, near 1 from both sides, at equal numbers.
# 3. To look real, to be new and not to be told apart are three claims, and a fresh critic still denies the third.
# 4. A walk in $z$ hurries where the data have gaps, and says nothing for or against the model.
# 5. The game reads no labels, yet what D learned helps where labels are scarce; ask the untrained D too.
#
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

# %% [markdown]
# ## Appendix: the probe, with many labels and with few


# %%
def probes(data: mg.Dataset, known: np.ndarray, new: np.ndarray, n: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Right or wrong (360,) with all labels; and % right (n,) with five labels of each class, drawn anew."""
    labels, truth, rng, scarce = data.labels, data.held_out_labels, np.random.default_rng(50), []
    assert labels is not None
    for _ in range(n):
        few = np.concatenate([rng.choice(np.flatnonzero(labels == c), 5, replace=False) for c in range(10)])
        scarce.append(100 * (probe(known[few], labels[few], new) == truth).mean())
    return probe(known, labels, new) == truth, np.array(scarce)


# %%
if __name__ == "__main__":
    show(18)
