"""Behind lesson 05, "Cover or pick?": its claims and its figure."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

import minigan as mg
from minigan.lessons import Claims
from minigan.lessons.l05_cover_or_pick import (
    DATA,
    LOG_P,
    X,
    bend,
    descend,
    divergence,
    flat_place,
    log_bell,
    log_two_bells,
    slopes,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WAYS = ("forward", "reverse", "JS")


def best_share(way: str) -> float:
    """The w of .005, .010, ... .995 with the least divergence."""
    shares = np.arange(5, 1000, 5) / 1000
    return float(shares[np.argmin([divergence(way, log_two_bells(w)) for w in shares])])


def slope_error(way: str, m: float, s: float, h: float = 1e-3) -> float:
    """Largest difference between our slopes and central differences of minigan's own divergences."""

    def exact(m: float, s: float) -> float:
        q = mg.Gaussian(m, s)
        return mg.js(DATA, q) if way == "JS" else mg.kl(DATA, q) if way == "forward" else mg.kl(q, DATA)

    def difference(dm: float, ds: float) -> float:  # fourth order
        f = [exact(m + k * dm, s + k * ds) for k in (-2, -1, 1, 2)]
        return (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h)

    return float(np.abs(np.subtract(slopes(way, m, s), (difference(h, 0), difference(0, h)))).max())


def in_field(law: mg.Gaussian | mg.Mixture) -> float:
    """The law's share of |x| < 1.5."""
    left, right = law.cdf(np.array([[-1.5], [1.5]]))
    return float(right - left)


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers; none takes long, so --quick leaves nothing out."""
    made = Claims()
    equal, below = made.equal, made.below

    ln2, wide, mpmath = math.log(2), math.sqrt(9.25), "oracle: mpmath, 25 digits"
    for way in WAYS:
        says = f"{way}: our slopes against differences of minigan's divergence, at (1, 1.3)"
        below(f"slopes_{way}", says, slope_error(way, 1.0, 1.3), 1e-6, "oracle: adaptive quadrature")

    fits = {way: descend(way, 1.0, 1.0) for way in WAYS}
    cost = {(way, by): divergence(way, log_bell(*fits[by])) for way in WAYS for by in WAYS}
    mirror = {way: descend(way, -1.0, 1.0)[0] for way in ("reverse", "JS")}
    equal("forward_mean", "forward KL: mean", fits["forward"][0], 0, 1e-6, "closed form: the data's mean")
    equal("forward_sd", "forward KL: sd", fits["forward"][1], wide, 1e-6, "closed form: sqrt(9.25)")
    least, source = cost["forward", "forward"], "closed form: ln(37)/2 - ln 2"
    equal("forward_nats", "forward KL there, nats", least, math.log(37) / 2 - ln2, 1e-8, source)
    equal("reverse_mean", "reverse KL from (1, 1): mean", fits["reverse"][0], 3, 1e-6, "the mode")
    equal("reverse_mirror", "reverse KL from (-1, 1): mean", mirror["reverse"], -3, 1e-6, "symmetry")
    equal("reverse_sd", "reverse KL: sd", fits["reverse"][1], 0.5, 1e-6, "the mode's sd")
    equal("reverse_nats", "reverse KL there, nats", cost["reverse", "reverse"], ln2, 1e-8, "closed form: ln 2")
    overlap, says = ln2 - divergence("reverse", log_bell(3, 0.5)), "ln 2 less the reverse KL of N(3, .5^2), nats"
    equal("reverse_overlap", says, overlap, 3.0057706e-9, 1e-13, mpmath)
    js_least, js_source = 0.75 * math.log(4 / 3), "closed form: (3/4) ln(4/3)"
    equal("js_mean", "JS from (1, 1): mean", fits["JS"][0], 3, 1e-6, "the mode")
    equal("js_mirror", "JS from (-1, 1): mean", mirror["JS"], -3, 1e-6, "symmetry")
    equal("js_sd", "JS: sd", fits["JS"][1], 0.5, 1e-6, "the mode's sd")
    equal("js_nats", "JS there, nats", cost["JS", "JS"], js_least, 1e-8, js_source)
    apart = mg.js(mg.Gaussian(-40), mg.Gaussian(40))
    equal("js_bound", "JS of N(-40, 1) and N(40, 1), nats", apart, ln2, 1e-12, "closed form: ln 2")

    picked, source = 36 - ln2, "closed form: 36 - ln 2, at (3, .5)"
    says = "forward KL of reverse KL's fit, nats"
    equal("forward_of_reverse", says, cost["forward", "reverse"], picked, 1e-4, source)
    equal("forward_of_js", "forward KL of JS's fit, nats", cost["forward", "JS"], picked, 1e-4, source)
    says = "reverse KL of forward KL's fit, nats"
    equal("reverse_of_forward", says, cost["reverse", "forward"], 5.7586459593, 1e-6, mpmath)
    equal("reverse_of_js", "reverse KL of JS's fit, nats", cost["reverse", "JS"], ln2, 1e-8, "closed form: ln 2")
    equal("js_of_forward", "JS of forward KL's fit, nats", cost["JS", "forward"], 0.2971673158, 1e-8, mpmath)
    equal("js_of_reverse", "JS of reverse KL's fit, nats", cost["JS", "reverse"], js_least, 1e-8, js_source)
    lost, source = cost["forward", "JS"] - least, "closed form: 36 - ln(37)/2"
    says = "likelihood lost by JS's choice, nats a data point"
    equal("likelihood_gap", says, lost, 36 - math.log(37) / 2, 1e-4, source)

    shares = {way: in_field(mg.Gaussian(*fits[way])) for way in ("forward", "reverse")}
    by_phi = 2 * NormalDist(0, wide).cdf(1.5) - 1
    says, source = "share of |x| < 1.5 under forward KL's fit", "closed form: 2 Phi(1.5 / sqrt(9.25)) - 1"
    equal("field_forward", says, shares["forward"], by_phi, 1e-7, source)
    by_phi, source = NormalDist().cdf(-3), "closed form: Phi(-3)"
    equal("field_data", "share of |x| < 1.5 under the data", in_field(DATA), by_phi, 1e-9, source)
    equal("field_reverse", "share of |x| < 1.5 under reverse KL's fit", shares["reverse"], by_phi, 1e-7, source)

    hollow = descend("JS", 0, 1)
    equal("js_second_mean", "JS from (0, 1): mean", hollow[0], 0, 1e-6, "symmetry")
    equal("js_second_sd", "JS from (0, 1): sd", hollow[1], 3.0252691475, 1e-5, mpmath)
    nats, says = divergence("JS", log_bell(*hollow)), "JS there, its second minimum, nats"
    equal("js_second_nats", says, nats, 0.2971610386, 1e-9, mpmath)
    least_bend = np.linalg.eigvalsh(bend("JS", *hollow))[0]
    says = "JS: least curvature there; above 0, so a minimum"
    equal("js_second_bends", says, least_bend, 0.0140042461, 1e-7, mpmath)
    trap, rim = descend("reverse", 0, 1), flat_place("reverse", 0.9, 2.3)
    trap_nats = divergence("reverse", log_bell(*trap))
    equal("trap_sd", "reverse KL from (0, 1): sd", trap[1], 2.4928418764, 1e-5, mpmath)
    equal("trap_nats", "reverse KL there, nats", trap_nats, 5.1361322079, 1e-9, mpmath)
    says = "reverse KL: curvature along the mean there; above 0, so a minimum"
    equal("trap_bends", says, np.linalg.eigvalsh(bend("reverse", *trap))[0], 0.16092019, 1e-6, mpmath)
    held, source = descend("reverse", 0.1, 2.493)[0], "a minimum draws its neighbours in"
    equal("trap_holds", "reverse KL from (.1, 2.493): mean", held, 0, 1e-5, source)
    equal("rim_mean", "reverse KL: mean of the saddle beside it", rim[0], 0.8746130239, 1e-6, mpmath)
    equal("rim_sd", "reverse KL: sd of that saddle", rim[1], 2.3378042382, 1e-6, mpmath)
    height = divergence("reverse", log_bell(*rim)) - trap_nats
    says = "reverse KL: height of that saddle above the trap, nats"
    equal("rim_height", says, height, 0.0323051301, 1e-9, mpmath)

    few, by_hand = divergence("reverse", log_two_bells(0.01)), ln2 + 0.01 * math.log(0.01) + 0.99 * math.log(0.99)
    says, source = "two bells: reverse KL at w = .01, nats", "closed form: ln 2 - H(.01)"
    equal("two_bells_drop", says, few, by_hand, 1e-6, source)
    source = "0 where q = p, above it elsewhere"
    for way in WAYS:
        both = divergence(way, log_two_bells(0.5))
        equal(f"two_bells_{way}", f"two bells, {way}: the best share w", best_share(way), 0.5, 1e-12, source)
        equal(f"two_bells_{way}_nats", f"two bells, {way}: its value there, nats", both, 0, 1e-12, "q = p")
    return made


def figure(quick: bool = False) -> Figure:
    """Left the data and the fits of one bell; right the three divergences of two bells against their share."""
    from matplotlib.figure import Figure

    from minigan.plotting import BLUE, GREY, RED

    made = Figure(figsize=(8, 4.4), layout="constrained")
    made.suptitle("One bell must cover or pick; with two bells, every direction takes both")
    fits, shares = made.subplots(1, 2, width_ratios=(1.6, 1))

    inside = abs(X) < 9
    fits.axvspan(-1.5, 1.5, color=GREY, alpha=0.12, lw=0)
    fits.fill_between(X[inside], np.exp(LOG_P)[inside], color=BLUE, alpha=0.25, lw=0)
    fits.plot(X[inside], np.exp(LOG_P)[inside], color=BLUE, lw=1.5)
    for (m, s), style in (
        (descend("forward", 1, 1), "-"),
        (descend("reverse", 1, 1), "--"),
        (descend("reverse", -1, 1), ":"),
    ):
        near = abs(X - m) < min(4 * s, 9)
        fits.plot(X[near], np.exp(log_bell(m, s))[near], style, color=RED, lw=2)
    for words, x, y, colour in (
        ("reverse KL or JS\nfrom mean 1:\nmean 3, sd 0.5", 6.4, 0.70, RED),
        ("reverse KL or JS\nfrom mean -1:\nmean -3, sd 0.5", -6.4, 0.70, RED),
        ("in |x| < 1.5", 0, 0.72, GREY),
        ("data\n0.135 %", 0, 0.58, BLUE),
        ("forward\nfit\n37.8 %", 0, 0.36, RED),
    ):
        fits.text(x, y, words, ha="center", color=colour, fontsize=8.5)
    fits.annotate("forward KL:\nmean 0,\nsd 3.04", (5.0, 0.036), (6.6, 0.2), ha="center", color=RED,
                  fontsize=8.5, arrowprops={"arrowstyle": "-", "color": RED})  # fmt: skip
    fits.annotate("data", (-3.75, 0.13), (-6.4, 0.26), ha="center", color=BLUE, fontsize=8.5,
                  arrowprops={"arrowstyle": "-", "color": BLUE})  # fmt: skip
    fits.set(xlabel="x (units of the data)", ylabel="density (per unit of x)", xlim=(-9, 9), ylim=(0, 0.9))
    fits.set_title("one bell", fontsize=10)

    w = np.arange(1, 1000, 2) / 1000
    for way, name, style in zip(WAYS, ("forward KL", "reverse KL", "JS"), ("-", "--", "-."), strict=True):
        values = [divergence(way, log_two_bells(float(v))) for v in w]
        shares.plot(w, values, style, color=GREY if way == "JS" else RED, lw=2, label=name)
    shares.axhline(math.log(2), color=GREY, lw=0.8, ls=":")
    shares.text(0.5, math.log(2) + 0.01, "ln 2: one bell left out", ha="center", color=GREY, fontsize=8.5)
    shares.set(xlabel="share w of the left bell", ylabel="divergence (nats)", ylim=(0, 1.2), xlim=(0, 1))
    shares.set_title("two bells, weighted w and 1 - w", fontsize=10)
    shares.legend(frameon=False, loc="upper center", fontsize=9)
    for axes in (fits, shares):
        axes.spines[["top", "right"]].set_visible(False)
    return made
