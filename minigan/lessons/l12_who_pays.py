# %% [markdown]
# # 12. Backpropagation: who pays for the error?
# *About 1 second; afterwards you can derive a dense layer's backward pass, send G's slope through D without
# charging D for it, check any gradient, and write momentum and Adam by hand.*
#
# *Needs: the chain rule, products of matrices, and lesson 11.*
#
# The bill comes back: "fake", says the intern, and she is sure. The forger didn't make it alone. One man cut the
# plate, one mixed the ink, one chose the paper. Which of them has to change what, and by how much?
#
# Lesson 11 ended at the logit. Between it and G's weights lie D's layers, which judged, and G's layers, which
# made. All that is known is one slope at the very end, and wanted is a slope for *every* weight and bias: here 82
# numbers in G and 65 in D.
#
# **Predict before you read on.** You could nudge each number up and down and look at the loss: $2 \cdot 147 =
# 294$ runs. How many runs does it take if one is clever? And if you nudge after all, to check: by how much,
# $10^{-2}$, $10^{-5}$ or $10^{-12}$?

# %%
from __future__ import annotations

from functools import cache

import numpy as np

import minigan as mg
from minigan.checks.gradcheck import Report
from minigan.core.backend import Backend
from minigan.core.layers import Dense, Tanh
from minigan.lessons import show

Net = list[tuple[np.ndarray, np.ndarray]]  # (W, b) of each dense layer; tanh stands between them
EXACT = Backend("numpy", "float64")


def players(seed: int = 12) -> tuple[mg.Sequential, mg.Sequential]:
    """G: 2 -> 16 -> 2 and D: 2 -> 16 -> 1, with tanh between, in float64."""
    G = mg.Sequential([Dense(2, 16), Tanh(), Dense(16, 2)], EXACT, seed, "G")
    D = mg.Sequential([Dense(2, 16), Tanh(), Dense(16, 1)], EXACT, seed, "D")
    return G, D


# %% [markdown]
# ## One layer: three slopes from one
#
# A dense layer takes a batch $x$, one sample a row, and gives $y = xW + b$. In row $r$, column $o$ (for output):
#
# $$ y_{ro} = \sum_i x_{ri} W_{io} + b_o . $$
#
# Somewhere behind it the loss $L$ is computed. Suppose that somebody hands us the slope $\partial L / \partial
# y_{ro}$ for each number of $y$. We call it $dy_{ro}$, and it is all that we need to know of the world behind. The
# chain rule asks of each number *which* $y$ it moves, and adds up:
#
# - $x_{ri}$ moves row $r$ of $y$, every column $o$, by $W_{io}$. So $dx_{ri} = \sum_o dy_{ro} W_{io}$.
# - $W_{io}$ moves column $o$ of $y$, in every row $r$, by $x_{ri}$. So $dW_{io} = \sum_r x_{ri}\, dy_{ro}$.
# - $b_o$ moves column $o$, in every row, by 1. So $db_o = \sum_r dy_{ro}$.
#
# That is backpropagation, all of it. $dW$ and $db$ are this layer's own bill. $dx$ goes to the layer before,
# which knows it as *its* $dy$. With loops it looks like this (and as three lines without loops it is your
# exercise):


# %%
def bills(x: np.ndarray, W: np.ndarray, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """dx, dW and db of y = x W + b, given dy = dL/dy, for x (rows, in), W (in, out), dy (rows, out)."""
    dx, dW, db = np.zeros_like(x), np.zeros_like(W), np.zeros(W.shape[1])
    for r in range(x.shape[0]):
        for o in range(W.shape[1]):
            for i in range(W.shape[0]):
                dx[r, i] += dy[r, o] * W[i, o]
                dW[i, o] += x[r, i] * dy[r, o]
            db[o] += dy[r, o]
    return dx, dW, db


# %% [markdown]
# By hand once, $x = (1, 2)$, $W = \begin{pmatrix} 1 & 0 \\ -1 & 3 \end{pmatrix}$, $dy = (1, 10)$: then
# $dx = (1, 29)$, $dW = \begin{pmatrix} 1 & 10 \\ 2 & 20 \end{pmatrix}$, $db = (1, 10)$.
#
# ## A chain: run back through what ran forward
#
# Tanh has no weights. Its slope is $1 - \tanh^2$, so it hands back $dx = dy\,(1 - y^2)$. A network is walked once
# forward, where each layer's input is kept, and once backward:


# %%
def forward(x: np.ndarray, net: Net) -> list[np.ndarray]:
    """x and the output of each layer."""
    ys = [x]
    for k, (W, b) in enumerate(net):
        y = ys[-1] @ W + b
        ys.append(np.tanh(y) if k < len(net) - 1 else y)
    return ys


def backward(dy: np.ndarray, ys: list[np.ndarray], net: Net) -> tuple[np.ndarray, np.ndarray]:
    """dL/dx, and all the layers' dW and db in one vector, for the pass that left ys."""
    own: list[np.ndarray] = []
    for k in reversed(range(len(net))):
        if k < len(net) - 1:
            dy = dy * (1 - ys[k + 1] ** 2)  # through tanh
        dy, dW, db = bills(ys[k], net[k][0], dy)
        own = [dW.ravel(), db, *own]
    return dy, np.concatenate(own)


# %% [markdown]
# So the answer to the first question is *two*: one run forward, and one backward with two products for each one
# of the way there. It doesn't matter how many weights there are.
#
# ## Through D into G
#
# Now the GAN. Its two players are chained, $z \to G \to x \to D \to s$, and each has a loss of its own. G's, with
# lesson 11's label trick, is the mean of $-\log D$, whose slope at each logit is $-(1 - D)/n$. It enters at D's
# *end*, runs back through D to the fakes, where it says for every coordinate of every fake which way looks more
# genuine, and from there through G:


# %%
def charge_g(z: np.ndarray, G: Net, D: Net) -> tuple[np.ndarray, np.ndarray]:
    """G's gradient under -log D(G(z)), and what the same pass would charge D for."""
    made = forward(z, G)
    judged = forward(made[-1], D)
    slope = -1 / (1 + np.exp(judged[-1])) / len(z)  # -(1 - D) / n
    dx, for_d = backward(slope, judged, D)
    return backward(dx, made, G)[1], for_d


# %% [markdown]
# It agrees with what `minigan.GAN` computes for its step to $10^{-12}$, and with nudging, for both players, to
# better than $10^{-7}$. Both networks have to be differentiable for this, D as much as G: a critic of yes and no,
# or a generator of words instead of numbers, would break the chain.
#
# And `for_d`? D's weights *have* slopes under G's loss. But if D followed them, it would learn to be fooled. **Who
# pays is a decision, not a matter of calculus**: each player's loss is charged to that player's weights alone. In
# minigan the pass through D is then `D.backward(dy, trace, params=False, inputs=True)`: D's bill isn't even
# written. So D's step leaves G as it is, bit for bit, and G's step leaves D.
#
# Frameworks that *add* gradients into a store have to be told. Forget it (a missing `zero_grad`, between G's step
# and D's), and D finds G's bill on top of its own. In the minimax game the two slopes at a fake's logit are
# $+D/n$ and $-D/n$. On the same fakes they cancel, to the last digit: D then learns from real samples only, and
# calls ever more things real. No error message, no nan.
#
# ## Trust, and check
#
# Backward passes are easy to get nearly right. So nudge after all, all numbers $\theta$ at once along a direction
# $u$ of length 1:
#
# $$ \frac{L(\theta + hu) - L(\theta - hu)}{2h} = \langle \nabla L, u \rangle + c\,h^2 + \ldots \pm \frac rh . $$
#
# The first term is the slope that backpropagation should give. The second is what a straight line misses of a
# curve: a tenth of $h$, a hundredth of the error. The last is rounding: $L$ is only known to a share $\varepsilon$
# of its size ($2 \cdot 10^{-16}$ in float64, $10^{-7}$ in float32), and the difference of two nearly equal
# numbers, divided by a small $h$, blows that up to $r/h$ with $r \approx \varepsilon L$. Together they make a V,
# with arms of slope 2 and -1 on log paper. It is lowest where $c h^2 \approx r/h$, so, but for factors, at $h
# \approx \varepsilon^{1/3}$ with an error of $\varepsilon^{2/3}$.
#
# ![Error against h](../../figures/l12_who_pays.png)


# %%
@cache
def checked() -> Report:
    """Both players of a GAN against central differences, at sixteen samples."""
    gan = mg.GAN(*players(), mg.Latent(2), updates="alternating", average=None)
    return mg.check_gradients(gan, np.random.default_rng(12).standard_normal((16, 2)))


# %% [markdown]
# So $10^{-5}$ is right in float64, and a smaller step is *not* a better one: at $10^{-12}$ the difference is off
# by about a thousandth, further than at a step as clumsy as $10^{-2}$. In float32 a right gradient can't be told
# from one whose fifth digit is wrong. Therefore: check in float64, train in what you like.
# `minigan.check_gradients(gan, x)` does so for any network, layer or GAN, finds a good $h$ for each probe by
# itself, and looks out for kinks (ReLU), across which no difference is a slope.
#
# ## From slope to step
#
# A slope says which way, not how far. With the rate $\eta$ and a gradient $g_t$ at step $t$:
#
# $$ \begin{aligned}
# \text{SGD} \quad & \theta \leftarrow \theta - \eta g_t \\
# \text{momentum} \quad & v \leftarrow \mu v - \eta g_t, \quad \theta \leftarrow \theta + v \\
# \text{Adam} \quad & m \leftarrow \beta_1 m + (1 - \beta_1) g_t, \quad v \leftarrow \beta_2 v + (1 - \beta_2)
#   g_t^2, \quad \theta \leftarrow \theta - \eta\,\frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}
# \end{aligned} $$


# %%
def momentum(theta: np.ndarray, slopes: np.ndarray, rate: float, mu: float) -> np.ndarray:
    """theta after one step for each row of slopes."""
    v = np.zeros_like(theta)
    for g in slopes:
        v = mu * v - rate * g
        theta = theta + v
    return theta


def adam(
    theta: np.ndarray, slopes: np.ndarray, rate: float, b1: float, b2: float, unbiased: bool = True
) -> np.ndarray:
    """The same by Adam; without `unbiased` the averages are taken as they start, from 0."""
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for t, g in enumerate(slopes, start=1):
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        whole = (1 - b1**t, 1 - b2**t) if unbiased else (1.0, 1.0)
        theta = theta - rate * (m / whole[0]) / (np.sqrt(v / whole[1]) + 1e-8)
    return theta


# %% [markdown]
# **Momentum** rolls. Down an even slope it speeds up to $1/(1 - \mu)$ times the plain step, 10 times for $\mu =
# .9$; where the slope changes its sign from step to step, it averages that out.
#
# **Adam** divides by the size that the slopes have had lately, number by number. So its first step is $\eta$,
# whether the slope is 400 or .0004, and lesson 11's honest forger could walk on slopes that were nearly nothing.
# The two divisions by $1 - \beta^t$ matter at the start, where both averages still remember their zeros: without
# them, and with the usual $\beta_1 = .9$ and $\beta_2 = .999$, the first step would be $.1 / \sqrt{.001} = 3.16$
# times too long.
#
# In a game the memory has a price: the slopes of the last $1/(1 - \beta_1)$ steps or so were taken against an
# opponent who has moved on. That is one reason why many GANs are trained with $\beta_1 = .5$, two steps, rather
# than $.9$, ten. Lesson 14 has more.
#
# ## What goes wrong in practice
#
# *Slopes of another day.* D moves, and then G takes its slope through the run that judged *before* D moved. All
# shapes fit, and the numbers are wrong. minigan remembers which weights a run belongs to, and raises
# `StaleTraceError`.
#
# *A check that can't fail.* With $dy = 1$ everywhere a backward pass that forgets $dy$ gets through, and with a
# square $W$ one that forgets a transpose may run. Take random numbers and three different widths, as your exercise
# does.

# %% [markdown]
# ## In five lines
#
# 1. From the slope at its output a dense layer makes three: one to hand back, and the bills of $W$ and of $b$.
# 2. One run forward and one back give the slopes of all weights, however many there are.
# 3. G's slope runs through D, but a player's loss is charged to that player's weights alone.
# 4. Check a gradient by central differences in float64 with $h$ near $10^{-5}$, for the error against $h$ is a V.
# 5. Momentum adds up past slopes, Adam divides by their recent size, and in a game both remember a past opponent.
#
# ## Now you
#
# `minigan exercise start 12` puts `e12_dense_backward.py` into your folder `exercises`: the three slopes of a
# dense layer without loops. `minigan exercise check 12` judges them, also in a chain of a D and a G.
#
# *Next.* The value of the game, the lie and the slopes are together: lesson 13 lets the two play, with the exact
# answer beside every step.
#
# *Sources.* Backpropagation: Rumelhart, Hinton and Williams 1986; Goodfellow, Bengio and Courville 2016, section
# 6.5. G through D: Goodfellow et al. 2014, Algorithm 1. Differences: Press et al. 2007, section 5.7. Momentum:
# Goodfellow, Bengio and Courville, section 8.3.2. Adam: Kingma and Ba 2015, Algorithm 1; $\beta_1 = .5$ for GANs:
# Radford, Metz and Chintala 2016, section 4.

# %%
if __name__ == "__main__":
    show(12)
