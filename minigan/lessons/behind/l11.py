"""Behind lesson 11, "Why lie about the label?": its claims and its figure."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

import minigan as mg
from minigan.lessons import Claims
from minigan.lessons.l01_ten_forgeries import NOISE, PHI0, PHI1, REAL, THETA
from minigan.lessons.l11_label_trick import (
    DATA,
    LOG_SLOPE,
    bce,
    critic,
    far_start,
    generator_gradient,
    pull,
    villages,
)
from minigan.theory.divergences import expectation

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def weight(m: float, power: int) -> float:
    """The mean of e^(power s) over the fakes N(m, 1)."""
    here = mg.Gaussian(m * (1 - power), 1)  # where that mean comes from
    return expectation(mg.Gaussian(m, 1), lambda x: np.exp(power * critic(x[:, 0], m)), here)


def total_variation(m: float) -> float:
    """Half of the mean |p/q - 1| over the fakes: what a perfect D is right more often than a coin, doubled."""
    return expectation(mg.Gaussian(m, 1), lambda x: np.abs(np.expm1(critic(x[:, 0], m))), DATA) / 2


def slope_of(f: Callable[[float], float], m: float, h: float = 0.01) -> float:
    """f'(m) by differences of fourth order, which know nothing of a critic."""
    return (8 * (f(m + h) - f(m - h)) - (f(m + 2 * h) - f(m - 2 * h))) / (12 * h)


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers; all of them are fast, so `quick` leaves none out."""
    made = Claims()
    shifts = (0.5, 1.0, 2.0, 4.0, 8.0)
    payments(made)
    divergences(made, shifts)
    what_g_hears(made)
    far_away(made)
    two_villages(made)
    slopes(made, shifts)
    return made


def payments(made: Claims) -> None:
    """What either label makes G pay, and whether the game is still zero-sum."""
    equal, below = made.equal, made.below
    s, honest, lie = np.linspace(-30, 30, 601), mg.Minimax(), mg.NonSaturating()
    d = 1 / (1 + np.exp(-s))
    farthest = np.abs(bce(d, 1) - lie.generator_loss(s)).max()
    says = "BCE(D(G(z)), 1) and minigan's -log D(G(z)), largest difference at 601 logits (nats)"
    below("bce", says, farthest, 1e-12, "an identity")
    farthest = np.abs(bce(d, 0) + honest.generator_loss(s))[s <= 5].max()
    says = "-BCE(D(G(z)), 0) and minigan's log(1 - D(G(z))), the same at logits up to 5 (nats)"
    below("bce_honest", says, farthest, 1e-12, "an identity")

    five, zero = np.array([-5.0]), np.zeros(1)
    slope_h, slope_l = (-float(objective.generator_slope(five)[0]) for objective in (honest, lie))
    says = "size of the honest slope at logit -5, which is D"
    equal("slope_honest", says, slope_h, 1 / (1 + math.e**5), 1e-12, "sigma(-5)")
    says = "size of the lie's slope at logit -5"
    equal("slope_lie", says, slope_l, 1 / (1 + math.e**-5), 1e-12, "1 - sigma(-5)")
    says, ratio = "how many times the lie's slope is the larger", slope_l / slope_h
    equal("slope_ratio", says, ratio, math.e**5, 1e-9, "(1 - D) / D = e^-s")
    farthest = max(abs(float(objective.generator_slope(zero)[0]) + 0.5) for objective in (honest, lie))
    equal("slope_half", "either slope where D = 1/2, farthest from -1/2", farthest, 0, 0, "sigma(0)")

    s_real, s_fake = ((PHI0 + PHI1 * x)[:, None] for x in (REAL, NOISE + THETA))
    d_pays = float(mg.discriminator_loss(s_real, s_fake)[0])
    v = float(mg.value_function(s_real, s_fake))
    g_honest, g_lie = (float(mg.generator_loss(s_fake, name)[0]) for name in ("minimax", "non-saturating"))
    # The same round by lesson 01's published sums over ten, and -log sigma written out for this oracle.
    real_part, lie_part = (float(np.mean([math.log1p(math.exp(-x)) for x in y[:, 0]])) for y in (s_real, s_fake))
    by_udl = 1.3814757170851447
    says = "D's -V and G's V together, on lesson 01's round (nats)"
    equal("zero_sum", says, d_pays + v, 0, 1e-15, "-V + V = 0")
    source = "UDL notebook 15.1, 13.814757170851447 / 10"
    equal("d_pays", "what D pays there, means (nats)", d_pays, by_udl, 1e-12, source)
    says = "the two together, without V's real term for G (nats)"
    equal("minimax_sum", says, d_pays + g_honest, real_part, 1e-12, "mean -log D(x) by hand")
    says, source = "both players under the lie: no longer zero-sum (nats)", "UDL 15.1 and mean log(1 + e^-s)"
    equal("label_sum", says, d_pays + g_lie, by_udl + lie_part, 1e-12, source)


def divergences(made: Claims, shifts: tuple[float, ...]) -> None:
    """What the payments add up to against a perfect D."""
    equal, below = made.equal, made.below
    fakes = [mg.Gaussian(m, 1) for m in shifts]
    halves = [mg.Mixture([0.0, m], 1.0) for m in shifts]
    softened = max(
        abs(mg.kl(q, DATA) - 2 * mg.js(DATA, q) - 2 * mg.kl(half, DATA))
        for q, half in zip(fakes, halves, strict=True)
    )
    says = "KL(q,p) - 2 JS against 2 KL((p+q)/2, p), m = .5 to 8, largest difference (nats)"
    below("softened", says, softened, 1e-9, "(p+q) log((p+q) / 2p), written out")
    value = max(abs(weight(m, 1) - 1) for m in shifts)
    says = "the likelihood payment at D*, farthest from -1 (nats)"
    below("value", says, value, 1e-9, "the integral of q p/q")
    right = (1 + total_variation(8.0)) / 2
    equal("critic_8", "share that D* gets right at m = 8", right, NormalDist().cdf(4), 1e-9, "Phi(m / 2)")


def what_g_hears(made: Claims) -> None:
    """G's gradient against a blind D and against other data, and what the labels tell."""
    equal = made.equal
    rng = np.random.default_rng(11)
    batch, other = rng.standard_normal((32, 2)), 100 * rng.standard_normal((32, 2))
    grads = {name: generator_gradient(name, batch) for name in ("minimax", "non-saturating")}
    blind = max(float(np.abs(generator_gradient(name, batch, blind=True)).max()) for name in grads)
    equal("blind", "G's largest gradient against a blind D, both labels", blind, 0, 0, "ds/dx = 0")
    moved = max(float(np.abs(g - generator_gradient(name, other)).max()) for name, g in grads.items())
    says = "change of G's gradient when D is shown other reals"
    equal("other_reals", says, moved, 0, 0, "no real sample stands in it")
    says, bits = "what D's labels say, half of them 1 (bits each)", mg.entropy(np.array([0.5, 0.5]), "bits")
    equal("label_bits", says, bits, 1, 0, "log2 2")
    says, bits = "what G's labels say, all of them 1 (bits each)", mg.entropy(np.array([1.0]), "bits")
    equal("lie_bits", says, bits, 0, 0, "log2 1")


def far_away(made: Claims) -> None:
    """Where each payment brings a G that starts far from the data."""
    equal, below = made.equal, made.below
    kls = {way: float(far_start(way)[-1]) ** 2 / 2 for way in LOG_SLOPE}
    source = "25^2 / 2, for e^s < 1e-48 unless one of 12,800 z is below -8"
    says = "KL after 200 honest steps from m = 25 (nats)"
    equal("far_honest", says, kls["honest"], 312.5, 1e-9, source)
    shrinks = "(25 x .95^200)^2 / 2 is 4e-7: m shrinks by .9 to .95 a step"
    below("far_lie", "KL after 200 steps of lying (nats)", kls["lie"], 1e-3, shrinks)
    says = "KL after 200 steps by the likelihood payment (nats)"
    equal("far_likelihood", says, kls["likelihood"], 312.5, 1e-9, source)
    near, far = (far_start("honest", m, adam=True)[-1] for m in (8.0, 25.0))
    source = "70 full steps of .1 would do; 120 other seeds did"
    below("far_adam", "m after 200 honest steps of Adam from m = 8", near, 1, source)
    source = "Adam moves by rate x slope / epsilon at most: 1e-8 of 1e-48"
    equal("far_adam_25", "the same from m = 25", far, 25, 1e-9, source)
    says, sd = "sd of e^s at m = 4, where its mean is 1", math.sqrt(weight(4.0, 2) - 1)
    equal("spread", says, sd, math.sqrt(math.e**16 - 1), 1e-3, "lognormal: e^(m^2) - 1")


def two_villages(made: Claims) -> None:
    """Where each payment leaves one bell that is to be two."""
    stays, covers = "q = 2p near 3 has slope 0", "the data's mean and sd"
    for name, way, mu, sd, why in (
        ("honest", "honest", 3, 0.5, stays),
        ("lie", "lie", 3, 0.5, stays),
        ("ml", "likelihood", 0, math.sqrt(9.25), covers),
    ):
        ends = villages(way)
        made.equal(f"villages_{name}_mu", f"GAN on two villages, {way}: mu", ends[0], mu, 1e-6, why)
        made.equal(f"villages_{name}_sd", f"GAN on two villages, {way}: sigma", ends[1], sd, 1e-6, why)


def slopes(made: Claims, shifts: tuple[float, ...]) -> None:
    """The slope of each payment in the shift, and of the divergence that it follows."""
    equal = made.equal
    for m in shifts:
        js = slope_of(lambda a: 2 * mg.js(DATA, mg.Gaussian(a, 1)), m)
        at, source = f"at m = {m:g} (nats a unit)", "d/dm 2 JS, by differences"
        equal(f"honest_{m:g}", f"honest slope {at}", pull("honest", m), js, 1e-7, source)
        equal(f"lie_{m:g}", f"the lie's slope {at}", pull("lie", m), m - js, 1e-7, "d/dm [KL(q,p) - 2 JS]")
        says, source = f"the likelihood payment's slope {at}", "d/dm KL(p, q) = m"
        equal(f"likelihood_{m:g}", says, pull("likelihood", m), m, 1e-9, source)


def figure(quick: bool = False) -> Figure:
    """The slopes against D(G(z)), and what they do to a G that starts far away."""
    from matplotlib.figure import Figure

    from minigan.plotting import BLUE, GREY, RED

    picture = Figure(figsize=(8, 4.5), layout="constrained")
    picture.suptitle("Where D is sure of a fake, the honest G learns nothing; the lying one comes home")
    left, right = picture.subplots(1, 2)
    s = np.linspace(-8, 4, 200)
    looks = {"honest": (BLUE, "-"), "lie": (RED, "--"), "likelihood": (GREY, ":")}
    names = {"honest": "honest, log(1 - D)", "lie": "the lie, -log D", "likelihood": r"likelihood, $-e^s$"}
    for way, (colour, line) in looks.items():
        left.semilogy(s, np.exp(LOG_SLOPE[way](s)), color=colour, ls=line, lw=2)
        right.plot(far_start(way), color=colour, ls=line, lw=3 if way == "honest" else 2)
    left.annotate("", (-5, 0.0075), (-5, 0.9), arrowprops={"arrowstyle": "<->", "color": GREY})
    left.text(-5.15, 0.06, "148 times", color=GREY, ha="right")
    left.text(-7.9, 1.25, names["lie"], color=looks["lie"][0])
    left.text(-5.3, 0.0022, names["honest"], color=looks["honest"][0])
    left.text(0.6, 8, names["likelihood"], color=looks["likelihood"][0], ha="right")
    ticks = [-8.0, -5.0, -2.0, 0.0, 2.0, 4.0]
    left.set_xticks(ticks, [f"{t:g}\n{1 / (1 + math.exp(-t)):.{2 if t > -5 else 4}f}" for t in ticks])
    left.set(
        ylim=(3e-4, 60),
        xlabel="logit of a fake, and below it D(G(z))",
        ylabel="size of G's slope (nats a logit)",
        xlim=(-8.3, 4.3),
    )
    right.text(100, 23.2, "honest and likelihood:\nstill 312.5 nats away", color=looks["honest"][0], va="top")
    right.text(22, 5, "the lie: home", color=looks["lie"][0])
    right.axhline(0, color=GREY, lw=0.8)
    right.text(198, 0.3, "mean of the data", color=GREY, ha="right", fontsize=9)
    right.set(xlabel="step", ylabel="mean m of the fakes (data sd)", xlim=(0, 200))
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return picture
