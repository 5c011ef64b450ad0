"""Behind lesson 21, "What can each kind of model be asked?": its claims, the leaves at nine pixels, the photo.

`python -m minigan.lessons.behind.l21 --remake` trains all models anew and stores what they said.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import minigan as mg
from minigan.core.streams import Stream
from minigan.lessons import HERE, Claims
from minigan.lessons.l02_nine_pixels import de_moivre_tv, expected_tv, partition_function, score, states, world
from minigan.lessons.l08_implicit_models import NoDensity
from minigan.lessons.l21_family_photo import Press, VisibleNet, counts, importance_bound, tables
from minigan.runs import family as photo
from minigan.runs.run import start
from minigan.runs.statements import statement
from minigan.runs.training import advance, as_csv
from minigan.theory.divergences import integrate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DATA = HERE / "data"
SEEDS = range(5)
SHORT, AGAIN = 44, ("flow", "vae")  # steps of the runs that every reading repeats, and of which models
AIMS = {"made": -89.0, "flow": -94.0, "rbm": -97.0, "vae": -84.5}


class Invertible:
    """A change of variables (nonlinear ICA): x = sinh z has an inverse, so p(x) = p_z(z) / |G'(z)|, one term."""

    def ask(self, x: np.ndarray) -> np.ndarray:
        """log p(x) of x (n, 1), in nats: G'(z) = cosh z = sqrt(1 + x^2)."""
        return mg.Gaussian().log_density(np.arcsinh(x)) - np.log1p(x[:, 0] ** 2) / 2

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return np.sinh(rng.standard_normal((n, 1)))


class TinyVAE:
    """z is two fair bits; pixels are independent given z, P(pixel = 1 | z) = theta[z]; the encoder is a table."""

    def __init__(self, p: np.ndarray, rounds: int, seed: int = 0):
        x, self.bounds = states(), []
        self.theta = np.random.default_rng(seed).uniform(0.2, 0.8, (4, 9))
        self.q = np.full((2, 512, 2), 0.5)  # q(z|x) = q[0][x, z1] q[1][x, z2]
        for _ in range(rounds):  # raise the bound: by the best q1 for this q2, the best q2, the best decoder
            joint = self.joint(x)
            self.q[0] = softmax(np.einsum("xab,xb->xa", joint, self.q[1]))
            self.q[1] = softmax(np.einsum("xab,xa->xb", joint, self.q[0]))
            weight = (self.encode(x) * p[:, None, None]).reshape(512, 4)
            self.theta = weight.T @ x / weight.sum(axis=0)[:, None]
            self.bounds.append(float(p @ self.ask(x)))

    def joint(self, x: np.ndarray) -> np.ndarray:
        """log p(x, z) for images (n, 9) and all z: (n, 2, 2)."""
        return (x @ np.log(self.theta).T + (1 - x) @ np.log(1 - self.theta).T - math.log(4)).reshape(-1, 2, 2)

    def encode(self, x: np.ndarray) -> np.ndarray:
        """q(z|x) for images (n, 9): (n, 2, 2)."""
        return np.einsum("xa,xb->xab", *self.q[:, index(x)])

    def ask(self, x: np.ndarray) -> np.ndarray:
        """A lower bound on log p(x), in nats."""
        q = self.encode(x)
        return (q * (self.joint(x) - np.log(q))).sum(axis=(1, 2))

    def exact(self) -> np.ndarray:
        """log p(x) of all 512 images, which real ones can't have: the sum over all z."""
        return np.log(np.exp(self.joint(states())).sum(axis=(1, 2)))

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return (rng.random((n, 9)) < self.theta[rng.integers(4, size=n)]).astype(int)


def softmax(a: np.ndarray) -> np.ndarray:
    """Probabilities along the last axis, from their logs up to a constant."""
    a = np.exp(a - a.max(axis=-1, keepdims=True))
    return a / a.sum(axis=-1, keepdims=True)


def index(x: np.ndarray) -> np.ndarray:
    """The row of each image (n, 9) in states()."""
    return x @ (1 << np.arange(9)[::-1])


class Boltzmann:
    """The world as a Boltzmann machine: a score for each image, and the chain of single pixels that it drives."""

    steps = 90  # ten sweeps of nine pixels

    def ask(self, x: np.ndarray) -> np.ndarray:
        """log p(x) + log Z, in nats."""
        return score(x)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        x, rows = np.zeros((n, 9), int), np.arange(n)  # all walkers start at the dark image
        for _ in range(self.steps):
            k, other = rng.integers(9, size=n), x.copy()
            other[rows, k] ^= 1
            move = rng.random(n) < 1 / (1 + np.exp(score(x) - score(other)))  # p(other) / (p(other) + p(x))
            x[move] = other[move]
        return x

    def matrix(self) -> np.ndarray:
        """(512, 512): the probability that a step leads from a row's image to a column's."""
        T, rows = np.zeros((512, 512)), np.arange(512)
        for k in range(9):
            other = rows ^ (1 << k)
            move = 1 / (1 + np.exp(score(states()) - score(states()[other]))) / 9
            T[rows, other] += move
            T[rows, rows] += 1 / 9 - move
        return T


class Denoiser:
    """A generative stochastic network: flip pixels, then draw what may have been there, by Bayes' rule."""

    steps = 10

    def __init__(self, p: np.ndarray, flip: float = 0.25):
        apart = (states()[:, None] != states()).sum(axis=2)
        self.flip, self.noise = flip, flip**apart * (1 - flip) ** (9 - apart)  # (512, 512), symmetric
        self.repair = self.noise * p / (self.noise @ p)[:, None]  # row: noisy image, column: what it was
        self.stairs = np.cumsum(self.repair, axis=1)

    def ask(self, x: np.ndarray) -> np.ndarray:
        raise NoDensity("it knows how to repair an image, not how probable one is; its chain has p, it has not")

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        x = np.zeros((n, 9), int)
        for _ in range(self.steps):
            noisy = x ^ (rng.random((n, 9)) < self.flip)
            x = states()[(self.stairs[index(noisy)] < rng.random((n, 1))).sum(axis=1).clip(max=511)]
        return x

    def matrix(self) -> np.ndarray:
        """(512, 512): the probability that noise and repair lead from a row's image to a column's."""
        return self.noise @ self.repair


def family(p: np.ndarray) -> dict[str, Any]:
    """The leaves of the tree, in its order."""
    return {
        "fully visible belief net": VisibleNet(p),
        "change of variables": Invertible(),
        "variational autoencoder": TinyVAE(p, 60),
        "Boltzmann machine": Boltzmann(),
        "generative stochastic network": Denoiser(p),
        "GAN": Press(p),
    }


TELLS = (  # of each leaf: its answer to "how probable?", how samples come, and which lesson knows more
    ("{:.3f}, exactly", "pixel by pixel", "02"),
    ("{:.3f} at x = 0, exactly", "at once", "08"),
    ("{:.3f} or more", "at once", "06"),
    ("{:.3f} - $\\log Z$", "by a chain", "02, 07"),
    ("", "by a chain", "08"),
    ("", "at once", "07, 13"),
)


def after(T: np.ndarray, steps: int) -> np.ndarray:
    """Where a chain (512, 512) that starts at the dark image is after so many steps: probabilities (512,)."""
    return np.linalg.matrix_power(T, steps)[0]


def tv(p: np.ndarray, q: np.ndarray) -> float:
    """The total variation distance of probabilities (512,): half the sum of the differences."""
    return float(np.abs(p - q).sum() / 2)


def frequencies(leaf: Any, n: int, seed: int = 8) -> np.ndarray:
    """How often (512,) each image is among n samples of the leaf; what a network painted is rounded to 0 and 1."""
    x = np.rint(leaf.sample(n, np.random.default_rng(seed))).astype(int)
    return np.bincount(index(x), minlength=512) / n


def leaves(n: int = 10_000) -> list[str]:
    """The text's table: each leaf asked for log p of the image with all pixels lit, and for n samples."""
    p, rows = world(), []
    for (name, leaf), (answers, draws, see) in zip(family(p).items(), TELLS, strict=True):
        pixels = not isinstance(leaf, Invertible)
        try:
            answer = answers.format(leaf.ask(np.ones((1, 9), int) if pixels else np.zeros((1, 1)))[0])
        except NoDensity:
            answer = "no answer"
        off = f"{tv(frequencies(leaf, n), p):.3f}" if pixels else "(a line)"
        rows.append((name, answer, draws, off, see))
    rows.append(("the world itself", f"{math.log(p[-1]):.3f}", "from the list", f"{expected_tv(p, n):.3f}", "02"))
    head = ("", "$\\log p(x)$, nats", "samples come", f"TV of {n:,}", "lesson")
    lines = [head, ("---",) * 5, *rows]
    return [re.sub(" +", " ", "| " + " | ".join(line) + " |") for line in lines]


def refusals(p: np.ndarray) -> int:
    """How many leaves have no answer when asked for the probability of an image."""
    count = 0
    for leaf in family(p).values():
        try:
            leaf.ask(np.zeros((1, 1 if isinstance(leaf, Invertible) else 9), int))
        except NoDensity:
            count += 1
    return count


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers; the full run draws more samples, and trains a flow from beginning to end again."""
    made = Claims()
    n, p = 4_000 if quick else 10_000, world()
    says = "leaves of six that can't say log p(x) at all"
    made.equal("refusals", says, refusals(p), 2, 0, "GSN, GAN: Fig. 9")
    leaf_claims(made, p, n)
    bound_claims(made, p)
    digit_claims(made)
    photo_claims(made, quick)
    return made


def leaf_claims(made: Claims, p: np.ndarray, n: int) -> None:
    """What the leaves of the tree answer, and how far their samples are from their own laws."""
    equal, below = made.equal, made.below
    chain, ica, vae, boltzmann, gsn, gan = family(p).values()
    worst = np.abs(chain.ask(states()) - np.log(p)).max()
    equal("visible", "chain rule against the list, worst log p, nats", worst, 0, 1e-12, "chain rule")
    lit, by_list = chain.ask(np.ones((1, 9), int))[0], 9.3 - math.log(partition_function())
    source = "12 (.7) + 9 (.1) - log Z"
    equal("lit", "log p of the lit image, chain rule, nats", lit, by_list, 1e-9, source)
    whole = integrate(lambda x: np.exp(ica.ask(x)), np.sinh(np.linspace(-9, 9, 99)))
    equal("inverse", "integral of the density of sinh z", whole, 1, 1e-9, "axiom")

    gap, q = vae.exact() - vae.ask(states()), vae.encode(states())
    posterior = np.exp(vae.joint(states()) - vae.exact()[:, None, None])
    below("vae_bound", "greatest bound - log p(x), 512 images, nats", -gap.min(), 1e-12, "Jensen")
    left = p @ gap - p @ (q * np.log(q / posterior)).sum(axis=(1, 2))
    equal("vae_gap", "mean gap less mean KL(q, posterior), nats", left, 0, 1e-12, "lesson 06's identity")
    fall = -np.diff(vae.bounds).min()
    below("vae_rise", "greatest fall of the bound in a round, nats", fall, 1e-12, "each step is a best one")

    lit_to_dark = boltzmann.ask(np.ones((1, 9)))[0] - boltzmann.ask(np.zeros((1, 9)))[0]
    says, by_list = "lit against dark, log of the ratio, nats", math.log(p[-1] / p[0])
    equal("score", says, lit_to_dark, by_list, 1e-12, "lesson 02's list")
    says, binomial = "mean TV of 10,000 draws from the list", de_moivre_tv(p, 10_000)
    equal("list_tv", says, expected_tv(p, 10_000), binomial, 1e-3, "De Moivre 1730")

    laws, root = {"visible": p, "vae": np.exp(vae.exact()), "gan": p}, np.sqrt(p)
    for name, leaf, sweep, step, rate, rest in (
        ("boltzmann", boltzmann, 9, "sweep", 0.79, 0.083),
        ("gsn", gsn, 1, "repair", 0.50, 0.0008),
    ):
        T = leaf.matrix()
        says = f"{name}: what a step changes in the world, TV"
        equal(f"{name}_rest", says, tv(p @ T, p), 0, 1e-12, "detailed balance")
        values, vectors = np.linalg.eigh(root[:, None] * T / root)  # symmetric, by detailed balance
        spectral = (vectors[0] / root[0] * values ** (10 * sweep)) @ vectors.T * root
        far = [tv(after(T, k * sweep), p) for k in (10, 20, 21)]
        says, source = f"{name}: share of TV that a {step} leaves, late", f"second eigenvalue: {rate}"
        equal(f"{name}_rate", says, far[2] / far[1], values[-2] ** sweep, 1e-4, source)
        source = f"all eigenvalues: {rest}"
        equal(f"{name}_left", f"{name}: TV left after ten", far[0], tv(spectral, p), 1e-9, source)
        laws[name] = after(T, leaf.steps)
    for name, leaf in (("visible", chain), ("vae", vae), ("boltzmann", boltzmann), ("gsn", gsn), ("gan", gan)):
        law = laws[name]
        bar = float(np.sqrt(law * (1 - law) / n).sum()) / 2 + math.sqrt(math.log(1e4) / (2 * n))
        says, source = f"{name}: TV of {n:,} samples from its law", "mean by Jensen + McDiarmid 1989, chance 1e-4"
        below(f"{name}_tv", says, tv(frequencies(leaf, n), law), bar, source)


def draw_of_z(vae: TinyVAE, k: int, rng: np.random.Generator) -> np.ndarray:
    """log w (k, 512) of k draws of z from q(z|x) for every image."""
    q, joint = (a.reshape(512, 4) for a in (vae.encode(states()), vae.joint(states())))
    z = (rng.random((k, 512, 1)) > np.cumsum(q, axis=1)[:, :3]).sum(axis=2)
    return np.take_along_axis(joint - np.log(q), z.transpose(1, 0), axis=1).T


def ladder(vae: TinyVAE, k: int) -> np.ndarray:
    """E[L_k] of every image (512,), exact: over all ways in which k draws can fall on the four z."""
    q, joint = (a.reshape(512, 4) for a in (vae.encode(states()), vae.joint(states())))
    w, total = np.exp(joint - np.log(q)), np.zeros(512)
    for a in range(k + 1):
        for b in range(k + 1 - a):
            for c in range(k + 1 - a - b):
                n = np.array([a, b, c, k - a - b - c])
                ways = math.factorial(k) // math.prod(math.factorial(int(j)) for j in n)
                total += ways * (q**n).prod(axis=1) * np.log(w @ n / k)
    return total


def bound_claims(made: Claims, p: np.ndarray) -> None:
    """The ladder of importance-weighted bounds, where the truth is a sum over four z."""
    vae = TinyVAE(p, 60)
    vae.q[...] = 0.5  # a blind encoder: any of the four z, whatever the image
    truth, rng = p @ vae.exact(), Stream(21, "ladder").at(0)
    gaps = {k: truth - p @ ladder(vae, k) for k in (1, 2, 10)}
    source = "lesson 06's identity: the mean KL(q, posterior)"
    made.equal("ladder_1", "nine pixels: gap of the bound of one draw, nats", gaps[1], 3.81, 0.005, "as printed")
    posterior, q = np.exp(vae.joint(states()) - vae.exact()[:, None, None]), vae.encode(states())
    kl = float(p @ (q * np.log(q / posterior)).sum(axis=(1, 2)))
    made.equal("ladder_kl", "the same less the mean KL(q, posterior)", gaps[1] - kl, 0, 1e-12, source)
    made.equal("ladder_10", "of ten draws", gaps[10], 0.16, 0.005, "all 286 ways in which ten draws fall")
    made.equal("ladder_2", "of two draws", gaps[2], 2.04, 0.005, "all 10 ways in which two draws fall")
    made.below("ladder_rise", "gap of two draws over that of one", gaps[2] / gaps[1], 1, "Burda et al., theorem 1")
    said = np.mean([p @ importance_bound(draw_of_z(vae, 10, rng)) for _ in range(400)])
    made.equal(
        "ladder_drawn", "the same by the lesson's line, 400 times", truth - said, gaps[10], 0.02, "enumeration"
    )
    many = truth - p @ importance_bound(draw_of_z(vae, 1000, rng))
    made.below("ladder_1000", "size of the gap of a thousand draws", abs(many), 0.05, "falls as 1/k")
    steep = importance_bound(np.array([[-2000.0], [-2000.0 + math.log(3)]]))[0]
    made.equal("steady", "log mean of e^-2000 and 3 e^-2000", steep, -2000 + math.log(2), 1e-9, "by hand")


def digit_claims(made: Claims) -> None:
    """What independent pixels are worth, and why the two kinds are so far apart."""
    from minigan.models import Binomial, Categorical, Mixture

    digits = mg.load_dataset("digits")
    x, held = digits.x, digits.held_out
    assert x is not None and held is not None
    for name, by_hand, kind, printed in (
        ("counts", counts, Binomial(17), -250.9),
        ("tables", tables, Categorical(17), -107.1),
    ):
        model = Mixture(64, kind)
        model.start(x)
        value, other = by_hand(x, held), float(model.log_likelihood(held).mean())
        made.equal(name, f"independent pixels, {name}: held out, nats", value, printed, 0.05, "as printed")
        made.equal(f"{name}_model", "the same less minigan.models'", value - other, 0, 1e-4, "another code")
    made.equal("apart", "counts below tables, nats", tables(x, held) - counts(x, held), 143.7, 0.05, "as printed")
    share = x.mean(axis=0) / 16
    moving = share * (1 - share) > 1e-3
    ratio = (x.var(axis=0) / np.where(moving, 16 * share * (1 - share), 1))[moving]
    made.equal("dispersion", "variance over the binomial's, median pixel", np.median(ratio), 8, 0.1, "as printed")
    made.below("ends", "half of the values over the share that is 0 or 16", 0.5 / np.mean((x == 0) | (x == 16)), 1)


# ------------------------------------------------------------------------------------------------------ the photo


def rows_of(model: str, file: str = "l21_family.csv") -> list[dict[str, Any]]:
    """A model's rows: of whole runs, or of short ones."""
    return [row for row in photo.read(DATA / file) if row["model"] == model]


@cache
def summary() -> dict[str, dict[str, Any]]:
    """The means over the seeds, by model."""
    rows = [row for model in ("made", "flow", "vae", "rbm", "gsn", "gan") for row in rows_of(model)]
    return {line["model"]: line for line in photo.summary(rows)}


@cache
def yardsticks() -> dict[str, dict[str, Any]]:
    """Baselines, a copier, a perfect sampler, by name."""
    return {row["model"]: row for row in photo.read(DATA / "l21_yardsticks.csv")}


NAMES = {
    "made": "belief net (MADE)",
    "flow": "change of variables (RealNVP)",
    "vae": "variational autoencoder",
    "rbm": "Boltzmann machine",
    "gsn": "generative stochastic network",
    "gan": "GAN",
    "ten pictures": "*ten pictures of independent pixels*",
    "a copier": "*a copier of training pictures*",
}


def printed() -> list[str]:
    """The stored table as the text prints it, a line each."""
    rows = ["| | $\\log p$, nats | at $k = 1$ | to train | to samples | critic | chain | 1,000 samples |"]
    rows.append("|" + "---|" * 8)
    for model, name in NAMES.items():
        line = (summary() | yardsticks())[model]
        sign = {"exact": "= ", "bound": "> ", "estimate": "≈ "}.get(line["says"], "")
        reach = f" ± {line['log_p_reach']:.2f}".replace("0.", ".") if "log_p_reach" in line and sign else ""
        cells = [name, f"{sign}{line['log_p']:.2f}{reach}" if sign else "no answer" if model in summary() else ""]
        cells.append(f"{line['log_p_1']:.2f}" if line["log_p_1"] < 0 else "")
        cells += [f"{line['samples_to_train']:.2f}", f"{line['held_out_to_samples']:.2f}", f"{line['critic']:.0%}"]
        cells.append(f"{line['chain']:.0f}" if line["chain"] > 1 else "")
        cells.append(f"{line['sampling']:.2g} s".replace("0.", ".") if model in summary() else "")
        rows.append("| " + " | ".join(cells).replace("%", " %") + " |")
    return [re.sub(" +", " ", row) for row in rows]


def again(model: str, steps: int | None, seed: int = 0) -> float:
    """What a run that is trained now says of the held-out digits, at one draw."""
    from minigan.runs.threads import blas_threads

    recipe = photo.recipe_for("digits", model, seed, {} if steps is None else {"steps": steps})
    run, data = start(recipe)
    assert data.held_out is not None
    advance(run.model, data, recipe.steps, recipe.batch, run.scaler)
    with blas_threads(1):
        return statement(run, data.held_out, 1).value


def photo_claims(made: Claims, quick: bool) -> None:
    """What the stored table says, and whether a part of it comes out again."""
    lines, mixture = summary(), yardsticks()["ten pictures"]["log_p"]
    for model, aim in AIMS.items():
        line = lines[model]
        made.below(f"{model}_aim", f"{model}: {aim:g} nats less its mean", aim - line["log_p"], 0, "five seeds")
        least = line["log_p"] - line["log_p_reach"]
        made.below(
            f"{model}_mixture", f"{model}: ten pictures above its interval", mixture - least, 0, "five seeds"
        )
    gain = lines["vae"]["log_p"] - lines["vae"]["log_p_1"]
    made.below("vae_gain", "4 nats over what the VAE gains from 1 to 5,000 draws", 4 / gain, 1, "five seeds")
    made.equal("vae_gained", "what it gains, nats", gain, 6.14, 0.005, "as printed")
    above = lines["vae"]["log_p"] - lines["made"]["log_p"]
    made.below("above", "nats from the VAE's bound up to MADE's exact value", -above, 0, "five seeds")
    made.below("copier", "sample to training, a copier", yardsticks()["a copier"]["samples_to_train"], 0, "a copy")
    critic, others = lines["gan"]["critic"], [line for model, line in lines.items() if model != "gan"]
    made.equal("gan_critic", "a fresh critic of the GAN, greys rounded", critic, 0.73, 0.005, "as printed")
    least = min(line["critic"] for line in others)
    made.below("gan_least", "that less the least of the others", critic - least, 0.03, "t of 5 seeds")
    for way in ("samples_to_train", "held_out_to_samples"):
        off = lines["gan"][way] - min(line[way] for line in others)
        made.below(f"gan_{way}", f"{way}: the GAN's ratio less the others' least", off, 0, "five seeds")
    for model, links in (("rbm", 76), ("gsn", 31)):
        chain = lines[model]["chain"]
        made.equal(f"{model}_links", f"{model}: links of its chain", chain, links, 0.5, "as printed")
    slow = min(lines[name]["chain"] for name in ("rbm", "gsn"))
    made.below("walks", "ten links over the quicker chain's", 10 / slow, 1, "five seeds")
    quickest = max(lines[name]["sampling"] for name in ("gan", "vae", "flow"))
    slowest = min(lines[name]["sampling"] for name in ("made", "gsn", "rbm"))
    made.below("at_once", "time for samples at once over that by passes or a chain", quickest / slowest, 0.2)
    for model in AGAIN:
        then = rows_of(model, "l21_short.csv")[0]["log_p_1"]
        off = abs(again(model, SHORT) - then)
        says = f"{model}, {SHORT} steps again: off by, nats"
        made.below(f"{model}_again", says, off, 0.05, "0 on the machine of the table; else rounding, grown")
    if not quick:
        made.full = True
        values = [row["log_p_1"] for row in rows_of("flow")]
        off = abs(again("flow", None) - float(np.mean(values)))
        bar = 8.6 * float(np.std(values, ddof=1)) * math.sqrt(1 + 1 / len(values))
        made.below(
            "flow_whole", "flow trained anew: off the five seeds' mean, nats", off, bar, "Student's t, 1e-3"
        )
        made.full = False


def remake(arguments: list[str]) -> None:
    """Train every model with five seeds, and a little with one, and store what they say."""
    parser = argparse.ArgumentParser(prog="python -m minigan.lessons.behind.l21", description=remake.__doc__)
    parser.add_argument("--remake", action="store_true", required=True, help="replace what is stored")
    parser.add_argument("--out", type=Path, help="where the runs are kept, and gone on with")
    asked = parser.parse_args(arguments)
    from minigan.files import write_whole
    from minigan.runs.surroundings import surroundings

    with tempfile.TemporaryDirectory() as scratch:
        out = asked.out or Path(scratch)
        one = {"threads": 1}  # so that two families can be made side by side
        rows = photo.family("digits", seeds=SEEDS, out=out / "whole", settings=one, tell=print)
        short = photo.family("digits", AGAIN, [0], out / "short", one | {"steps": SHORT}, tell=print)
        run, data = start(photo.recipe_for("digits", "flow", 0))
        DATA.mkdir(exist_ok=True)
        write_whole(DATA / "l21_family.csv", as_csv(rows, photo.HEAD).encode())
        write_whole(DATA / "l21_short.csv", as_csv(short, photo.HEAD).encode())
        blank = dict.fromkeys(photo.COLUMNS, "") | {"seed": 0, "steps": 0}
        beside = [blank | row for row in photo.yardsticks(data)]
        write_whole(DATA / "l21_yardsticks.csv", as_csv(beside, photo.HEAD).encode())
        about = {
            "made by": "python -m minigan.lessons.behind.l21 --remake",
            "made on": surroundings(run, data),
            "recipes": {
                model: json.loads(photo.recipe_for("digits", model, 0).to_json()) for model in photo.suited(data)
            },
        }
        write_whole(DATA / "l21_recipes.json", (json.dumps(about, indent=1) + "\n").encode())
        drawn = {row["model"]: mg.load(out / "whole" / f"{row['model']}-0").sample(20) for row in rows}
        np.savez_compressed(DATA / "l21_samples.npz", **{k: v.astype(np.float16) for k, v in drawn.items()})


def figure(quick: bool = False) -> Figure:
    """Samples of each model in a line of its own, and what it says of digits that it has not seen."""
    from minigan.plotting import family_figure

    del quick  # what is drawn is stored
    with np.load(DATA / "l21_samples.npz") as archive:
        samples = {name: archive[name].astype(np.float32) for name in archive.files}
    told = {}
    for name, x in samples.items():
        line = summary()[name]
        kind = {"exact": "= ", "bound": "> ", "estimate": "≈ "}.get(line["says"], "")
        told[f"{name}\n{kind}{line['log_p']:.1f}" if kind else f"{name}\nno answer"] = x
    title = "Twenty draws of each, and the log p, in nats, that it states for a digit that it has not seen"
    return family_figure(mg.load_dataset("digits"), told, title)


if __name__ == "__main__":
    remake(sys.argv[1:])
