# %% [markdown]
# # 04. Bits and nats: how far is q from p?
# *About 1 second; afterwards you can price a wrong belief in bits, show that this price is no distance, and prove
# that maximum likelihood minimises it.*
#
# Our parrot knows four words: "hello" is half of what it says, "biscuit" a quarter, "rope" and "moon" an eighth
# each. A cousin overseas wants to hear all of it, over a wire that carries only 0 and 1 and is paid by the digit.
# Each word gets a code of its own, and the cousin must know where one code ends and the next begins.
#
# **Predict before you read on.** Two digits for each word will do: 00, 01, 10, 11. Can you do better, on average?
# How far down? And what will it cost if you have settled on a code and the parrot then changes its habits?

# %%
from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

import minigan as mg
from minigan.lessons import Claim, show

if TYPE_CHECKING:
    from matplotlib.figure import Figure

P = np.array([1 / 2, 1 / 4, 1 / 8, 1 / 8])  # what the parrot says
Q = np.full(4, 1 / 4)  # what somebody believes who has never listened

# %% [markdown]
# ## The best code
#
# Huffman's: join the two rarest words under one fork, treat the fork as a word with their joint probability, and
# go on until one fork is left. The path down to a word, left 0 and right 1, is its code. No code begins another,
# so the cousin needs no commas.


# %%
def huffman(p: np.ndarray) -> list[str]:
    """The codes, as strings of 0 and 1, whose mean length under p (n,) is the least."""
    heap = [(float(mass), k, {k: ""}) for k, mass in enumerate(p)]  # k settles ties
    heapq.heapify(heap)
    for fork in range(len(p), 2 * len(p) - 1):
        (a, _, left), (b, _, right) = heapq.heappop(heap), heapq.heappop(heap)
        codes = {k: "0" + code for k, code in left.items()} | {k: "1" + code for k, code in right.items()}
        heapq.heappush(heap, (a + b, fork, codes))
    return [heap[0][2][k] for k in range(len(p))]


def mean_length(p: np.ndarray, codes: list[str]) -> float:
    """What a symbol costs on average, in bits, when symbols follow p."""
    return float(p @ [len(code) for code in codes])


def decode(wire: str, codes: list[str]) -> list[int]:
    """The symbols on the wire: no code begins another, so the first that fits is the one."""
    words, heard, letters = {code: k for k, code in enumerate(codes)}, [], ""
    for digit in wire:
        letters += digit
        if letters in words:
            heard.append(words[letters])
            letters = ""
    return heard


# %% [markdown]
# The parrot's words get 1, 2, 3 and 3 digits: **1.75 bits** a word, not 2. Ten thousand words, drawn and sent,
# cost about that each, and come out again as they went in. And nobody can do better, for 1.75 is the **entropy**
#
# $$H(p) = -\sum_i p_i \log_2 p_i \quad \text{bits},$$
#
# the floor under every code that can be told apart. A word of probability $p_i$ wants $-\log_2 p_i$ digits.
#
# Now the mistake: somebody who takes the words for equally frequent ($q$, uniform) builds $q$'s code and sends
# the parrot's words with it. That costs the **cross-entropy** $H(p, q) = -\sum_i p_i \log_2 q_i = $ 2.00 bits a
# word. The difference, .25 bits, is what the wrong belief costs, and it is called the **Kullback-Leibler
# divergence**:
#
# $$\mathrm{KL}(p, q) = H(p, q) - H(p) = \sum_i p_i \log \frac{p_i}{q_i} .$$
#
# (Many write $D_{KL}(p \Vert q)$. The first one is the truth, over which the mean is taken; the second is the
# belief.)
#
# *A caution.* These codes hit the formulas exactly only because all these probabilities are powers of $\frac12$,
# so that every $-\log_2 p_i$ is a whole number. A bird with two words at (.9, .1) has $H = .469$ bits, but a code
# can't spend less than one digit: Huffman's costs 1 bit. Code two words at a time and it is .645 bits a word,
# eight at a time and it is under $H + \frac18$: the bound for blocks of $k$ is $H + \frac1k$. KL is the mean of
# *extra bits* in this limit, or for codes whose lengths needn't be whole.


# %%
def blocks(p: np.ndarray, k: int) -> np.ndarray:
    """The probabilities of all sequences of k independent symbols."""
    return np.array([math.prod(choice) for choice in product(p.tolist(), repeat=k)])


# %% [markdown]
# ## Bits or nats
#
# With $\log_2$ the unit is the bit, with the natural logarithm it is the nat: 1 bit is $\log 2 = .6931$ nats.
# Slopes are simpler in nats, so losses of networks are in nats, and so is everything in minigan unless
# `unit="bits"` is asked for. "KL is .53" says nothing without the unit: $\mathrm{KL}((.9, .1), (.5, .5))$ is
# .5310 bits and .3681 nats.
#
# ## Is it a distance?
#
# You will read that KL is a good measure of *distance* between distributions, or a quasi-distance. One half of it
# is true. From $\log t \le t - 1$, with equality only at $t = 1$,
#
# $$-\mathrm{KL}(p, q) = \sum_i p_i \log \frac{q_i}{p_i} \le \sum_i p_i \left( \frac{q_i}{p_i} - 1 \right) \le 0,$$
#
# so KL is never negative, and 0 only where $p = q$. But a distance needs two more things. Take three coins,
# $a = (.9, .1)$, $b = (.5, .5)$ and $c = (.1, .9)$. **Predict**: is it as far from $a$ to $b$ as back? Is the way
# from $a$ to $c$ longer or shorter than over $b$?
#
# - *The same way back?* $\mathrm{KL}(a, b) = .3681$ and $\mathrm{KL}(b, a) = .5108$ nats. No. (Our parrot was a
#   lucky case: its KL to the uniform habit and back are both .25 bits. One example proves nothing.)
# - *Detours never shorter?* $\mathrm{KL}(a, c) = 1.758$ nats, but over $b$ it is only $.3681 + .5108 = .879$. A
#   detour that halves the way: no.
# - *Finite?* Believe that a coin never shows tails, and one tail is infinitely surprising:
#   $\mathrm{KL}(b, (1, 0)) = \infty$. The other direction costs $\log 2$. Lesson 05 is about this difference, and
#   about JS, whose square root *is* a distance.
#
# KL is a price. That it depends on who is right and who believes is no flaw, it is the point.
#
# ## "KL 0 means the same information"
#
# That is a tempting way to put it: relative entropy 0, so both carry the same quantity of information. The
# quantity of information is the entropy, and $a$ and $c$ have the same one, .469 bits. Yet
# $\mathrm{KL}(a, c) = 2.536$ bits: who believes in $c$ and hears $a$ pays more than five times as much for the
# mistake as for the message. Equal entropy says that two birds are equally predictable. KL 0 says that they are
# the same bird.
#
# ## Why likelihood minimises it
#
# Lesson 03 chose parameters under which the data were likely. Say the model knows one number $W$ and believes
# that each word of the list is $W$ times as frequent as the one before: $q_W(k) \propto W^k$ for
# $k = 0, 1, 2, 3$. It can't be right about this parrot (rope and moon are equally frequent), only more or less
# wrong.


# %%
def habit(W: float) -> np.ndarray:
    """q_W: four words, each W times as frequent as the one before."""
    powers = W ** np.arange(4)
    return powers / powers.sum()


# %% [markdown]
# The words $x_1, \ldots, x_n$ that we heard contain word $k$ in a share $\hat p_k$. Sum the negative
# log-likelihood along the list of words, not in the order of hearing them, and lesson 03 meets this one:
#
# $$-\frac1n \log L(W) = -\frac1n \sum_{i=1}^n \log q_W(x_i) = -\sum_k \hat p_k \log q_W(k)
#   = H(\hat p, q_W) = \underbrace{H(\hat p)}_{\text{without } W} + \, \mathrm{KL}(\hat p, q_W) .$$
#
# That is all of it. The two curves differ by a constant, at every $W$, so they have one minimum: **to maximise
# the likelihood is to minimise the KL from the data to the model.** It is no limit and no approximation; it holds
# for 1,000 words as for the parrot itself, where the constant is $H(p) = 1.75 \log 2 = 1.2130$ nats. Two
# consequences to remember:
#
# - A negative log-likelihood never comes near 0. It ends at the entropy of the data, and if the model can't be
#   right, above: here at 1.2240 nats, of which .0110 are the model's fault and the rest is the parrot's.
# - For *this* family the minimum is where the mean word number under $q_W$ is the data's, .875. That is a cubic
#   in $W$, and its root, .5826, is where both searches end.


# %%
def lowest(f: Callable[[float], float], low: float, high: float) -> float:
    """Where f, with one valley, is lowest: keep the better golden section until nothing is left to cut."""
    shrink = (math.sqrt(5) - 1) / 2
    while high - low > 1e-9:
        left, right = high - shrink * (high - low), low + shrink * (high - low)
        if f(left) < f(right):
            high = right
        else:
            low = left
    return (low + high) / 2


# %% [markdown]
# ## What goes wrong in practice
#
# With densities one of the two terms loses its sense. The bank notes of lesson 03, $N(1000, 4)$ in milligrams,
# have the entropy 2.8052 nats; the same notes in grams -4.1025, a *negative* entropy. A density's entropy moves
# with the unit, and so does every NLL. KL doesn't: from $N(1000, 4)$ to $N(1001, 5)$ it is .0631 nats on either
# scale, because in $p / q$ the unit cancels. So compare NLLs on one scale, and never against 0. (And for samples
# of a density $\hat p$ is a row of needles. A model that may be as thin as it likes will try to match them, one
# by one: that was lesson 03's mixture.)
#
# And the truth $p$ is what we don't have. From samples we can take the mean of $-\log q_W(x_i)$, which needs no
# $p$; that is why practice prints NLL and theory writes KL. A generator without a density has not even that.
# Lesson 09 begins the way out: let somebody learn the ratio $p/q$ by telling samples apart.


# %%
def claims(quick: bool = False) -> list[Claim]:
    """The lesson's numbers; all of them are fast, so `quick` leaves none out."""
    codes, flat = huffman(P), huffman(Q)
    a, b, c = np.array([0.9, 0.1]), np.array([0.5, 0.5]), np.array([0.1, 0.9])
    h_a = -(0.9 * math.log2(0.9) + 0.1 * math.log2(0.1))  # bits

    n = 10_000
    said = mg.Discrete(P).sample(n, np.random.default_rng(4))[:, 0].astype(int)
    wire = "".join(codes[k] for k in said)
    heard = decode(wire, codes)
    bar = 4 * math.sqrt((1 / 2 + 4 / 4 + 9 / 4 - 1.75**2) / n)

    Ws = np.linspace(0.01, 2, 200)
    gaps = [mg.cross_entropy(P, habit(W)) - mg.kl(P, habit(W)) for W in Ws]
    few = said[:1000]
    shares = np.bincount(few, minlength=4) / len(few)
    few_gaps = [-np.log(habit(W))[few].mean() - mg.kl(shares, habit(W)) - mg.entropy(shares) for W in Ws]
    by_nll = lowest(lambda W: mg.cross_entropy(P, habit(W)), 0.01, 2)
    by_kl = lowest(lambda W: mg.kl(P, habit(W)), 0.01, 2)
    roots = np.roots([3 - 0.875, 2 - 0.875, 1 - 0.875, -0.875])  # sum of (k - .875) W^k = 0
    root = float(roots[np.abs(roots.imag) < 1e-9].real.max())

    mg_notes, g_notes = mg.Gaussian(1000, 4), mg.Gaussian(1, 0.004)
    h_mg, h_g = (math.log(2 * math.pi * math.e * sd**2) / 2 for sd in (4, 0.004))
    kl_notes = math.log(5 / 4) + (16 + 1) / 50 - 1 / 2
    power = "by hand: powers of 1/2"
    # fmt: off
    return [
        Claim("huffman", "P's words in P's Huffman code (bits a word)", mean_length(P, codes), 1.75, 1e-12, power),
        Claim("entropy", "entropy of P (bits)", mg.entropy(P, "bits"), 1.75, 1e-12, power),
        Claim("crossed", "P's words in Q's code (bits a word)", mean_length(P, flat), 2, 1e-12, power),
        Claim("kl_bits", "KL(P, Q), the extra bits", mg.kl(P, Q, "bits"), 0.25, 1e-12, "2.00 - 1.75"),
        Claim("kl_bits_back", "KL(Q, P) (bits): a lucky case", mg.kl(Q, P, "bits"), 0.25, 1e-12, "2.25 - 2.00"),
        Claim("sent", "10,000 words sent in P's code (bits a word)", len(wire) / n, 1.75, bar,
              "4 standard errors, missed once in 15,000"),
        Claim("heard", "of 10,000 words, decoded as they were sent", float(np.sum(said == heard)), n, 0,
              "a prefix code can be undone"),
        Claim("whole", "(.9, .1) in its Huffman code (bits a word)", mean_length(a, huffman(a)), 1, 0,
              "two words"),
        Claim("entropy_a", "entropy of (.9, .1) (bits)", mg.entropy(a, "bits"), h_a, 1e-12,
              "Cover, Thomas eq. 2.5"),
        Claim("pairs", "(.9, .1) in pairs of words (bits a word)",
              mean_length(blocks(a, 2), huffman(blocks(a, 2))) / 2, 0.645, 1e-12,
              "by hand: (.81 + 2 .09 + 3 .09 + 3 .01) / 2"),
        Claim("eights", "(.9, .1) in blocks of 8 (bits a word)",
              mean_length(blocks(a, 8), huffman(blocks(a, 8))) / 8, h_a + 1 / 8, 0,
              "below H + 1/8: Cover, Thomas thm 5.4.2", at_most=True),
        Claim("forward", "KL((.9, .1), (.5, .5)) (nats)", mg.kl(a, b), 0.9 * math.log(1.8) + 0.1 * math.log(0.2),
              1e-12, "closed form"),
        Claim("forward_bits", "the same (bits)", mg.kl(a, b, "bits"), 1 - h_a, 1e-12, "1 - H(.9, .1)"),
        Claim("back", "KL((.5, .5), (.9, .1)) (nats)", mg.kl(b, a), math.log(5 / 3), 1e-12, "log 5/3"),
        Claim("straight", "KL((.9, .1), (.1, .9)) (nats)", mg.kl(a, c), 0.8 * math.log(9), 1e-12, ".8 log 9"),
        Claim("detour", "the same over (.5, .5): the shorter way (nats)", mg.kl(a, b) + mg.kl(b, c),
              math.log(5 / 3) + 0.9 * math.log(1.8) + 0.1 * math.log(0.2), 1e-12, "closed forms, added"),
        Claim("never", "KL((.5, .5), (1, 0)) (nats)", mg.kl(b, np.array([1.0, 0.0])), math.inf, 0, "q = 0 < p"),
        Claim("ever", "KL((1, 0), (.5, .5)) (nats)", mg.kl(np.array([1.0, 0.0]), b), math.log(2), 1e-12, "log 2"),
        Claim("entropy_c", "entropy of (.1, .9), equal to (.9, .1)'s (bits)", mg.entropy(c, "bits"), h_a, 1e-12,
              "the same two terms"),
        Claim("apart", "KL((.9, .1), (.1, .9)) (bits)", mg.kl(a, c, "bits"), 0.8 * math.log2(9), 1e-12,
              ".8 log2 9"),
        Claim("entropy_nats", "entropy of P (nats)", mg.entropy(P), 1.75 * math.log(2), 1e-12, "1.75 log 2"),
        Claim("mean_word", "mean word number under P, counted from 0", float(P @ np.arange(4)), 0.875, 0,
              "1/4 + 2/8 + 3/8"),
        Claim("gap", "NLL - KL, farthest from H(P) at 200 W (nats)",
              float(np.abs(np.array(gaps) - 1.75 * math.log(2)).max()), 1e-12, 0, "H(P) = 1.75 log 2",
              at_most=True),
        Claim("gap_heard", "the same for 1,000 words heard and their shares (nats)", float(np.abs(few_gaps).max()),
              1e-12, 0, "an identity", at_most=True),
        Claim("argmins", "distance of the two argmins in W", abs(by_nll - by_kl), 1e-6, 0, "an identity",
              at_most=True),
        Claim("argmin", "W where both are lowest", by_kl, root, 1e-6, "root of the cubic"),
        Claim("floor", "NLL there (nats a word)", mg.cross_entropy(P, habit(by_nll)), nll_by_hand(root), 1e-10,
              "log(1 + W + W^2 + W^3) - .875 log W"),
        Claim("fault", "KL there (nats a word)", mg.kl(P, habit(by_kl)), nll_by_hand(root) - 1.75 * math.log(2),
              1e-10, "the same - H(P)"),
        Claim("notes_mg", "entropy of N(1000, 4), mg (nats)", mg.entropy(mg_notes), h_mg, 1e-12,
              "log(2 pi e sd^2) / 2"),
        Claim("notes_g", "the same in g (nats)", mg.entropy(g_notes), h_g, 1e-12, "log(2 pi e sd^2) / 2"),
        Claim("kl_mg", "KL(N(1000, 4), N(1001, 5)), mg (nats)", mg.kl(mg_notes, mg.Gaussian(1001, 5)), kl_notes,
              1e-12, "log 5/4 + 17/50 - 1/2"),
        Claim("kl_g", "the same in g (nats)", mg.kl(g_notes, mg.Gaussian(1.001, 0.005)), kl_notes, 1e-9,
              "log 5/4 + 17/50 - 1/2"),
    ]
    # fmt: on


def nll_by_hand(W: float) -> float:
    """-sum of p log q_W, written out for the parrot's P."""
    return math.log(1 + W + W**2 + W**3) - 0.875 * math.log(W)


# %%
def figure(quick: bool = False) -> Figure:
    """NLL and KL against W, with the constant gap between them."""
    from matplotlib.figure import Figure

    blue, vermillion, grey = "#0072B2", "#D55E00", "#595959"
    picture = Figure(figsize=(8, 4.5), layout="constrained")
    axes = picture.subplots()
    Ws = np.linspace(0.08, 1.6, 300)
    nll = np.array([mg.cross_entropy(P, habit(W)) for W in Ws])
    kl = np.array([mg.kl(P, habit(W)) for W in Ws])
    h, best = mg.entropy(P), lowest(lambda W: mg.kl(P, habit(W)), 0.01, 2)

    axes.fill_between(Ws, kl, nll, color=grey, alpha=0.12, lw=0)
    axes.plot(Ws, nll, color=vermillion, lw=2)
    axes.plot(Ws, kl, color=blue, lw=2, ls="--")
    axes.text(1.2, 1.66, "NLL = H(p, q)", color=vermillion, ha="center")
    axes.text(1.29, 0.17, "KL(p, q)", color=blue, ha="center")
    arrow = {"arrowstyle": "<->", "color": grey, "shrinkA": 0, "shrinkB": 0}
    for W in (0.15, best, 1.0, 1.4):
        low = mg.kl(P, habit(W))
        axes.annotate("", (W, low), (W, low + h), arrowprops=arrow)
        axes.text(W + 0.015, low + h / 2, f"{h:.4f}", color=grey, fontsize=9, va="center")
    axes.plot(best, nll.min(), "o", color=vermillion, markersize=8)
    axes.plot(best, kl.min(), "s", color=blue, markersize=8)
    axes.axvline(best, color=grey, lw=0.8, ls=":")
    axes.text(best + 0.015, 1.95, f"both lowest at W = {best:.4f}", color=grey, fontsize=9)
    axes.set(xlim=(Ws[0], Ws[-1]), ylim=(-0.06, 2.1), ylabel="nats a word")
    axes.set_xlabel("W: each word is said W times as often as the one before it on the list")
    axes.set_title("Likelihood and KL: one valley, H(p) = 1.2130 nats apart at every W")
    axes.spines[["top", "right"]].set_visible(False)
    return picture


# %% [markdown]
# ## Now you
#
# `minigan exercise start 4` puts `e04_kl.py` into your folder `exercises`: write KL so that it survives zeros, on
# either side. `minigan exercise check 4` judges it.
#
# *Next.* Both directions of KL are 0 in the same place, but when the model can't reach that place they want
# different things. Lesson 05: cover the data, or pick a part of it?
#
# *Sources.* Entropy: Shannon 1948, section 6. Codes: Huffman 1952; Cover and Thomas 2006, sections 5.4 and 5.6,
# with theorem 5.4.3 for the wrong code. KL: Kullback and Leibler 1951; Cover and Thomas, section 2.3 and theorem
# 2.6.3. Likelihood as KL: Goodfellow 2016, NeurIPS tutorial, section 2.1. The square root of JS: Endres and
# Schindelin 2003.

# %%
if __name__ == "__main__":
    show("l04_how_far", claims, figure)
