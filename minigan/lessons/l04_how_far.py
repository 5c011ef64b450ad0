# %% [markdown]
# # 04. Bits and nats: how far is q from p?
# *About 1 second; afterwards you can price a wrong belief in bits, show that this price is no distance, and prove
# that maximum likelihood minimises it.*
#
# *Needs: logarithms, and lesson 03.*
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

import numpy as np

from minigan.lessons import show

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
# Lesson 03 chose parameters under which the data were likely. Say the model knows one number $W$ and believes that
# each word of the list is $W$ times as frequent as the one before: $q_W(k) \propto W^k$ for $k = 0, 1, 2, 3$. It
# can't be right about this parrot (rope and moon are equally frequent), only more or less wrong.


# %%
def habit(W: float) -> np.ndarray:
    """q_W: four words, each W times as frequent as the one before."""
    powers = W ** np.arange(4)
    return powers / powers.sum()


# %% [markdown]
# Of the words $x_1, \ldots, x_n$ that we heard, word $k$ is a share $\hat p_k$. Lesson 03 adds up the negative
# log-likelihood word by word as we heard them. Collect equal words first, and it is a cross-entropy:
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
#   in $W$, and its root, .5826, is where a search for the lowest point ends, on either curve.
#
# ![Negative log-likelihood and KL against W: one valley, 1.2130 nats apart
# everywhere](../../figures/l04_how_far.png)


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
# With densities one of the two terms loses its sense. The bank notes of lesson 03, $N(1000, 4^2)$ in milligrams,
# have the entropy 2.8052 nats; the same notes in grams -4.1025, a *negative* entropy. A density's entropy moves
# with the unit, and so does every NLL. KL doesn't: from $N(1000, 4^2)$ to $N(1001, 5^2)$ it is .0631 nats on
# either scale, because in $p / q$ the unit cancels. So compare NLLs on one scale, and never against 0. (And for
# samples of a density $\hat p$ is a row of needles. A model that may be as thin as it likes will try to match
# them, one by one: that was lesson 03's mixture.)
#
# And the truth $p$ is what we don't have. From samples we can take the mean of $-\log q_W(x_i)$, which needs no
# $p$; that is why practice prints NLL and theory writes KL. A generator without a density has not even that.
# Lesson 09 begins the way out: let somebody learn the ratio $p/q$ by telling samples apart.

# %% [markdown]
# ## In five lines
#
# 1. Entropy is the least mean length of a message, cross-entropy its length in a code made for other habits.
# 2. KL is the difference of the two, never negative, and 0 only where both distributions are the same.
# 3. It is a price and no distance: it depends on the direction, a detour may be shorter, and it may be infinite.
# 4. The mean negative log-likelihood is the data's entropy plus KL(data, model): likelihood minimises that KL.
# 5. Say bits or nats, and never hold a negative log-likelihood against 0, for the data's entropy stays in it.
#
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
    show(4)
