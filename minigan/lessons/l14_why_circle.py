# %% [markdown]
# # 14. The chase: why does it circle?
# *About 1 second; afterwards you can tell from the eigenvalues of a GAN's game, before it runs, whether it will
# spiral in or out, say where that forecast ends, and derive R1, the penalty that brings it home.*
#
# Abagnale flees to where Hanratty isn't looking; Hanratty turns his head. Does that ever end? In every telling it
# does: each makes the other better, until neither has anything left to gain. Lesson 13's pair came to rest like
# that. But its rates fell to 0 on the way, and whoever can't move any more is at rest. And if they hadn't fallen?
#
# **Predict before you read on.** The smallest chase has one number each. Hanratty holds $y$ and wants $xy$ large,
# Abagnale holds $x$ and wants it small. At $(0, 0)$ neither can improve. They start at $(1, 1)$ and follow their
# slopes, $y$ by $+x$ and $x$ by $-y$, in steps of 1. Where are they after six rounds, if $y$ always moves first?
# And if both move at once? Will smaller steps help?

# %%
from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

import minigan as mg
from minigan.core.backend import Backend
from minigan.lessons import Claim, Claims, show

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXACT = Backend("numpy", "float64")
H, STEPS = 0.2, 500  # the step, and how many of them, as in Mescheder et al. 2018
HERE = np.zeros((1, 1))  # the data of the smallest GAN: one true bill, at 0


def chase(h: float, rounds: int, in_turn: bool) -> np.ndarray:
    """(x, y) after each round from (1, 1); in turn, x answers the y that has just moved."""
    x, y, points = 1.0, 1.0, []
    for _ in range(rounds):
        new = y + h * x
        x, y = x - h * (new if in_turn else y), new
        points.append((x, y))
    return np.array(points)


# %% [markdown]
# ## A right angle
#
# In turn: $(-1, 2), (-2, 1), (-1, -1), (1, -2), (2, -1), (1, 1)$. After six rounds they are back, for ever. At
# once: outwards, $\sqrt 2$ times as far from $(0, 0)$ with every round, 16 times after the eight rounds of a turn.
#
# All slopes are right, and nobody made a mistake. The field is $(\dot x, \dot y) = (-y, x)$, and
#
# $$ \tfrac12 \tfrac{d}{dt} (x^2 + y^2) = x \dot x + y \dot y = -xy + yx = 0 : $$
#
# it stands at a right angle to the radius. What one wins the other loses, so together they come no nearer.
# Followed continuously, that is a circle. A *step* of size $h$ leaves it along the tangent and ends, by
# Pythagoras, at $\sqrt{1 + h^2}$ times the radius. Smaller steps are slower, not different. Moving in turn is
# a matrix of determinant 1 and trace $2 - h^2$: for $h < 2$ its eigenvalues lie *on* the unit circle, and it is
# back after $2\pi / \arccos(1 - h^2/2)$ rounds, 6 for $h = 1$.
#
# (The *mean* of those six points is $(0, 0)$. The players never find the centre; their average does. That is
# one reason why minigan can keep an averaged generator beside G.)
#
# ## The smallest GAN
#
# Now a real one. All true bills lie at 0. G has one number, the place $\theta$ of its only bill, and D has one,
# $D(x) = \sigma(\psi x)$. This is Mescheder's *Dirac-GAN*. With the fake's logit $t = \psi\theta$, the slopes
# of lesson 11 give
#
# $$ \dot\psi = -\theta\,\sigma(t), \qquad \dot\theta = \psi\,\sigma(t) \ \text{ (minimax)}, \qquad
#    \dot\theta = \psi\,\sigma(-t) \ \text{ (label trick)}. $$
#
# At $(0, 0)$ the bill is right and D says $\frac12$ to everything: the equilibrium. Around it,
#
# $$ \tfrac{d}{dt} (\theta^2 + \psi^2) = 0 \ \text{ (minimax)}, \qquad
#    -2\,t \tanh(t/2) \le 0 \ \text{ (label trick)}. $$
#
# So minimax circles, at every radius. The label trick isn't zero-sum, and should come in, if slowly.
#
# minigan's own `GAN` can play it: G is a dense layer, $az + b$. With one $z$, always 0, only $b = \theta$ matters.


# %%
def evenly(n: int) -> np.ndarray:
    """-1 and 1; or n quantiles of N(0, 1), just 0 for one: a column (n, 1)."""
    return np.array([[-1.0], [1.0]] if n == 2 else [[NormalDist().inv_cdf((i + 0.5) / n)] for i in range(n)])


@dataclass(frozen=True)
class Evenly(mg.Latent):
    """The same z in every round: the game is then a fixed map, of which one can take the derivative."""

    def fill(self, z: Any, rng: Any) -> Any:
        z[...] = evenly(len(z))
        return z


def game(G: list[mg.Layer], D: list[mg.Layer], at: list[float], h: float, mu: float = 0.0, **how: Any) -> mg.GAN:
    """A GAN at this place; plain steps of h, or momentum mu; both at once, unless `how` says otherwise."""
    nets = [mg.Sequential(layers, EXACT, name=name) for layers, name in ((G, "G"), (D, "D"))]
    rules = mg.Momentum(h, mu) if mu else mg.SGD(h)
    how = {"updates": "simultaneous"} | how
    return put(mg.GAN(*nets, Evenly(1), optimizers=(rules, rules), average=None, **how), np.array(at, float))


def dirac(theta: float, psi: float, h: float = H, a: float = 0.0, mu: float = 0.0, **how: Any) -> mg.GAN:
    """The smallest GAN, minimax unless `how` says otherwise: its numbers are a, theta and psi."""
    how = {"objective": "minimax"} | how
    return game([mg.Dense(1, 1)], [mg.Dense(1, 1, bias=False)], [a, theta, psi], h, mu, **how)


def both(gan: mg.GAN) -> np.ndarray:
    """All numbers of both players as one vector, G's first."""
    return np.concatenate([gan.generator.theta, gan.discriminator.theta])


def put(gan: mg.GAN, at: np.ndarray) -> mg.GAN:
    """Move both players there."""
    gan.generator.assign(at[: gan.generator.size])
    gan.discriminator.assign(at[gan.generator.size :])
    return gan


def walk(gan: mg.GAN, real: np.ndarray = HERE, steps: int = STEPS) -> np.ndarray:
    """Where both are at the start and after each step, (steps + 1, numbers)."""
    points = [both(gan)]
    for _ in range(steps):
        gan.step(real)
        points.append(both(gan))
    return np.array(points)


def radii(points: np.ndarray) -> np.ndarray:
    """The distance of the last two numbers from (0, 0), at each step."""
    return np.hypot(points[:, -2], points[:, -1])


# %% [markdown]
# Five hundred steps of $h = .2$ from $(\theta, \psi) = (1, 1)$, at radius 1.414. **Predict** the radii:
#
# | | radius after 500 steps |
# |---|---|
# | minimax, both at once | 3.353 |
# | minimax in turn, D first (Algorithm 1) | 1.339, never off 1.414 by more than 6 % |
# | label trick, both at once | .640 |
# | minimax, both at once, with R1 (below; $\gamma = .3$) | $4.8 \cdot 10^{-6}$ |
#
# (The code of Mescheder et al. gives 3.0969, .6402 and $2.643 \cdot 10^{-6}$. Their D is high on the *fake*
# side: their $(1, 1)$ is our $(1, -1)$, and from there minigan finds their digits.)
#
# ![Four ways to step around an equilibrium](../figures/l14_why_circle.png)
#
# ## The forecast
#
# Near an equilibrium a smooth field is a matrix, and a matrix can be asked where it leads. Put the numbers of both
# players into one vector $w$, and both slopes, each player's down *its own* loss, into one field $v(w)$. Its
# derivative $J$ is the **Jacobian of the game**. No single function has $v$ as its gradient, so $J$ needn't be
# symmetric and its eigenvalues needn't be real. A step is $w \leftarrow w + h\,v(w)$, so it multiplies a small
# distance from the equilibrium by
#
# $$ M = I + hJ \ \text{ (at once)}, \qquad M = (I + hJ_G)(I + hJ_D) \ \text{ (in turn)}, $$
#
# where $J_G$ is $J$ with G's rows kept and the others 0. An eigenvalue $m$ of $M$ says: $|m|$ times as far with
# each step, and a full turn in $2\pi / |\arg m|$ steps.


# %%
def field(gan: mg.GAN, real: np.ndarray, at: np.ndarray) -> np.ndarray:
    """v: where both players want to go, each down its own exact gradient; for a GAN with simultaneous updates."""
    steps = put(gan, at).substeps(real)
    while next(steps)[0] != "both gradients":
        pass
    return -np.concatenate([gan.generator.grad, gan.discriminator.grad])


def jacobian(gan: mg.GAN, real: np.ndarray = HERE, e: float = 1e-5) -> np.ndarray:
    """J (n, n) where the players are: central differences of the exact field, a column for each number."""
    at = both(gan)
    columns = [(field(gan, real, at + e * u) - field(gan, real, at - e * u)) / (2 * e) for u in np.eye(len(at))]
    put(gan, at)
    return np.stack(columns, axis=1)


def one_step(J: np.ndarray, h: float, of_g: int = 0) -> np.ndarray:
    """M: what a step does to a small distance; in turn, if of_g says how many numbers, the first, are G's."""
    eye, is_g = np.eye(len(J)), (np.arange(len(J)) < of_g)[:, None]
    return (eye + h * J * is_g) @ (eye + h * J * ~is_g) if of_g else eye + h * J


def modulus(M: np.ndarray) -> float:
    """The largest absolute eigenvalue."""
    return float(np.abs(np.linalg.eigvals(M)).max())


def per_step(r: np.ndarray) -> float:
    """By how much a run's radius is multiplied with each step: the slope of its logarithm."""
    return math.exp(np.polyfit(np.arange(len(r)), np.log(r), 1)[0])


# %% [markdown]
# For the Dirac-GAN at $(0, 0)$, minimax and label trick alike,
#
# $$ J = \begin{pmatrix} 0 & \frac12 \\ -\frac12 & 0 \end{pmatrix}, \qquad \lambda = \pm \tfrac i2, \qquad
#    |1 + h\lambda| = \sqrt{1 + h^2/4} = 1.004988 . $$
#
# So both must *leave* the equilibrium: 500 steps multiply any small radius by $1.01^{250} = 12.032$. From
# $10^{-4}$ they do, both of them. In turn, $|m| = 1$: neither out nor in.
#
# **Where the forecast ends.** Twelve times 1.414 would be 17, and the table says 3.353 and .640. A matrix knows
# only the neighbourhood. Farther out the field itself must be asked.
#
# - *Minimax.* A step adds $h^2 |v|^2 = h^2 r^2 \sigma(t)^2$ to $r^2$. Near 0 that is the matrix's $h^2 r^2 / 4$.
#   Far out, wherever $t < 0$, D is sure that the bill is a fake and $\sigma(t)$ nearly 0: the point hardly moves,
#   so it lingers, and gains nothing. In the figure these are the terraces. It still leaves, ever more slowly.
# - *In turn.* $|m| = 1$ is the edge, where a matrix can't decide and the terms that it leaves out do. In these
#   500 steps they hardly show.
# - *Label trick.* Steps push out: $r^2$ grows by $hr^2/4$ per unit of time ($h^2 r^2 / 4$ a step, $1/h$ steps).
#   And $-2t\tanh(t/2) \approx -t^2$ pulls in; on a circle $t = \frac12 r^2 \sin 2\varphi$, and the mean of $t^2$
#   is $r^4/8$. They balance at $r^2 = 2h$. **So .640 isn't on its way to 0.** It is a permanent orbit of mean
#   radius $\sqrt{2h} = .632$, reached from outside and from inside. Half the rate makes it $\sqrt 2$ times
#   smaller, one reason to let rates fall at the end. (In turn there is no push left, and it comes in, but only
#   like $\sqrt{8/(nh)}$ after $n$ steps: .28 after 500.)
#
# ## A game of twelve numbers
#
# Now two networks: G is $az + b$, and D has three tanh units, ten numbers. The sixteen true bills are quantiles of
# $N(0, 1)$, and so are the sixteen $z$. Then $a = 1$, $b = 0$ and a last layer of D at 0 is an exact equilibrium.
# `jacobian` takes this GAN as it took the other.


# %%
def twelve(h: float, a: float = 1.0, b: float = 0.0) -> mg.GAN:
    """G: a z + b. D: 1 -> 3 tanh -> 1, which bends around -1, 0 and 1; its last layer is 0."""
    D = [mg.Dense(1, 3), mg.Tanh(), mg.Dense(3, 1)]
    return game([mg.Dense(1, 1)], D, [a, b, 1, 1, 1, -1, 0, 1, 0, 0, 0, 0], h)


def twelve_by_hand(x: np.ndarray) -> np.ndarray:
    """Its Jacobian at the equilibrium by formula; only G's two and D's last four numbers pull. x = z (n, 1)."""
    one = np.ones_like(x)
    y = np.hstack([np.tanh(x + np.array([-1, 0, 1])), one])  # what D's last layer reads
    pull = np.hstack([x, one]).T @ np.hstack([1 - y[:, :3] ** 2, 0 * x])  # how G moves that
    J = np.zeros((12, 12))
    J[:2, 8:], J[8:, :2], J[8:, 8:] = pull, -pull.T, -y.T @ y
    return J / (2 * len(x))


def turn(signal: np.ndarray) -> float:
    """Steps in a full turn: twice the mean distance between changes of sign."""
    k = np.flatnonzero(np.sign(signal[1:]) != np.sign(signal[:-1]))
    return 2 * float(np.diff(k + signal[k] / (signal[k] - signal[k + 1])).mean())


# %% [markdown]
# Six of the twelve eigenvalues are 0: while D's last layer is silent its first may be anything. Two are real and
# negative. Two pairs turn: $-.197 \pm .395i$ is G's *mean*, and $-.022 \pm .150i$ is G's *width*. The forecast
# at $h = .2$: the mean turns once in 77 steps; the width once in 209, its swing .9961 times as wide at each. Kick
# either by $10^{-4}$ and count: 77, 209 and .9961. This GAN finds the place soon, and breathes for long.
#
# ## Why this one comes home: width brakes
#
# The Dirac-GAN's eigenvalues had no real part, and a negative real part is what brings a game home. This one has
# it from the block $-\frac12 E[y y^\top]$ of $J$, with $y$ what D's last layer reads: D's own loss is a bowl in
# its own weights, and a bowl brakes. On a single point at 0 the bowl is flat. Let the bills be $\pm s$ and the
# fakes $\theta \pm s$, and
#
# $$ J = \begin{pmatrix} 0 & \frac12 \\ -\frac12 & -\frac{s^2}{2} \end{pmatrix}, \qquad
#    |m|^2 = \det(I + hJ) = 1 - \tfrac{h s^2}{2} + \tfrac{h^2}{4} \quad (s^2 < 2), $$
#
# which is below 1 just if $h < 2s^2$. With $h = .2$ bills of $s = .2$ still run out, by 1.002996 a step, and bills
# of $s = .5$ come in, by .992472. Images are a thin sheet in very many dimensions, with hardly a width across.
# Noise on all that D sees lends them one (lesson 17). And D can be braked directly.
#
# ## R1, by hand
#
# What swings too far is D's steepness. So let D pay for being steep where the true bills are, where in the end it
# ought to be flat:
#
# $$ R_1 = \tfrac\gamma2 \, E_{x \sim \text{data}} \, |\nabla_x s(x)|^2, \qquad s = \text{logit of } D . $$
#
# *A straight D*, $s = xw + c$: the slope along $x$ is $w$ everywhere, $R_1 = \frac\gamma2 |w|^2$, and its gradient
# is $\gamma w$ for $w$ and 0 for $c$. So the Dirac-GAN's $\dot\psi$ gets $-\gamma\psi$: a brake in the corner of
# $J$, as from a width with $s^2/2 = \gamma$. At $\gamma = .3$, $|m| = \sqrt{1 - h\gamma + h^2/4} = .97468$. At
# $\gamma = 1$ the pair meets and stops turning (below $10^{-20}$ after 500 steps). More isn't better: at $\gamma
# = 9$ D hardly moves, so G learns hardly anything, and after 500 steps .08 are left.
#
# *A D with a bend*, $s = yv + c$, $y = \tanh a$, $a = xW + b$. Unit $k$ passes on the share $u_k = 1 - y_k^2$, so
#
# $$ g = \nabla_x s, \qquad g_i = \sum_k W_{ik} u_k v_k . $$
#
# Wanted is the derivative of $\frac12 g \cdot g$, which is $g \cdot dg$: hold one $g$ still and differentiate the
# other. Let $x$ walk along the still one; it drives unit $k$ with the speed $t_k = \sum_i g_i W_{ik}$, and the
# number to differentiate is $\sum_k t_k u_k v_k$. A weight moves it in two ways:
#
# - *as a factor*, all bends held still: $dv_k = u_k t_k$ and $dW_{ik} = g_i u_k v_k$. There is no $x$ in it.
# - *by moving along the bend*: $du_k / da_k = -2 y_k u_k$, so $a_k$ is charged $p_k = -2 y_k u_k v_k t_k$ and
#   passes it on as in lesson 12: $dW_{ik} = x_i p_k$ comes on top, and $db_k = p_k$.
#
# `Sequential.tangent_gradient` does just this through any number of layers: $t$ runs forward, and then two errors
# run back, one for the factors and one for the bends. That is what stands behind `mg.GAN(..., penalty=mg.R1(.3))`.


# %%
def r1_gradient(x: np.ndarray, W: np.ndarray, b: np.ndarray, v: np.ndarray) -> np.ndarray:
    """The gradient of R1, gamma 1, over the rows of x (n, I), by W (I, K), b (K,), v (K,) and c: as one vector."""
    y = np.tanh(x @ W + b)
    u = 1 - y**2
    g = (u * v) @ W.T
    t = g @ W
    p = -2 * y * u * v * t
    return np.concatenate([(g.T @ (u * v) + x.T @ p).ravel(), p.sum(0), (u * t).sum(0), [0]]) / len(x)


def r1_value(x: np.ndarray, W: np.ndarray, b: np.ndarray, v: np.ndarray) -> float:
    """R1 itself, one bill at a time."""
    slopes = [(W * (1 - np.tanh(row @ W + b) ** 2)) @ v for row in x]
    return float(np.mean([g @ g for g in slopes]) / 2)


# %% [markdown]
# ## Momentum remembers where the other one was
#
# Downhill, momentum was a gift (lesson 12). In a chase it follows slopes that were taken against an opponent who
# has moved on. With a velocity $q \leftarrow \mu q + hJw$ and $w \leftarrow w + q$, one step is a matrix on $(w,
# q)$, of twice the size. Take R1's brake of $\gamma = .3$, and $h = .2\,(1 - \mu)$, so that all three would be
# equally fast down an even slope:
#
# | momentum $\mu$ | 0 | .5 | .9 |
# |---|---|---|---|
# | times the radius, a step | .9747 | .9847 | 1.0171 |
#
# The same road, speed and brake, and with .9 it flies out of the bend. Adam's $\beta_1$ is such a memory, and this
# is one reason why recipes for GANs put it at .5, or at 0.


# %%
def with_momentum(J: np.ndarray, h: float, mu: float) -> np.ndarray:
    """M for (w, q): q <- mu q + h J w, then w <- w + q."""
    eye = np.eye(len(J))
    return np.block([[eye + h * J, mu * eye], [h * J, mu * eye]])


# %% [markdown]
# ## What has been proved
#
# One of the articles reports that the first paper proved its algorithm to converge, and adds, rightly, that the
# proof is not about the weights of networks. Proposition 2 supposes that D is trained *to its optimum* in every
# round, and that what moves is $p_G$ itself, any density you like, by small steps on what such a D leaves, a
# convex function of $p_G$. Then there is no chase: D has always arrived, and $p_G$ walks down one bowl. The
# algorithm that everybody runs gives D one step, or $k$, and moves weights, and right after the proof the authors
# say themselves that they have no guarantee for that. The Dirac-GAN shows how much it matters. It has the same V,
# all the capacity it needs and an equilibrium within reach of both; and minimax, at once or in turn, doesn't
# arrive. To *be* an equilibrium is one thing, to be found another.
#
# **What goes wrong in practice.** Loss curves don't show a circle: it looks like noise. Look at samples over
# time; if what was gone comes back, it turns. Then: smaller or falling rates, less momentum, moving in turn, R1,
# noise on what D sees, an average of G. Lesson 17 puts them on one scoreboard.


# %%
FOUR: dict[str, dict[str, Any]] = {
    "both at once": {},
    "in turn, D first": {"updates": "alternating"},
    "label trick, at once": {"objective": "non-saturating"},
    "R1, at once": {"penalty": mg.R1(0.3)},
}


@cache
def four() -> dict[str, np.ndarray]:
    """The four runs of the table."""
    return {name: walk(dirac(1, 1, **how)) for name, how in FOUR.items()}


def recursion(trick: bool = False, in_turn: bool = False, gamma: float = 0.0) -> float:
    """The oracle: the Dirac-GAN from (1, 1) in plain numbers, its radius after 500 steps of .2."""
    theta, psi = 1.0, 1.0
    for _ in range(STEPS):
        new = psi - H * (theta / (1 + math.exp(-psi * theta)) + gamma * psi)
        seen = new if in_turn else psi
        theta, psi = theta + H * seen / (1 + math.exp(seen * theta * (1 if trick else -1))), new
    return math.hypot(theta, psi)


def claims(quick: bool = False) -> list[Claim]:
    """The lesson's numbers; all of them are fast, so `quick` leaves none out."""
    made = Claims()
    is_, below = made.is_, made.below

    # fmt: off
    # The games with a number each.
    six, eight = chase(1, 6, in_turn=True), chase(1, 8, in_turn=False)
    listed = [(-1, 2), (-2, 1), (-1, -1), (1, -2), (2, -1), (1, 1)]
    is_("six", "xy, step 1, y first: farthest from the six points listed", np.abs(six - listed).max(), 0, 0,
        "by hand; 2 pi / arccos(1/2) = 6")
    is_("six_mean", "largest coordinate of their mean", np.abs(six.mean(0)).max(), 0, 0, "by hand")
    is_("eight", "xy, step 1, at once: times the radius after 8 rounds", radii(eight)[-1] / math.sqrt(2), 16,
        1e-12, "sqrt(2)^8")
    oracles = {"at_once": recursion(), "in_turn": recursion(in_turn=True), "trick": recursion(trick=True),
               "r1": recursion(gamma=0.3)}
    for (name, expected), (how, points) in zip(oracles.items(), four().items(), strict=True):
        is_(name, f"Dirac-GAN, 500 steps of .2 from (1, 1), {how}: radius", radii(points)[-1], expected,
            1e-9 * expected, "a recursion without networks")
    strays = np.abs(radii(four()["in turn, D first"]) / math.sqrt(2) - 1).max()
    below("in_turn_stays", "in turn: farthest off 1.414 on its way, relative", strays, 0.06, "bar")
    turning = radii(walk(dirac(1, 1, objective="non-saturating", updates="alternating")))
    is_("trick_in_turn", "label trick in turn: radius", turning[-1], math.sqrt(8 / (STEPS * H)), 5e-3,
        "sqrt(8 / (n h)), to leading order")
    published = (("theirs", "both at once", 3.0969, 5e-5), ("theirs_trick", "label trick, at once", 0.6402, 5e-5),
                 ("theirs_r1", "R1, at once", 2.643e-6, 5e-10))
    for name, how, expected, tolerance in published:
        is_(name, f"from (1, -1), {how}: radius", radii(walk(dirac(1, -1, **FOUR[how])))[-1], expected, tolerance,
            "the code of Mescheder et al. 2018")

    # The forecast, and where it ends. (a doesn't matter: without its row and column.)
    saddle, objectives = np.array([[0, 0.5], [-0.5, 0]]), ("minimax", "non-saturating")
    J, J_trick = (jacobian(dirac(0, 0, objective=name))[1:, 1:] for name in objectives)
    below("jacobian", "Jacobians at (0, 0), minimax and label trick: farthest from the formula",
          max(np.abs(J - saddle).max(), np.abs(J_trick - saddle).max()), 1e-9, "[[0, 1/2], [-1/2, 0]]")
    is_("modulus", "forecast at once, h = .2: times the radius, a step", modulus(one_step(J, H)), math.sqrt(1.01),
        1e-9, "sqrt(1 + h^2 / 4)")
    is_("modulus_in_turn", "forecast in turn: the same", modulus(one_step(J, H, 1)), 1, 1e-9,
        "determinant 1, a complex pair")
    for name, objective in zip(("twelvefold", "twelvefold_trick"), objectives, strict=True):
        near = radii(walk(dirac(7e-5, 7e-5, objective=objective)))
        is_(name, f"{objective} at once, 500 steps from radius 1e-4: times the radius", near[-1] / near[0],
            1.01**250, 1e-3, "1.01^250; from 1.414 that were 17")
    for name, start in (("orbit", 1), ("orbit_inside", 0.01)):
        orbit = radii(walk(dirac(start, start, objective="non-saturating"), steps=4000))[2000:]
        is_(name, f"label trick from ({start}, {start}): mean radius, steps 2,000 to 4,000", orbit.mean(),
            math.sqrt(2 * H), 2e-3, "sqrt(2 h), to leading order")

    # Twelve numbers.
    x = evenly(16)
    by_hand, found = twelve_by_hand(x), jacobian(twelve(H), x)
    below("twelve", "12 numbers: Jacobian by differences, farthest from the formula",
          np.abs(found - by_hand).max(), 1e-8, "E[y'(z, 1)] / 2 and -E[y y^T] / 2")
    is_("flat", "eigenvalues that are 0", (np.abs(np.linalg.eigvals(found)) < 1e-4).sum(), 6, 0,
        "D's first layer has six numbers")
    pairs = [sorted((z for z in np.linalg.eigvals(m) if z.imag > 1e-3), key=abs) for m in (found, by_hand)]
    for name, k, steps, measured, pair in zip(("width", "mean"), (0, 1), (1000, 120), *pairs, strict=True):
        is_(name + "_real", f"the {name}'s eigenvalue: real part", measured.real, pair.real, 1e-6, "the formula")
        is_(name + "_imag", "and imaginary part", measured.imag, pair.imag, 1e-6, "the formula")
        kick = 1e-4 * np.eye(2)[k]
        run = walk(twelve(H, 1 + kick[0], kick[1]), x, steps) - both(twelve(H))
        is_(name + "_turn", f"h = .2, the {name} kicked: steps in a turn, counted", turn(run[:, k]),
            2 * math.pi / np.angle(1 + H * pair), 1.0, "2 pi / arg(1 + h lambda)")
        if name == "width":
            is_("width_shrinks", "times the width's swing, a step, in the run",
                per_step(np.linalg.norm(run[-834:], axis=1)), abs(1 + H * pair), 3e-4,
                "|1 + h lambda|, over four turns")

    # Width, R1 and momentum.
    for name, s in (("thin", 0.2), ("wide", 0.5)):
        is_(name, f"bills at +-{s}, h = .2, from 1e-4: times the radius, a step",
            per_step(radii(walk(dirac(7e-5, 7e-5, a=s), s * evenly(2)))),
            math.sqrt(1 - H * s * s / 2 + H * H / 4), 1e-4, "sqrt(1 - h s^2/2 + h^2/4)")
    bills, theta = np.random.default_rng(14).standard_normal((5, 2)), np.random.default_rng(15).standard_normal(13)

    def parts(w: np.ndarray) -> tuple[np.ndarray, ...]:
        return w[:6].reshape(2, 3), w[6:9], w[9:12]

    as_pair = (lambda w: np.array([r1_value(bills, *parts(w))]), lambda w, d: d * r1_gradient(bills, *parts(w)))
    nudged = mg.check_gradients(as_pair, theta)
    below("r1_nudged", "R1's gradient for a D with a bend: relative error", nudged.error,
          1e-7, "central differences of R1")
    paid = []
    for penalty in (mg.R1(0.7), None):  # what the penalty adds to D's gradient in a step of minigan
        D = [mg.Dense(2, 3), mg.Tanh(), mg.Dense(3, 1)]
        gan = game([mg.Dense(1, 2)], D, [0.0] * 4 + theta.tolist(), 0.0, penalty=penalty)
        gan.step(bills)
        paid.append(gan.discriminator.grad.copy())
    below("r1_minigan", "the same: farthest from minigan's, in a step",
          np.abs(paid[0] - paid[1] - 0.7 * r1_gradient(bills, *parts(theta))).max(), 1e-12,
          "the derivation by hand")
    braked = jacobian(dirac(0, 0, penalty=mg.R1(0.3)))[1:, 1:]
    is_("r1_modulus", "R1 .3, h = .2: times the radius, a step", modulus(one_step(braked, H)), math.sqrt(0.95),
        1e-9, "sqrt(1 - h gamma + h^2/4)")
    for name, gamma in (("r1_critical", 1.0), ("r1_stiff", 9.0)):
        expected = recursion(gamma=gamma)
        is_(name, f"R1 {gamma:g}: radius after 500 steps from (1, 1)",
            radii(walk(dirac(1, 1, penalty=mg.R1(gamma))))[-1], expected, 1e-6 * expected, "the recursion")
    for mu in (0.0, 0.5, 0.9):
        run = radii(walk(dirac(7e-8, 7e-8, H * (1 - mu), mu=mu, penalty=mg.R1(0.3))))
        is_(f"momentum_{mu:g}", f"R1 .3, momentum {mu:g}: times the radius, a step, in the run",
            per_step(run[200:]), modulus(with_momentum(braked, H * (1 - mu), mu)), 3e-4,
            "eigenvalue of the doubled matrix")
    # fmt: on
    return made


# %%
def figure(quick: bool = False) -> Figure:
    """Four phase portraits with the circles that were forecast, and the radius against the step."""
    from matplotlib.figure import Figure

    grey, edge, orbit = "#595959", 3.7, math.sqrt(2 * H)
    drawn = ("#D55E00", "-"), ("#0072B2", "--"), ("#009E73", "-."), ("#000000", ":")
    looks = dict(zip(FOUR, drawn, strict=True))
    forecasts = [(17.0, "17"), (math.sqrt(2), "1.41"), (orbit, f"{orbit:.3f}"), (0.0, "0")]
    picture = Figure(figsize=(8, 4.9), layout="constrained")
    grid = picture.add_gridspec(2, 4, height_ratios=(1.1, 1))
    around = np.linspace(0, 2 * np.pi, 200)
    x, y = np.meshgrid(*[np.linspace(-3.2, 3.2, 8)] * 2)
    for k, (name, points) in enumerate(four().items()):
        axes = picture.add_subplot(grid[0, k])
        up = 1 / (1 + np.exp(x * y * (1 if k == 2 else -1)))
        u, v = y * up, -x / (1 + np.exp(-x * y)) - (0.3 * y if k == 3 else 0)
        size = np.hypot(u, v) + 1e-12
        axes.quiver(x, y, u / size, v / size, color="#C4C4C4", width=0.008, scale=13, pivot="mid")
        axes.plot(*points[:, 1:].T, color=looks[name][0], lw=1)
        axes.plot(*points[0, 1:], "o", color=looks[name][0], markersize=5)
        axes.plot(*points[-1, 1:], "s", color=looks[name][0], markersize=5, markeredgecolor="white", zorder=5)
        r, says = forecasts[k]
        if 0 < r < edge:
            axes.plot(r * np.cos(around), r * np.sin(around), color=grey, ls=(0, (3, 2)), lw=1.5, zorder=4)
        axes.set(xlim=(-edge, edge), ylim=(-edge, edge), aspect="equal", xlabel="θ, the fake's place")
        axes.set_title(f"{name}\nradius {radii(points)[-1]:.3g}, forecast {says}", fontsize=9)
        axes.set_xticks([-2, 0, 2])
        axes.set_yticks([-2, 0, 2], labels=["-2", "0", "2"] if k == 0 else [""] * 3)
        if k == 0:
            axes.set_ylabel("ψ, D's weight")
    axes = picture.add_subplot(grid[1, :])
    n = np.arange(STEPS + 1)
    for forecast in (math.sqrt(2) * 1.01 ** (n / 2), math.sqrt(2) * 0.95 ** (n / 2), np.full(STEPS + 1, orbit)):
        axes.plot(n, forecast, color=grey, lw=0.9)
    for name, points in four().items():
        axes.plot(n, radii(points), color=looks[name][0], ls=looks[name][1], lw=2, label=name)
    axes.text(300, 9, "eigenvalue: 1.004988 a step", color=grey, fontsize=9, ha="right")
    axes.text(98, 0.24, "eigenvalue with R1: .97468 a step", color=grey, fontsize=9)
    axes.text(495, 0.43, "$\\sqrt{2h}$", color=grey, fontsize=9, ha="right")
    axes.set(xlabel="step (h = 0.2, from (1, 1))", ylabel="distance from (0, 0)", yscale="log", xlim=(0, 500))
    axes.set_ylim(0.08, 25)
    axes.set_yticks([0.1, 1, 10], labels=["0.1", "1", "10"])
    axes.legend(fontsize=9, frameon=False, loc="lower right", ncols=2)
    axes.spines[["top", "right"]].set_visible(False)
    picture.suptitle("A GAN circles its equilibrium: of four ways to step, only R1's arrives")
    return picture


# %% [markdown]
# ## Now you
#
# `minigan exercise start 14` puts `e14_r1_pull.py` into your folder `exercises`: R1's pull on a critic with a
# bend, $s = \psi_1 x + \psi_2 x^2$, on any bills and on a bell of them. `minigan exercise check 14` judges it.
#
# *Next.* Whoever circles at least comes past everything. Lesson 15: what if G finds one bill that passes, and
# prints nothing else?
#
# *Sources.* Goodfellow et al. 2014, Algorithm 1 and Proposition 2. The game on $xy$: Goodfellow 2016, NeurIPS
# tutorial, exercise 7.2 (in continuous time). The Dirac-GAN, the brake of width, and R1: Mescheder, Geiger and
# Nowozin 2018. The Jacobian of a game: Mescheder, Nowozin and Geiger 2017. Why D's bowl brings a GAN home:
# Nagarajan and Kolter 2017. Momentum in games: Gidel et al. 2019. Noise as a penalty: Roth et al. 2017.

# %%
if __name__ == "__main__":
    show("l14_why_circle", claims, figure)
