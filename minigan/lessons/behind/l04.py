"""Behind lesson 04, "How far is q from p?": its claims and its figure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

import minigan as mg
from minigan.lessons import Claims
from minigan.lessons.l04_how_far import P, Q, blocks, decode, habit, huffman, lowest, mean_length

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def nll_by_hand(W: float) -> float:
    """-sum of p log q_W, written out for the parrot's P."""
    return math.log(1 + W + W**2 + W**3) - 0.875 * math.log(W)


def claims(quick: bool = False) -> Claims:
    """The lesson's numbers; all of them are fast, so `quick` leaves none out."""
    made = Claims()
    equal, below = made.equal, made.below

    codes, flat = huffman(P), huffman(Q)
    power = "by hand: powers of 1/2"
    equal("huffman", "P's words in P's Huffman code (bits a word)", mean_length(P, codes), 1.75, 1e-12, power)
    equal("entropy", "entropy of P (bits)", mg.entropy(P, "bits"), 1.75, 1e-12, power)
    equal("crossed", "P's words in Q's code (bits a word)", mean_length(P, flat), 2, 1e-12, power)
    equal("kl_bits", "KL(P, Q), the extra bits", mg.kl(P, Q, "bits"), 0.25, 1e-12, "2.00 - 1.75")
    equal("kl_bits_back", "KL(Q, P) (bits): a lucky case", mg.kl(Q, P, "bits"), 0.25, 1e-12, "2.25 - 2.00")

    n = 10_000
    said = mg.Discrete(P).sample(n, np.random.default_rng(4))[:, 0].astype(int)
    wire = "".join(codes[k] for k in said)
    heard = decode(wire, codes)
    bar = 4 * math.sqrt((1 / 2 + 4 / 4 + 9 / 4 - 1.75**2) / n)
    source = "4 standard errors, missed once in 15,000"
    equal("sent", "10,000 words sent in P's code (bits a word)", len(wire) / n, 1.75, bar, source)
    source = "a prefix code can be undone"
    equal("heard", "of 10,000 words, decoded as they were sent", np.sum(said == heard), n, 0, source)

    a, b, c = np.array([0.9, 0.1]), np.array([0.5, 0.5]), np.array([0.1, 0.9])
    h_a = -(0.9 * math.log2(0.9) + 0.1 * math.log2(0.1))  # bits
    two, eight = blocks(a, 2), blocks(a, 8)
    equal("whole", "(.9, .1) in its Huffman code (bits a word)", mean_length(a, huffman(a)), 1, 0, "two words")
    equal("entropy_a", "entropy of (.9, .1) (bits)", mg.entropy(a, "bits"), h_a, 1e-12, "Cover, Thomas eq. 2.5")
    source = "by hand: (.81 + 2 .09 + 3 .09 + 3 .01) / 2"
    in_pairs = mean_length(two, huffman(two)) / 2
    equal("pairs", "(.9, .1) in pairs of words (bits a word)", in_pairs, 0.645, 1e-12, source)
    source = "below H + 1/8: Cover, Thomas thm 5.4.2"
    in_eights = mean_length(eight, huffman(eight)) / 8
    below("eights", "(.9, .1) in blocks of 8 (bits a word)", in_eights, h_a + 1 / 8, source)

    forward = 0.9 * math.log(1.8) + 0.1 * math.log(0.2)
    equal("forward", "KL((.9, .1), (.5, .5)) (nats)", mg.kl(a, b), forward, 1e-12, "closed form")
    equal("forward_bits", "the same (bits)", mg.kl(a, b, "bits"), 1 - h_a, 1e-12, "1 - H(.9, .1)")
    equal("back", "KL((.5, .5), (.9, .1)) (nats)", mg.kl(b, a), math.log(5 / 3), 1e-12, "log 5/3")
    equal("straight", "KL((.9, .1), (.1, .9)) (nats)", mg.kl(a, c), 0.8 * math.log(9), 1e-12, ".8 log 9")
    over_b, added = mg.kl(a, b) + mg.kl(b, c), math.log(5 / 3) + forward
    equal("detour", "the same over (.5, .5): the shorter way (nats)", over_b, added, 1e-12, "closed forms, added")
    sure = np.array([1.0, 0.0])
    equal("never", "KL((.5, .5), (1, 0)) (nats)", mg.kl(b, sure), math.inf, 0, "q = 0 < p")
    equal("ever", "KL((1, 0), (.5, .5)) (nats)", mg.kl(sure, b), math.log(2), 1e-12, "log 2")
    says, source = "entropy of (.1, .9), equal to (.9, .1)'s (bits)", "the same two terms"
    equal("entropy_c", says, mg.entropy(c, "bits"), h_a, 1e-12, source)
    equal("apart", "KL((.9, .1), (.1, .9)) (bits)", mg.kl(a, c, "bits"), 0.8 * math.log2(9), 1e-12, ".8 log2 9")

    h = 1.75 * math.log(2)
    equal("entropy_nats", "entropy of P (nats)", mg.entropy(P), h, 1e-12, "1.75 log 2")
    source = "1/4 + 2/8 + 3/8"
    equal("mean_word", "mean word number under P, counted from 0", P @ np.arange(4), 0.875, 0, source)
    Ws = np.linspace(0.01, 2, 200)
    gaps = [mg.cross_entropy(P, habit(W)) - mg.kl(P, habit(W)) for W in Ws]
    farthest = np.abs(np.array(gaps) - h).max()
    below("gap", "NLL - KL, farthest from H(P) at 200 W (nats)", farthest, 1e-12, "H(P) = 1.75 log 2")
    few = said[:1000]
    shares = np.bincount(few, minlength=4) / len(few)
    few_gaps = [-np.log(habit(W))[few].mean() - mg.kl(shares, habit(W)) - mg.entropy(shares) for W in Ws]
    says = "the same for 1,000 words heard and their shares (nats)"
    below("gap_heard", says, np.abs(few_gaps).max(), 1e-12, "an identity")
    by_nll = lowest(lambda W: mg.cross_entropy(P, habit(W)), 0.01, 2)
    by_kl = lowest(lambda W: mg.kl(P, habit(W)), 0.01, 2)
    roots = np.roots([3 - 0.875, 2 - 0.875, 1 - 0.875, -0.875])  # sum of (k - .875) W^k = 0
    root = float(roots[np.abs(roots.imag) < 1e-9].real.max())
    below("argmins", "distance of the two argmins in W", abs(by_nll - by_kl), 1e-6, "an identity")
    equal("argmin", "W where both are lowest", by_kl, root, 1e-6, "root of the cubic")
    nll, source = mg.cross_entropy(P, habit(by_nll)), "log(1 + W + W^2 + W^3) - .875 log W"
    equal("floor", "NLL there (nats a word)", nll, nll_by_hand(root), 1e-10, source)
    fault = mg.kl(P, habit(by_kl))
    equal("fault", "KL there (nats a word)", fault, nll_by_hand(root) - h, 1e-10, "the same - H(P)")

    in_mg, in_g = mg.Gaussian(1000, 4), mg.Gaussian(1, 0.004)
    h_mg, h_g = (math.log(2 * math.pi * math.e * sd**2) / 2 for sd in (4, 0.004))
    kl_notes = math.log(5 / 4) + (16 + 1) / 50 - 1 / 2
    source = "log(2 pi e sd^2) / 2"
    equal("notes_mg", "entropy of N(1000, 4^2), mg (nats)", mg.entropy(in_mg), h_mg, 1e-12, source)
    equal("notes_g", "the same in g (nats)", mg.entropy(in_g), h_g, 1e-12, source)
    source, says = "log 5/4 + 17/50 - 1/2", "KL(N(1000, 4^2), N(1001, 5^2)), mg (nats)"
    equal("kl_mg", says, mg.kl(in_mg, mg.Gaussian(1001, 5)), kl_notes, 1e-12, source)
    equal("kl_g", "the same in g (nats)", mg.kl(in_g, mg.Gaussian(1.001, 0.005)), kl_notes, 1e-9, source)
    return made


def figure(quick: bool = False) -> Figure:
    """NLL and KL against W, with the constant gap between them."""
    from matplotlib.figure import Figure

    from minigan.plotting import BLUE, GREY, RED

    picture = Figure(figsize=(8, 4.5), layout="constrained")
    axes = picture.subplots()
    Ws = np.linspace(0.08, 1.6, 300)
    nll = np.array([mg.cross_entropy(P, habit(W)) for W in Ws])
    kl = np.array([mg.kl(P, habit(W)) for W in Ws])
    h, best = mg.entropy(P), lowest(lambda W: mg.kl(P, habit(W)), 0.01, 2)

    axes.fill_between(Ws, kl, nll, color=GREY, alpha=0.12, lw=0)
    axes.plot(Ws, nll, color=RED, lw=2)
    axes.plot(Ws, kl, color=BLUE, lw=2, ls="--")
    axes.text(1.2, 1.66, "NLL = H(p, q)", color=RED, ha="center")
    axes.text(1.29, 0.17, "KL(p, q)", color=BLUE, ha="center")
    arrow = {"arrowstyle": "<->", "color": GREY, "shrinkA": 0, "shrinkB": 0}
    for W in (0.15, best, 1.0, 1.4):
        low = mg.kl(P, habit(W))
        axes.annotate("", (W, low), (W, low + h), arrowprops=arrow)
        axes.text(W + 0.015, low + h / 2, f"{h:.4f}", color=GREY, fontsize=9, va="center")
    axes.plot(best, nll.min(), "o", color=RED, markersize=8)
    axes.plot(best, kl.min(), "s", color=BLUE, markersize=8)
    axes.axvline(best, color=GREY, lw=0.8, ls=":")
    axes.text(best + 0.015, 1.95, f"both lowest at W = {best:.4f}", color=GREY, fontsize=9)
    axes.set(xlim=(Ws[0], Ws[-1]), ylim=(-0.06, 2.1), ylabel="nats a word")
    axes.set_xlabel("W: each word is said W times as often as the one before it on the list")
    axes.set_title("Likelihood and KL: one valley, H(p) = 1.2130 nats apart at every W")
    axes.spines[["top", "right"]].set_visible(False)
    return picture
