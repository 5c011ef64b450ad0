# %% [markdown]
# # 14. The chase: why does it circle?
# *About 1 second; afterwards you can tell from the eigenvalues of a GAN's game, before it runs, whether it will
# spiral in or out, say where that forecast ends, and derive R1, the penalty that brings it home.*
#
# *Needs: eigenvalues, complex ones too, and lessons 11 to 13.*
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

import copy
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

import minigan as mg
from minigan.core.backend import Backend
from minigan.core.layers import Dense
from minigan.lessons import show

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
# In turn (after each round): $(-1, 2), (-2, 1), (-1, -1), (1, -2), (2, -1), (1, 1)$. After six rounds they are
# back, for ever. At once: outwards, $\sqrt 2$ times as far from $(0, 0)$ with every round, 16 times after the
# eight rounds of a turn.
#
# All slopes are right, and nobody made a mistake. The field is $(\dot x, \dot y) = (-y, x)$, and $\frac12
# \frac{d}{dt} (x^2 + y^2) = x \dot x + y \dot y = -xy + yx = 0$: it stands at a right angle to the radius. What
# one wins the other loses, so together they come no nearer. Followed continuously, that is a circle. A *step* of
# size $h$ leaves it along the tangent and ends, by Pythagoras, at $\sqrt{1 + h^2}$ times the radius. Smaller steps
# are slower, not different. Moving in turn is a matrix of determinant 1 and trace $2 - h^2$: for $h < 2$ its
# eigenvalues lie *on* the unit circle, and it is back after $2\pi / \arccos(1 - h^2/2)$ rounds, 6 for $h = 1$.
# (The *mean* of those six points is $(0, 0)$: the players never find the centre, their average does. That is one
# reason why minigan can keep an average of G.)
#
# ## The smallest GAN
#
# Mescheder's *Dirac-GAN* is a real one. All true bills lie at 0. G has one number, the place $\theta$ of its only
# bill, and D has one, $D(x) = \sigma(\psi x)$. With the fake's logit $t = \psi\theta$, lesson 11's slopes give
#
# $$ \dot\psi = -\theta\,\sigma(t), \qquad \dot\theta = \psi\,\sigma(t) \ \text{ (minimax)}, \qquad
#    \dot\theta = \psi\,\sigma(-t) \ \text{ (label trick)}. $$
#
# At $(0, 0)$ the bill is right and D says $\frac12$ to everything: the equilibrium. Around it $\theta^2 + \psi^2$
# stays as it is under minimax, and under the label trick changes by $-2\,t \tanh(t/2) \le 0$ a unit of time.
# So minimax circles, at every radius. The label trick isn't zero-sum, and should come in, if slowly. minigan's own
# `GAN` can play it: G is a dense layer, $az + b$. With one $z$, always 0, only $b = \theta$ matters.


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


def game(G: list[mg.Layer], D: list[mg.Layer], at: list[float], h: float, **how: Any) -> mg.GAN:
    """A GAN at this place, in plain steps of h, both players at once, unless `how` says otherwise."""
    nets = mg.Sequential(G, EXACT, name="G"), mg.Sequential(D, EXACT, name="D")
    plain: dict[str, Any] = {"updates": "simultaneous", "optimizers": mg.SGD(h), "average": None}
    return put(mg.GAN(nets[0], nets[1], Evenly(1), **(plain | how)), np.array(at, float))


def dirac(theta: float, psi: float, h: float = H, a: float = 0.0, **how: Any) -> mg.GAN:
    """The smallest GAN, minimax unless `how` says otherwise: its numbers are a, theta and psi."""
    how = {"objective": "minimax"} | how
    return game([Dense(1, 1)], [Dense(1, 1, bias=False)], [a, theta, psi], h, **how)


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
# ![Four ways to step around an equilibrium](../../figures/l14_why_circle.png)
#
# ## The forecast
#
# Near an equilibrium a smooth field is a matrix, and a matrix can be asked where it leads. Put the numbers of both
# players into one vector $w$, and both slopes, each player's down *its own* loss, into one field $v(w)$. Its
# derivative $J$, the matrix of all $\partial v_i / \partial w_j$, is the **Jacobian of the game**. No single
# function has $v$ as its gradient, so $J$ needn't be symmetric, nor its eigenvalues real. A step,
# $w \leftarrow w + h\,v(w)$, multiplies small distances from there by
#
# $$ M = I + hJ \ \text{ (at once)}, \qquad M = (I + hJ_G)(I + hJ_D) \ \text{ (in turn)}, $$
#
# where $J_G$ is $J$ with G's rows kept and the others 0. An eigenvalue $m$ of $M$ says: $|m|$ times as far with
# each step, and a full turn in $2\pi / |\arg m|$ steps.


# %%
def field(gan: mg.GAN, real: np.ndarray, at: np.ndarray) -> np.ndarray:
    """v: where both players want to go, each down its own exact gradient; for a GAN with simultaneous updates."""
    there = put(copy.deepcopy(gan), at)  # whose step is left half way
    next(name for name, _ in there.substeps(real) if name == "both gradients")
    return -np.concatenate([there.generator.grad, there.discriminator.grad])


def jacobian(gan: mg.GAN, real: np.ndarray = HERE, e: float = 1e-5) -> np.ndarray:
    """J (n, n) where the players are: central differences of the exact field, a column for each number."""
    at = both(gan)
    columns = [(field(gan, real, at + e * u) - field(gan, real, at - e * u)) / (2 * e) for u in np.eye(len(at))]
    return np.stack(columns, axis=1)


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
# - *In turn.* $|m| = 1$ is the edge: what the matrix leaves out decides. In these 500 steps it hardly shows.
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
#
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
# *A D with a bend*: its slope changes along the way, and with it the penalty. The gradient of R1 is then a slope
# of a slope; for one layer of tanh it takes ten lines of pencil, in the appendix, and for two weights it is your
# exercise. `mg.GAN(..., penalty=mg.R1(.3))` has it for any number of layers.

# %% [markdown]
# ## What has been proved
#
# One of the articles reports that the first paper proved its algorithm to converge, and adds, rightly, that the
# proof is not about the weights of networks. Proposition 2 supposes that D is trained *to its optimum* in every
# round, and that what moves is $p_G$ itself, any density you like, by small steps on what such a D leaves, a
# convex function of $p_G$. Then there is no chase: D has always arrived, and $p_G$ walks down one bowl. The
# algorithm that everybody runs gives D one step, or $k$, and moves weights; for that, the authors say right there,
# they have no guarantee. The Dirac-GAN has the same V, all the capacity it needs and an equilibrium in reach of
# both; yet minimax, at once or in turn, doesn't arrive. To *be* an equilibrium is one thing, to be found another.
#
# **What goes wrong in practice.** Loss curves don't show a circle: it looks like noise. Look at samples over time;
# if what was gone comes back, it turns. Then: smaller or falling rates, less momentum (the appendix says why),
# moving in turn, R1, noise on what D sees, an average of G. Lesson 17 puts them on one scoreboard.
#
# ## In five lines
#
# 1. Players who each follow their own slope circle around the equilibrium; steps at once spiral outwards.
# 2. The eigenvalues of the game's Jacobian tell the turn and the spiral in advance, but only nearby.
# 3. The label trick has the same eigenvalues as minimax, and ends on an orbit of mean radius $\sqrt{2h}$.
# 4. A brake on D brings the game home: the width of the data, or R1, which charges D for being steep at the real
#    data.
# 5. Momentum feeds the chase; falling rates, turns instead of steps at once, and averages calm it.
#
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

# %% [markdown]
# ## Appendix: the radii of other texts
#
# The code of Mescheder et al. gives 3.0969, .6402 and $2.643 \cdot 10^{-6}$. Their D is high on the *fake*
# side: their $(1, 1)$ is our $(1, -1)$, and from there minigan finds their digits.
#
# ## Appendix: momentum remembers where the other one was
#
# Downhill, momentum was a gift (lesson 12). In a chase it follows slopes that were taken against an opponent who
# has moved on. With a velocity $q \leftarrow \mu q + hJw$ and $w \leftarrow w + q$, one step is a matrix on $(w,
# q)$, of twice the size. Take R1's brake of $\gamma = .3$, and $h = .2\,(1 - \mu)$, so that all would be equally
# fast down an even slope. Then a step multiplies the radius by .9747 for $\mu = 0$, by .9847 for .5 and by 1.0171
# for .9: the same road, speed and brake, and with .9 it flies out of the bend. Adam's $\beta_1$ is such a memory,
# and this is one reason why recipes for GANs put it at .5, or at 0.
#
# ## Appendix: R1 of a D with a bend
#
# Lesson 12's network with one hidden layer, $s = yv + c$, $y = \tanh a$, $a = xW + b$. Unit $k$ passes on the
# share $u_k = 1 - y_k^2$, so
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
# `mg.tangent_gradient(net, dx, dy, trace)` does just this through any number of layers, at `dx` $= g$, `dy` $= 1$:
# $t$ runs forward, and then two errors run back, one for the factors and one for the bends. That is what stands
# behind `mg.GAN(..., penalty=mg.R1(.3))`.


# %%
def r1_gradient(x: np.ndarray, W: np.ndarray, b: np.ndarray, v: np.ndarray) -> np.ndarray:
    """The gradient of R1, gamma 1, over the rows of x (n, I), by W (I, K), b (K,), v (K,) and c: as one vector."""
    y = np.tanh(x @ W + b)
    u = 1 - y**2
    g = (u * v) @ W.T
    t = g @ W
    p = -2 * y * u * v * t
    return np.concatenate([(g.T @ (u * v) + x.T @ p).ravel(), p.sum(0), (u * t).sum(0), [0]]) / len(x)


# %%
if __name__ == "__main__":
    show(14)
