# %% [markdown]
# # 13. The first full GAN: when can the intern be fired?
# *About 16 seconds; afterwards you can write Algorithm 1, say at every round how far each player is from the end,
# and tell the true end from one that only looks like it.*
#
# *Needs: lessons 08 to 12, on which all of it builds.*
#
# A forger's first bills are drawn in crayon. The bank's new intern takes some of them all the same: she has never
# seen a bill before. Each learns from the other, until her opinion of every bill, his and the bank's, is the same:
# one half. Then her manager may fire her, says the story, for nobody could do better.
#
# Everything in this game has been built in the five lessons before: the exact density $p_G$ of what a generator
# makes (08), the perfect critic $D^*$ (09), the value $V$ and JS (10), the label trick (11), the slopes (12). Here
# they meet.
#
# On a genuine bill the ink weighs 4 mg on average, with a standard deviation of .5: the data are $N(4, .5^2)$. The
# forger is a network $G$ that makes a weight of a random number $z \sim N(0, 1)$; the intern is a network $D$ that
# gives a logit.
#
# **Predict before you read on.** After some thousand rounds her opinion is $D = .50$ on every bill and her loss is
# $1.386 = 2 \log 2$, as lesson 10 said it would be. Are the bills good? How would you find out?

# %%
from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

import minigan as mg
from minigan.core.layers import Dense, LeakyReLU, sigmoid
from minigan.data.dataset import Batches
from minigan.judge.evaluation import Verdict, fresh_critic
from minigan.lessons import lessons, show
from minigan.theory import oracle
from minigan.theory.divergences import integrate

DATA = mg.Gaussian(4, 0.5)
SCALED = mg.scaler(DATA)  # what the networks see: (x - 4) / .5
RAW = mg.Scaler(np.zeros(1), np.ones(1))  # or the weights as they are, in mg
ROUNDS = (0, 10, 20, 50, 100, 300, 1000, 3000)  # when we look


def stack(width: int, init: str) -> list[mg.Layer]:
    """From one number to one, by two hidden layers."""
    inner: list[mg.Layer] = [Dense(1, width, init=init), LeakyReLU(), Dense(width, width, init=init), LeakyReLU()]
    return [*inner, Dense(width, 1, init=init)]


def deal(seed: int, scaled: bool = True, width: int = 32, rounds: int = 3000, prior: str = "normal") -> mg.GAN:
    """The forger and the intern before the first round; width 0 makes the intern a straight line."""
    G = mg.Sequential(stack(16, "glorot"), seed=seed, name="G")
    D = mg.Sequential(stack(width, "he") if width else [Dense(1, 1)], seed=seed, name="D")
    hers: list[Any] = D.layers
    if scaled and width:
        hers[0].b[...] = mg.Stream(seed, "turns").at(0).uniform(-2, 2, width)  # where her units turn
    hers[-1].W[...] = 0  # no opinion on anything
    D.moved()
    adams = [mg.Adam(mg.HoldThenCosine(rate, rounds, hold=0), beta1=0.5) for rate in (1e-3, 3e-3)]
    return mg.GAN(
        G, D, mg.Latent(1, prior), updates="alternating", optimizers=(adams[0], adams[1]), average=None, seed=seed
    )


# %% [markdown]
# ## A round
#
# Algorithm 1 of Goodfellow et al. (2014), with one step of $D$ a round. What is new is the order, and it is easily
# got wrong. In the intern's turn she sees genuine bills and fakes, and *she alone* moves. In the forger's turn he
# makes **new** bills, asks the intern **as she is now**, and *he alone* moves.


# %%
def interns_turn(gan: mg.GAN, real: np.ndarray, z: np.ndarray) -> None:
    """D goes up V(D, G). The fakes are numbers to her: nothing flows back into G."""
    D, n = gan.discriminator, len(real)
    trace = D.trace(2 * n)
    logits = D.forward(np.concatenate([real, gan.generator(z)]), trace)
    _, d_real, d_fake = mg.discriminator_loss(logits[:n], logits[n:])
    D.backward(np.concatenate([d_real, d_fake]), trace)
    gan.optimizers[1].step()


def forgers_turn(gan: mg.GAN, z: np.ndarray) -> None:
    """G goes down -log D(G(z)). The slope passes through D on its way, and leaves her as she is."""
    made, judged = gan.generator.trace(len(z)), gan.discriminator.trace(len(z))
    logits = gan.discriminator.forward(gan.generator.forward(z, made), judged)
    _, d_fake = mg.generator_loss(logits)
    gan.generator.backward(gan.discriminator.backward(d_fake, judged, params=False, inputs=True), made)
    gan.optimizers[0].step()


def by_hand(gan: mg.GAN, rounds: int, batch: int = 256, freeze: str = "", after: int = 0) -> mg.GAN:
    """Play; from round `after` on without the turns of the player who is frozen, "D" or "G"."""
    batches = Batches(DATA, batch, gan.seed, SCALED)
    for t in range(rounds):
        rng = mg.Stream(gan.seed, "latent").at(t)
        first, second = (gan.latent.fill(np.empty((batch, 1), np.float32), rng) for _ in range(2))
        if freeze != "D" or t < after:
            interns_turn(gan, batches.at(t), first)
        if freeze != "G" or t < after:
            forgers_turn(gan, second)
    return gan


# %% [markdown]
# `mg.train` plays the same rounds, with its arrays allocated once: after 50 of either, all weights are the same to
# the last bit. From here on we let it play.
#
# ## Where do we stand?
#
# $V$ alone can't say. In one dimension we can know (lessons 08 to 10): the exact density $p_G$ of the forger's
# bills, the best possible opinion $D^* = p / (p + p_G)$, and with them
#
# $$V(D, G) = -\log 4 + 2\, \underbrace{\mathrm{JS}(p, p_G)}_{\text{how far he is}}
#   - \underbrace{[V(D^*, G) - V(D, G)]}_{\text{how far she is}} .$$
#
# Neither is ever negative; `oracle.standing` computes both. Training is to shrink the first one, the distance of
# the forger's distribution from the bank's, and only $\mathrm{JS} = 0$ is the end.
#
# Now look at round 0. Her last layer is zero, so $D = \frac12$ for every bill, her loss is 1.386294, and she is as
# bad as he is. *All her numbers are those of the end.* He is far away (.2 to .7 nats), she is exactly twice as far
# behind the perfect intern, and in $V$ the two cancel.


# %%
@dataclass(frozen=True)
class Moment:
    """A round of a run: where both stand, the exact density of the bills, and D, a copy."""

    round: int
    stand: oracle.Standing
    fakes: oracle.PushForward
    D: mg.Sequential
    scaler: mg.Scaler

    def opinion(self, x: np.ndarray) -> np.ndarray:
        return sigmoid(np, self.D(self.scaler.to_network(x)))[:, 0]


@cache
def played(seed: int, scaled: bool = True, batch: int = 256, at: tuple = ROUNDS, **others: Any) -> list[Moment]:
    """A whole run, as the moments at these rounds and at the last; others are for `deal`."""
    gan, scaler, moments = deal(seed, scaled, **others), SCALED if scaled else RAW, list[Moment]()
    rounds = others.get("rounds", 3000)

    def look(gan: mg.GAN, row: dict[str, float]) -> None:
        if row["step"] in (*at, rounds):
            fakes = oracle.pushforward(gan.generator, gan.latent, scaler)
            stand = oracle.standing(gan, DATA, scaler)
            moments.append(Moment(int(row["step"]), stand, fakes, gan.discriminator.copy(), scaler))

    look(gan, {"step": 0})
    mg.train(gan, DATA, rounds, batch, hooks=[look], scaler=scaler, log_every=10)
    return moments


def best_accuracy(p: mg.Distribution, q: mg.Distribution) -> float:
    """What the best critic there is gets right, 1/2 + TV/2: it names the larger density."""
    edges = np.concatenate([p.knots(), q.knots()])
    return 0.5 + integrate(lambda x: np.abs(p.density(x) - q.density(x)), edges, tolerance=1e-9) / 4


def colleague(moment: Moment, n: int = 10_000) -> Verdict:
    """A new intern learns from half of n fakes and as many genuine bills, and is tried on the rest."""
    return fresh_critic(moment.fakes.sample(n, np.random.default_rng(13)), DATA, seed=13)


# %% [markdown]
# Now 3,000 rounds, from five different starts. At the end, in all five, JS is below .002 nats. Her opinion is
# within .02 of one half on 99 % of the genuine bills, and $V$ within .005 of $-1.386$. And what was the goal in
# the first place, that no observer can tell: a **fresh** critic, trained from nothing on these bills and tried on
# others, does no better than the best one could, and that is under 52 %. This intern may go.
#
# Three things to see on the way.
#
# - *The middle is where she is good.* Her loss falls below 1.3 in the first rounds and then rises to 1.386. One
#   article has her improve along with him; by her own bill she gets worse again, since he leaves her less to see.
# - *She is his loss function, and she moves.* In round 20 she likes a bill of 5 mg; in round 50 she likes the same
#   bill less, for by then he has made many of them. No fixed loss does that.
# - *Why exact?* Two histograms of $n = 10{,}000$ draws in $K = 50$ bins, of **one** distribution, have a JS of
#   $(K - 1) / 4n = .0012$ nats on average. At the end of this game an estimate would be mostly that floor.
#
# ## The false end
#
# Now leave out one line. Give the networks the weights as they are, in mg, not $(x - 4) / .5$, and let her biases
# start at 0 as is usual. Five games of 3,000 rounds: again her opinion is within .02 of one half on 99 % of the
# genuine bills. **Predict**: what is JS?
#
# Between .05 and .35 nats, in all five. The bills have a standard deviation below .25 in one game and above 1 in
# another, instead of .5, and fresh critics are right about more than 55 % of all bills, his and the bank's. The
# intern was fired; his bills are still crayon.
#
# What happened? A unit $\max(.2 a, a)$ of $a = w x + b$, $b = 0$, turns at $x = 0$. The data sit 8 standard
# deviations to the right, where all her units, and so her logit, are straight; and at the end they still are, to
# .01. For a critic who can draw only lines, $s(x) = a (x - 4) + c$, $V$ is concave in $(a, c)$, and at $(0, 0)$
# its slope is $\frac12 (E_p[x] - E_{p_G}[x],\, 0)$. As soon as the *means* agree this is zero: $D = \frac12$, at
# $V = -\log 4$, is the best she can do, whatever the bills look like otherwise. She isn't lazy. She can't see it.
#
# So $D = \frac12$ on the support (elsewhere it means nothing) is necessary at the end and proves nothing. Believe
# a fresh critic who sees scaled data, or in one dimension the exact JS.
#
# ## If capacity suffices
#
# Another article makes the equilibrium depend on both networks' capacity. It isn't about $G$ alone, who could be
# right with one line, $4 + .5 z$. Take the *intern's* width (scaled data, medians of three starts): a straight
# line leaves more than .3 nats, two units a layer less than .2, eight less than .02, 32 less than .002. And with a
# uniform $z$ the intern of 32 doesn't help: $G$'s slopes are bounded, so he has no tails (lesson 08), and JS stays
# above .01.
#
# ## If one of them stops
#
# Each needs the other to improve, and in no simple proportion. Stop both after 20 rounds and let one go on for
# 280. *He is frozen*: she makes up three quarters of what she lacked, and JS doesn't move by a digit. *She is
# frozen*: he chases a taste that answers no more, and JS more than doubles. *Together* they come below .005.


# %%
def frozen(player: str) -> oracle.Standing:
    """Where both stand after 20 rounds together and 280 without the turns of this player."""
    return oracle.standing(by_hand(deal(0), 300, freeze=player, after=20), DATA, SCALED)


# %% [markdown]
# ## The pictures
#
# Both densities exactly, and her opinion on the opinion that would be best. (The spikes are no errors. $G$ is made
# of straight pieces, and where it turns, $p_G$ jumps.) Below, the same run moves:
#
# ![Six moments of a run, and the false end](../../figures/l13_first_gan.png)
# ![The run as an animation](../../figures/l13_first_gan.gif)
#
# ## In five lines
#
# 1. In a round D moves alone, on real data and fakes; then G moves alone, on new noise, judged by D as it is now.
# 2. $V$ is $-\log 4$ plus twice G's distance less D's arrears, so it can't say alone where the game stands.
# 3. At round 0 the numbers are those of the end: D says one half and its loss is 1.386.
# 4. On unscaled data D can end there with the bills still wrong, since it can draw only lines.
# 5. Believe a fresh critic on scaled data, or the exact JS where it can be had.
#
# ## Now you
#
# `minigan exercise start 13` puts `e13_the_loop.py` into your folder: write Algorithm 1's loop for any two
# networks. `minigan exercise check 13` watches every turn (who moved, on which noise, along which gradient) and
# then measures the exact JS on data that you haven't seen.
#
# And the run as its people lived it, from its own numbers: `minigan lesson 13 --story`.
#
# *Next.* Here the two went home together. Lesson 14 asks why most pairs circle.
#
# *Sources.* I. Goodfellow et al. 2014, Algorithm 1, eq. 1, 2 and 6, section 4. D. Lopez-Paz and M. Oquab 2017 (a
# fresh critic as a test). S. Arora et al. 2017 (a critic of little capacity is content with too little). W.
# Hoeffding 1963. The forger and the bank intern are H. Heidenreich's.

# %%
if __name__ == "__main__":
    if "--story" in sys.argv:
        print("\n".join(lessons()[13].behind.story()))
    else:
        show(13)
        print("as a story: minigan lesson 13 --story")
