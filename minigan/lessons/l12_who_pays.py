# %% [markdown]
# # 12. Backpropagation: who pays for the error?
# *About 1 second; afterwards you can derive a dense layer's backward pass, send G's slope through D without
# charging D for it, check any gradient, and write momentum and Adam by hand.*
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

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

import minigan as mg
from minigan.checks.gradcheck import Report
from minigan.core.backend import Backend
from minigan.lessons import Claim, show

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Net = list[tuple[np.ndarray, np.ndarray]]  # (W, b) of each dense layer; tanh stands between them
EXACT = Backend("numpy", "float64")


def players(seed: int = 12) -> tuple[mg.Sequential, mg.Sequential]:
    """G: 2 -> 16 -> 2 and D: 2 -> 16 -> 1, with tanh between, in float64."""
    G = mg.Sequential([mg.Dense(2, 16), mg.Tanh(), mg.Dense(16, 2)], EXACT, seed, "G")
    D = mg.Sequential([mg.Dense(2, 16), mg.Tanh(), mg.Dense(16, 1)], EXACT, seed, "D")
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
# ![Error against h](../figures/l12_who_pays.png)


# %%
@cache
def checked() -> Report:
    """Both players of a GAN against central differences, at sixteen samples."""
    gan = mg.GAN(*players(), mg.Latent(2), updates="alternating", average=None)
    return mg.check_gradients(gan, np.random.default_rng(12).standard_normal((16, 2)))


@cache
def v_curve(dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """(h, the largest relative error of central differences along random directions) in this float type."""
    curve = checked().curve
    assert curve is not None
    return curve(dtype)


def arm(h: np.ndarray, error: np.ndarray, low: float, high: float) -> float:
    """The slope of log error against log h, by least squares, for h from low to high."""
    here = (h >= low * 0.999) & (h <= high * 1.001)
    return float(np.polyfit(np.log(h[here]), np.log(error[here]), 1)[0])


def bottom(h: np.ndarray, error: np.ndarray) -> tuple[float, float]:
    """(h, error) where three neighbours together are lowest: a single dip may be luck."""
    k = 1 + int(np.argmin(np.log(error[:-2]) + np.log(error[1:-1]) + np.log(error[2:])))
    return float(h[k]), float(np.exp(np.log(error[k - 1 : k + 2]).mean()))


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


# %%
def as_pairs(net: mg.Sequential) -> Net:
    """A minigan network of dense and tanh layers as the pairs (W, b) of this lesson."""
    return [(layer.W, layer.b) for layer in net.layers if isinstance(layer, mg.Dense)]


def one_step() -> dict[str, float]:
    """What one whole step of a GAN says about `charge_g`, and about who was moved by which update."""
    G, D = players()
    gan = mg.GAN(G, D, mg.Latent(2), updates="alternating", average=None, optimizers=mg.Adam(0.01))
    before, found = G.theta.copy(), {}
    for name, made in gan.substeps(np.random.default_rng(12).standard_normal((16, 2))):
        if name == "discriminator update":
            found["d_leaves_g"] = float(np.abs(G.theta - before).max())
            d_after = D.theta.copy()
        if name == "draw latent again":
            by_hand, _ = charge_g(made, as_pairs(G), as_pairs(D))
        if name == "generator gradient":
            found["through_d"] = float(np.abs(G.grad - by_hand).max() / np.abs(by_hand).max())
    found["g_leaves_d"] = float(np.abs(D.theta - d_after).max())
    return found


def never_cleared() -> float:
    """D's own bill for sixteen fakes plus the minimax G's for the same, largest, as a share of the first."""
    D = players()[1]
    trace, rng = D.trace(16), np.random.default_rng(12)
    s = D.forward(rng.standard_normal((16, 2)), trace)
    D.backward(mg.discriminator_loss(s, s)[2], trace)
    own = D.grad.copy()
    D.backward(mg.generator_loss(s, "minimax")[1], trace)
    return float(np.abs(own + D.grad).max() / np.abs(own).max())


def by_minigan(rule: mg.SGD | mg.Momentum | mg.Adam, slopes: np.ndarray) -> np.ndarray:
    """theta after minigan's own optimiser took the same slopes, from 0."""
    net = mg.Sequential([mg.Dense(slopes.shape[1], 1, bias=False)], EXACT)
    net.assign(np.zeros(slopes.shape[1]))
    bound = rule.bind(net)
    for g in slopes:
        net.grad[...] = g
        bound.step()
    return net.theta.copy()


# %%
def claims(quick: bool = False) -> list[Claim]:
    """The lesson's numbers; all of them are fast, so `quick` leaves none out."""
    rng = np.random.default_rng(12)
    dx, dW, db = bills(np.array([[1.0, 2.0]]), np.array([[1.0, 0.0], [-1.0, 3.0]]), np.array([[1.0, 10.0]]))
    hand = np.concatenate([dx.ravel(), dW.ravel(), db])
    wanted = np.array([1, 29, 1, 10, 2, 20, 1, 10])
    x, W = rng.standard_normal((5, 3)), rng.standard_normal((3, 4))
    of_x = mg.check_gradients((lambda v: v @ W, lambda v, d: bills(v, W, d)[0]), x)
    of_w = mg.check_gradients((lambda v: x @ v, lambda v, d: bills(x, v, d)[1]), W)
    of_b = mg.check_gradients((lambda v: x @ W + v, lambda v, d: bills(x, W, d)[2]), rng.standard_normal(4))

    step, report = one_step(), checked()
    G, D = players()
    (h, e64), (_, e32) = v_curve("float64"), v_curve("float32")
    best_h, least_32 = bottom(h, e64)[0], bottom(h, e32)[1]

    slopes = rng.standard_normal((100, 6)) * 10.0 ** np.arange(-3, 3)
    start = np.zeros(6)
    same_m = float(np.abs(momentum(start, slopes, 0.01, 0.9) - by_minigan(mg.Momentum(0.01, 0.9), slopes)).max())
    same_a = float(np.abs(adam(start, slopes, 0.01, 0.5, 0.9) - by_minigan(mg.Adam(0.01, 0.5, 0.9), slopes)).max())
    even, one = np.ones((300, 1)), np.zeros(1)
    speed = momentum(one, even[:299], 0.01, 0.9) - momentum(one, even, 0.01, 0.9)
    first = -adam(np.zeros(2), np.array([[400.0, 0.0004]]), 0.01, 0.9, 0.999) / 0.01
    raw = -adam(one, even[:1], 0.01, 0.9, 0.999, unbiased=False) / 0.01

    def at(step: float) -> float:
        return float(e64[np.abs(np.log(h / step)).argmin()])

    # fmt: off
    return [
        Claim("numbers", "numbers in G and D together", G.size + D.size, 147, 0, "82 + 65, by hand"),
        Claim("by_hand", "the example's dx, dW and db, farthest from those by hand",
              float(np.abs(hand - wanted).max()), 0, 0, "three sums, by hand"),
        Claim("loops", "the loops' dx, dW and db against differences (relative)",
              max(of_x.error, of_w.error, of_b.error), 1e-7, 0, "nudging", at_most=True),
        Claim("through_d", "G's gradient through D, by hand against minigan's (relative)", step["through_d"],
              1e-12, 0, "two programs of one chain rule", at_most=True),
        Claim("check", "both players' gradients against differences (relative)", report.error, 1e-7, 0,
              "nudging, in float64", at_most=True),
        Claim("d_leaves_g", "what D's step moves in G", step["d_leaves_g"], 0, 0, "D pays for D's loss alone"),
        Claim("g_leaves_d", "what G's step moves in D", step["g_leaves_d"], 0, 0, "G pays for G's loss alone"),
        Claim("never_cleared", "D's bill for fakes plus the minimax G's, as a share", never_cleared(), 1e-14, 0,
              "D/n - D/n = 0", at_most=True),
        Claim("arm_up", "slope of the right arm, float64, h 1e-4 to 1e-2", arm(h, e64, 1e-4, 1e-2), 2, 0.05,
              "c h^2"),
        Claim("arm_down", "slope of the left arm, float64, h 1e-12 to 1e-6", arm(h, e64, 1e-12, 1e-6), -1, 0.15,
              "r / h; sd .03 over 40 networks"),
        Claim("best_h", "best h, float64 (log10)", math.log10(best_h), math.log10(2**-52) / 3, 1,
              "eps^(1/3), up to a factor of 10"),
        Claim("best_32", "digits that float32 can confirm (-log10 of the least error)", -math.log10(least_32),
              23 * 2 / 3 * math.log10(2), 1, "eps^(2/3), up to a factor of 10"),
        Claim("too_small", "error at h = 1e-12, float64 (log10)", math.log10(at(1e-12)),
              math.log10(2**-52 / 1e-12), 1, "eps / h, up to a factor of 10"),
        Claim("too_large", "error at h = 1e-2 over that at 1e-12", at(1e-2) / at(1e-12), 1, 0,
              "c h^2 = c 1e-4 against r / h", at_most=True),
        Claim("momentum", "momentum by hand and minigan's, after 100 steps", same_m, 1e-10, 0, "one formula twice",
              at_most=True),
        Claim("adam", "Adam by hand and minigan's, after 100 steps", same_a, 1e-12, 0,
              "Kingma and Ba, Algorithm 1, in another form", at_most=True),
        Claim("speed", "momentum .9 down an even slope, in plain steps", float(speed[0]) / 0.01, 10, 1e-9,
              "1 / (1 - mu)"),
        Claim("first_large", "Adam's first step for slope 400, in rates", float(first[0]), 1, 1e-4, "g / |g|"),
        Claim("first_small", "the same for slope .0004", float(first[1]), 1, 1e-4, "g / (|g| + epsilon)"),
        Claim("uncorrected", "the first step without the two divisions, in rates", float(raw[0]),
              math.sqrt(10), 1e-5, ".1 / sqrt .001"),
    ]
    # fmt: on


# %%
def figure(quick: bool = False) -> Figure:
    """The error of central differences against h, in both float types."""
    from matplotlib.figure import Figure

    blue, vermillion, grey = "#0072B2", "#D55E00", "#595959"
    picture = Figure(figsize=(8, 4.5), layout="constrained")
    axes = picture.subplots()
    for dtype, colour, marker in (("float32", vermillion, "s"), ("float64", blue, "o")):
        h, error = v_curve(dtype)
        axes.loglog(h, error, color=colour, marker=marker, markersize=4, lw=1.5)
    left, right = np.array([1e-12, 1e-6]), np.array([3e-5, 0.3])
    axes.loglog(left, 1e-16 / left, color=grey, ls="--", lw=1)
    axes.loglog(right, 0.1 * right**2, color=grey, ls="--", lw=1)
    axes.text(1.2e-12, 6e-7, "rounding, 1/h", color=grey)
    axes.text(4e-3, 3e-7, "the missed bend, $h^2$", color=grey)
    axes.text(1e-11, 2, "float32", color=vermillion)
    axes.text(2e-11, 4e-4, "float64", color=blue)
    axes.axhline(1e-7, color=grey, lw=0.8, ls=":")
    axes.text(12, 6e-8, "a check's bound", color=grey, fontsize=9, ha="right", va="top")
    axes.set(xlim=(7e-13, 15), ylim=(1e-11, 9))
    axes.set(xlabel="step h along a random direction of all weights", ylabel="relative error of the slope")
    axes.set_title("A smaller step is not a better one: $h = 10^{-5}$ in float64, and never float32")
    axes.spines[["top", "right"]].set_visible(False)
    return picture


# %% [markdown]
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
    show("l12_who_pays", claims, figure)
