"""Behind lesson 19, "What does 225 ± 2 say?": its claims and its figure."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import minigan as mg
from minigan.judge.metrics import nearest, parzen_log_likelihood, parzen_report
from minigan.lessons import Claims
from minigan.lessons.l19_first_table import (
    board,
    centres,
    digits,
    faded,
    images,
    naive,
    perfect_and_collapsed,
    with_neighbours,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REAL_1437, REAL_300 = 31.06685651207757, 18.34365451717791  # by scipy.special.logsumexp over scipy's cdist
FADED, AVERAGED = 32.35563366363407, 33.98196339252793  # the same, and the neighbours by cdist


def of_your_own(made: Claims) -> None:
    """The claim on MNIST or Fashion-MNIST, where MINIGAN_MNIST names their folder."""
    if not (folder := os.environ.get("MINIGAN_MNIST")):
        return
    train, test = (images(Path(folder), name).astype(float) for name in ("train-images", "t10k-images"))
    m = min(5000, len(train) * 5 // 6)
    real, validation = train[:m], train[m : m + 1000]
    blurs = real, faded(real), with_neighbours(real)
    score, *blurred = (parzen_report(x, validation, test[:1000]).mean for x in blurs)
    says = f"{m:,} of your images less the same, faded or averaged (nats)"
    made.below("yours", says, score - max(blurred), 0, "as on the digits: the blur is nearer")


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers; what needs the trained G is left out by `quick`."""
    made = Claims()
    equal, below = made.equal, made.below

    train, validation, test = digits()
    judged, scores = dict(centres(quick)), dict(board(quick))
    logs: Any  # log densities (n,) of images

    def ahead(one: tuple[str, int], other: tuple[str, int], by: float = 0.0) -> float:
        """3.9 standard errors of the lead over test images, less the lead beyond `by`: below 0 if it is sure."""
        a, b = (parzen_log_likelihood(judged[who][m], test, scores[who, m].sigma) for who, m in (one, other))
        return float(3.9 * (a - b).std() / math.sqrt(len(test)) - (a - b).mean() + by)

    logs = parzen_log_likelihood(train, test, 0.15)
    says = "the formula as it stands, 64 pixels: off by (nats)"
    below("naive_64", says, np.abs(naive(train, test, 0.15) - logs).max(), 1e-9, "the same formula")
    zero, far = np.zeros((1, 784)), np.full((1, 784), 0.18)
    says = "the same at 784 pixels, .18 off in each, sigma .1 (nats)"
    equal("naive_784", says, naive(zero, far, 0.1)[0], -math.inf, 0, "e^-1270 is 0 in float64")
    logs = parzen_log_likelihood(zero, far, 0.1)
    by_hand = -784 * 0.18**2 / 0.02 - 784 * math.log(0.1 * math.sqrt(2 * math.pi))
    equal("exponent", "and the answer (nats)", logs[0], by_hand, 1e-9, "by hand: one Gaussian")

    real, averages, source = scores["real", 1437], scores["averages", 300], "SciPy: logsumexp over cdist"
    equal("real_1437", "1,437 real images (nats an image)", real.mean, REAL_1437, 1e-6, source)
    equal("real_300", "300 real images (nats an image)", scores["real", 300].mean, REAL_300, 1e-6, source)
    says, source = "the width that validation takes for the 1,437", "SciPy: the second of the grid"
    equal("real_sigma", says, real.sigma, 10 ** (-8 / 9), 1e-12, source)
    pairs = "200 images in pairs; missed once in 10,000"
    says = "300 averages ahead of 300 real images: 3.9 se - lead (nats)"
    below("blur_wins", says, ahead(("averages", 300), ("real", 300)), 0, pairs)
    says = "all 1,437 real images ahead of 300 averages (nats)"
    below("blur_near", says, real.mean - averages.mean, 4, "nearly as much")

    source = "SciPy: logsumexp over cdist"
    for name, says, x, score in (
        ("faded", "the 1,437 faded by a fifth", faded(train), FADED),
        ("averaged", "each averaged with its two nearest", with_neighbours(train), AVERAGED),
    ):
        equal(name, f"{says} (nats an image)", parzen_report(x, validation, test).mean, score, 1e-6, source)
        judged[name], scores[name, len(x)] = {len(x): x}, parzen_report(x, validation, test)
        lead = ahead((name, len(x)), ("real", len(x)))
        below(f"{name}_wins", f"ahead of the images themselves, {name}: 3.9 se - lead (nats)", lead, 0, pairs)
    peak = -64 * math.log(0.1 * math.sqrt(2 * math.pi))
    beside = np.exp(naive(train, test, 0.1) - peak)  # the mean of the exponentials
    rare = parzen_log_likelihood(train, test, 0.1) - peak < -53 * math.log(2)
    says, source = "test images whose sum is lost beside a bound of 1, sigma .1", "log-mean-exp: below 2^-53"
    equal("lost", says, ((1 + beside) - 1 == 0).sum(), rare.sum(), 0, source)
    equal("lost_share", "of all, in %", 100 * rare.mean(), 90, 0, "180 of 200")

    some, sigma = judged["GAN"][1437], 0.15
    logs = parzen_log_likelihood(some, test, sigma)
    top = -np.square(nearest(test, some)[0]) / (2 * sigma**2) - 64 * math.log(sigma * math.sqrt(2 * math.pi))
    beyond = max((logs - top).max(), (top - math.log(1437) - logs).max())
    says = "log p above N(x), or below N(x) - log m: by at most, 200 images (nats)"
    below("bounds", says, beyond, 1e-9, "a mean is its largest term or less, and 1/m of it or more")
    grid = np.geomspace(0.1, 0.2, 201)
    rms = math.sqrt(np.square(nearest(validation, train)[0]).mean() / 64)
    ratio = rms / parzen_report(train, validation, test, grid).sigma
    says = "rms distance to the nearest of 1,437 real images, a pixel, over the best sigma"
    equal("rms", says, ratio, 1, 0.02, "1 if only the nearest counts; else less")
    nearest_off = math.exp(-(225 + math.log(10_000)) / 784) / math.sqrt(2 * math.pi * math.e)
    says = "225 nats at 784 pixels and 10,000 samples: at least off by"
    equal("read_low", says, nearest_off, 0.1795, 1e-4, "N - log m, best sigma")
    most_off = math.exp(-225 / 784) / math.sqrt(2 * math.pi * math.e)
    equal("read_high", "and at most", most_off, 0.1816, 1e-4, "N, best sigma")

    perfect, collapsed = perfect_and_collapsed(64)
    truth = -32 * math.log(2 * math.pi * math.e)
    density: Any = mg.Gaussian(np.zeros(64), 1.0).log_density(np.ones((1, 64)))
    says = "N(0, I), 64 dimensions: minus its entropy (nats)"
    equal("truth", says, truth, density[0], 1e-9, "log p where |x|^2 = 64")
    source = "it is the truth; missed once in 10,000"
    equal("collapsed", "one point, scored on it (nats)", collapsed.mean, truth, 3.9 * math.sqrt(32 / 1000), source)
    says = "the width that validation takes for it"
    equal("collapsed_sigma", says, collapsed.sigma, 1, 1e-12, "its likelihood is highest at 1")
    jensen, source = truth - 32 * (math.log(2) - 0.5), "Jensen, at sigma 1: 6.18 short or more"
    bar = jensen + 3.9 * perfect.standard_error
    below("perfect", "10,000 perfect samples, scored on it (nats)", perfect.mean, bar, source)

    doubled = parzen_report(2 * train - 1, 2 * validation - 1, 2 * test - 1, 2 * np.logspace(-1, 0, 10))
    says = "64 pixels: from 0..1 to -1..1 (nats)"
    equal("units", says, real.mean - doubled.mean, 64 * math.log(2), 1e-9, "64 log 2")
    lead, source = (225 - 214) / math.hypot(2, 1.1), "independent errors add in squares"
    equal("lead", "225 +- 2 ahead of 214 +- 1.1, in standard errors", lead, 4.82, 0.005, source)
    coarse = averages.mean - parzen_report(judged["averages"][300], validation, test, grid).mean
    says = "300 averages: what a fine grid gains over the ten widths (nats)"
    below("coarse", says, -coarse, 1, "up to a nat")
    if quick:
        return made

    made.full, (wide, one_point) = True, perfect_and_collapsed(784)
    of_your_own(made)
    bar = -392 * (math.log(2) - 0.5) + 3.9 * wide.standard_error
    says = "784 dimensions: 10,000 perfect samples from one point's score (nats)"
    below("perfect_784", says, wide.mean - one_point.mean, bar, "Jensen, at sigma 1: 75.7 short or more")
    says = "G's 10,000 samples from 1,437 real images (nats)"
    below("gan", says, abs(scores["GAN", 10_000].mean - real.mean), 4, "about where they are")
    says = "1,437 real images ahead of 1,437 of G's: 3.9 se - lead (nats)"
    below("gan_even", says, ahead(("real", 1437), ("GAN", 1437)), 0, pairs)
    says = "100,000 of G's ahead of 100 by ten nats: 3.9 se - lead (nats)"
    below("gan_more", says, ahead(("GAN", 100_000), ("GAN", 100), 10), 0, pairs)
    says = "and of 10,000: 3.9 se - lead (nats)"
    below("gan_never", says, ahead(("GAN", 100_000), ("GAN", 10_000)), 0, pairs)
    return made


def figure(quick: bool = False) -> Figure:
    """Log-likelihood against sigma, and the score against the number of samples."""
    from matplotlib.figure import Figure

    from minigan.plotting import BLUE, GREY, RED

    _, validation, _ = digits()
    looks = {
        "real": ("real images", BLUE, "s", "-"),
        "averages": ("averages", GREY, "^", ":"),
        "GAN": ("GAN samples", RED, "o", "--"),
    }
    judged, scores = centres(quick), board(quick)
    picture = Figure(figsize=(8, 4.5), layout="constrained")
    left, right = picture.subplots(1, 2, sharey=True)
    sigmas = np.geomspace(0.1, 0.4, 61)
    for who, m in (("real", 1437), ("GAN", 10_000), ("averages", 300), ("real", 300)):
        label, colour, mark, line = looks[who]
        report = scores[who, m]
        logs = parzen_log_likelihood(judged[who][m], validation, sigmas).mean(axis=1)
        width = 1 if (who, m) == ("real", 300) else 2
        left.semilogx(sigmas, logs, line, color=colour, lw=width)
        left.semilogx(report.sigmas, report.validation, mark, color=colour, mfc="white", ms=5)
        left.semilogx(report.sigma, report.validation.max(), mark, color=colour, ms=8)
        left.plot([], [], line, marker=mark, color=colour, lw=width, ms=5, label=f"{m:,} {label}")
    for who, (label, colour, mark, line) in looks.items():
        of = [(m, report) for (name, m), report in scores.items() if name == who]
        m, mean, error = np.array([(m, r.mean, r.standard_error) for m, r in of]).T
        right.errorbar(m, mean, error, color=colour, marker=mark, ls=line, capsize=3, label=label)
    left.set(xlim=(0.095, 0.42), ylim=(0, 42), xlabel="σ (black to white is 1)")
    left.set_ylabel("log-likelihood, nats an image")
    left.legend(frameon=False, loc="upper right", fontsize=9)
    left.set_title("160 validation images choose σ", fontsize=10)
    left.set_xticks([0.1, 0.2, 0.4], ["0.1", "0.2", "0.4"])
    left.minorticks_off()
    right.set(xscale="log", xlabel="number of samples m")
    right.set_title("the score on 200 test images (± standard error)", fontsize=10)
    right.legend(frameon=False, loc="lower right", fontsize=9)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.3, lw=0.5)
    picture.suptitle("Parzen's score: averages beat as many real images, and more samples beat fewer")
    return picture
