# %% [markdown]
# # 13. The first full GAN: when can the intern be fired?
# *About 16 seconds; afterwards you can write Algorithm 1, say at every round how far each player is from the end,
# and tell the true end from one that only looks like it.*
#
# A forger's first bills are drawn in crayon. The bank's new intern takes some of them all the same: she has never
# seen a bill before. Each learns from the other, until her opinion of every bill, his and the bank's, is the same:
# one half. Then her manager may fire her, says the story, for nobody could do better.
#
# On a genuine bill the ink weighs 4 mg on average, with a standard deviation of .5: the data are $N(4, .5)$. The
# forger is a network $G$ that makes a weight of a random number $z \sim N(0, 1)$; the intern is a network $D$ that
# gives a logit.
#
# **Predict before you read on.** After some thousand rounds her opinion is $D = .50$ on every bill and her loss is
# $1.386 = 2 \log 2$, as lesson 10 said it would be. Are the bills good? How would you find out?

# %%
from __future__ import annotations

import math
import sys
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import minigan as mg
from minigan.core.layers import sigmoid
from minigan.data.dataset import Batches
from minigan.judge.evaluation import Verdict, fresh_critic
from minigan.lessons import Claim, Claims, show
from minigan.theory import oracle
from minigan.theory.divergences import expectation, integrate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DATA = mg.Gaussian(4, 0.5)
SCALED = mg.scaler(DATA)  # what the networks see: (x - 4) / .5
RAW = mg.Scaler(np.zeros(1), np.ones(1))  # or the weights as they are, in mg
BULK = np.linspace(4 - 2.576 * 0.5, 4 + 2.576 * 0.5, 201)[:, None]  # 99 % of the genuine bills
ROUNDS = (0, 10, 20, 50, 100, 300, 1000, 3000)  # when we look
FILM = (*range(0, 100, 10), *range(100, 300, 20), *range(300, 1000, 100), *range(1000, 3001, 250))


def stack(width: int, init: str) -> list[mg.Layer]:
    """From one number to one, by two hidden layers."""
    inner = [mg.Dense(1, width, init=init), mg.LeakyReLU(), mg.Dense(width, width, init=init), mg.LeakyReLU()]
    return [*inner, mg.Dense(width, 1, init=init)]


def deal(seed: int, scaled: bool = True, width: int = 32, rounds: int = 3000, prior: str = "normal") -> mg.GAN:
    """The forger and the intern before the first round; width 0 makes the intern a straight line."""
    G = mg.Sequential(stack(16, "glorot"), seed=seed, name="G")
    D = mg.Sequential(stack(width, "he") if width else [mg.Dense(1, 1)], seed=seed, name="D")
    if scaled and width:
        D.layers[0].b[...] = mg.Stream(seed, "turns").at(0).uniform(-2, 2, width)  # where her units turn
    D.layers[-1].W[...] = 0  # no opinion on anything
    D.moved()
    adams = [mg.Adam(mg.HoldThenCosine(rate, rounds, hold=0), beta1=0.5) for rate in (1e-3, 3e-3)]
    return mg.GAN(
        G, D, mg.Latent(1, prior), updates="alternating", optimizers=(adams[0], adams[1]), average=None, seed=seed
    )


# %% [markdown]
# ## A round
#
# Algorithm 1 of Goodfellow et al. (2014), with one step of $D$ a round. You have met everything in it: the loss
# (01), the label trick (11), the gradients (12). What is new is the order, and it is easily got wrong. In the
# intern's turn she sees genuine bills and fakes, and *she alone* moves. In the forger's turn he makes **new**
# bills, asks the intern **as she is now**, and *he alone* moves.


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
# Neither is ever negative; `oracle.standing` computes both. Training is to shrink the first one,
# the distance of the forger's distribution from the bank's, and only $\mathrm{JS} = 0$ is the end.
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


def best_line(sd: float = 2.0) -> float:
    """The highest V of 21 × 21 straight critics against bills of the right mean and a wrong sd."""
    grid = [(a, c) for a in np.linspace(-2, 2, 21) for c in np.linspace(-2, 2, 21)]
    fakes = mg.Gaussian(4, sd)
    return max(oracle.measure(lambda x, a=a, c=c: a * (x - 4) + c, DATA, fakes).value for a, c in grid)


def value_of_the_best(fakes: oracle.PushForward) -> float:
    """V(D*, G) straight from its definition, E log D*(x) + E log(1 - D*(G(z)))."""
    for_real = expectation(DATA, lambda x: np.log(mg.optimal_discriminator(DATA, fakes, x)), fakes)
    return for_real + expectation(fakes, lambda x: np.log(mg.optimal_discriminator(fakes, DATA, x)), DATA)


def estimated_js(n: int = 10_000, bins: int = 50, runs: int = 200) -> float:
    """The mean JS of two histograms of draws from one distribution, in bins of equal probability."""
    counts = np.random.default_rng(13).multinomial(n, np.full(bins, 1 / bins), size=(runs, 2)) / n
    return float(np.mean([mg.js(a, b) for a, b in counts]))


BILLS = ((0.95, "crayon"), (0.75, "poor photocopies"), (0.6, "right paper, wrong ink"), (0, "very good bills"))


def lived(seed: int, scaled: bool, **others: Any) -> list[str]:
    """A run as its people lived it, told from its numbers; a fresh colleague decides whether she may go."""
    told, fired = ["The intern has never seen a bill. The forger has paper, and a crayon."], False
    for moment in played(seed, scaled, **others):
        verdict, unsure = colleague(moment), np.abs(moment.opinion(BULK) - 0.5).max() < 0.02
        hers = moment.opinion(moment.fakes.sample(1000, np.random.default_rng(moment.round))) > 0.5
        says = "She says 'one half' to every bill." if unsure else f"She takes {hers.sum()} of 1,000 of his bills."
        bills = next(name for bar, name in BILLS if verdict.low >= bar)
        told.append(f"Round {moment.round:4}. {says} A new colleague is right on {verdict.text}: {bills}.")
        fired = verdict.low <= 0.5 <= verdict.high
        if fired:
            break
    if fired:
        end = "The colleague can't tell, and hardly anybody could: she is fired, and he is rich"
    elif unsure:
        end = f"Her manager hears 'one half' and fires her. But his bills are still {bills}"
    else:
        end = f"She stays. His bills are {bills}"
    return [*told, f"{end} (JS {moment.stand.js:.4f} nats)."]


def story() -> list[str]:
    """What `minigan lesson 13 --story` prints: the run, and the one in which she couldn't see."""
    return [*lived(0, True), "", "In another town she gets the weights in mg, unscaled.", *lived(0, False)[1:]]


def claims(quick: bool = False) -> list[Claim]:
    """The lesson's numbers; quick plays one shorter game of each kind instead of five."""
    seeds, size = range(1 if quick else 5), {"rounds": 2000, "batch": 128} if quick else {}
    made = Claims()
    is_, below = made.is_, made.below

    def between(name: str, says: str, value: float, low: float, high: float, source: str = "bars") -> None:
        is_(name, f"{says}: {low:g} to {high:g}", value, (low + high) / 2, (high - low) / 2, source)

    def off(some: list[Moment]) -> float:
        return max(float(np.abs(m.opinion(BULK) - 0.5).max()) for m in some)

    games = {scaled: [played(seed, scaled, **size) for seed in seeds] for scaled in (True, False)}
    ends = {scaled: [run[-1] for run in runs] for scaled, runs in games.items()}
    js = {scaled: [m.stand.js for m in some] for scaled, some in ends.items()}
    seen = {scaled: [colleague(m).accuracy for m in some] for scaled, some in ends.items()}
    best = {scaled: [best_accuracy(DATA, m.fakes) for m in some] for scaled, some in ends.items()}
    run, start = games[True][0], games[True][0][0]

    pair = by_hand(deal(0), 50), deal(0)
    mg.train(pair[1], DATA, 50, 256, scaler=SCALED)
    apart = [np.abs(getattr(pair[0], name).theta - getattr(pair[1], name).theta).max()
             for name in ("generator", "discriminator")]  # fmt: skip
    is_("by_hand", "greatest difference after 50 rounds by hand and by gan.step", max(apart), 0, 0, "same sums")
    is_("start_loss", "D's loss at round 0 (nats)", -start.stand.value, 1.386294, 1e-6, "2 log 2")
    is_("start_opinion", "D farthest from 1/2 at round 0", off([start]), 0, 0, "last layer zero")
    is_("start_gap", "D's gap at round 0 over JS", start.stand.gap / start.stand.js, 2, 1e-6, "they cancel in V")
    between("start_js", "JS at round 0 (nats)", start.stand.js, 0.2, 0.7, "log 2 at most")
    is_("identity", "V(D*) + log 4 - 2 JS at our eight looks, worst (nats)",
        max(abs(value_of_the_best(m.fakes) + math.log(4) - 2 * m.stand.js) for m in run), 0, 1e-8,
        "Goodfellow et al. 2014, eq. 6")  # fmt: skip
    below("gap", "least gap of a run, its sign changed (nats)", -min(m.stand.gap for m in run), 0, "eq. 2")
    below("js", "exact JS at the end, worst start (nats)", max(js[True]), 0.002)
    below("opinion", "D farthest from 1/2 on 99 % of the data, worst start", off(ends[True]), 0.02)
    below("value", "V farthest from -log 4, worst start (nats)",
          max(abs(m.stand.value + math.log(4)) for m in ends[True]), 0.005)  # fmt: skip
    below("fresh", "fresh D right more often than the best critic, worst start",
          max(np.subtract(seen[True], best[True])), math.sqrt(math.log(1e5) / 20_000),
          "1/2 + TV/2; Hoeffding, chance 1e-5 each")  # fmt: skip
    below("best", "share that the best critic gets right, worst start", max(best[True]), 0.52, "1/2 + TV/2")
    below("loss_low", "D's least loss at our eight looks (nats)", min(-m.stand.value for m in run), 1.3)
    at_five = {m.round: m.opinion(np.array([[5.0]]))[0] for m in run}
    below("fashion", "opinion of 5 mg in round 50, less that in round 20", at_five[50] - at_five[20], -0.05)
    is_("floor", "JS of two histograms of one distribution, mean (nats)", estimated_js(), 0.001225, 7e-5,
        "(K - 1) / 4n; 4 standard errors")  # fmt: skip
    below("raw_opinion", "raw data: D farthest from 1/2, worst start", off(ends[False]), 0.02)
    bends = [np.polyfit(BULK[:, 0], m.D(BULK)[:, 0], 1, full=True)[1].sum() for m in ends[False]]
    bend = math.sqrt(max(bends) / len(BULK))
    below("raw_bend", "raw data: D's logit off a line, root mean square, worst start", bend, 0.01)
    between("raw_js_low", "raw data: JS, least (nats)", min(js[False]), 0.05, 0.35)
    between("raw_js_high", "raw data: JS, greatest (nats)", max(js[False]), 0.05, 0.35)
    below("raw_fresh", "raw data: fresh D from the best critic, worst start",
          max(np.abs(np.subtract(seen[False], best[False]))), 0.05, "1/2 + TV/2")  # fmt: skip
    between("raw_caught", "raw data: share that the fresh D gets right, least", min(seen[False]), 0.55, 0.85)
    is_("lines", "highest V of a straight D, right mean, sd 2 (nats)", best_line(), -1.386294, 1e-6, "-log 4")
    stopped = oracle.standing(by_hand(deal(0), 20), DATA, SCALED)
    is_("frozen_g_js", "G frozen: change of JS", frozen("G").js - stopped.js, 0, 0, "G doesn't move")
    below("frozen_g_gap", "G frozen: D's gap over what it was", frozen("G").gap / stopped.gap, 0.25)
    between("frozen_d_js", "D frozen: JS over what it was", frozen("D").js / stopped.js, 2, 4.5)
    below("together", "both go on: JS (nats)", frozen("").js, 0.005)
    if quick:
        return made

    fast, short = len(made), {"rounds": 2000, "batch": 128}
    three = {w: [played(s, width=w, **short)[-1].stand.js for s in range(3)] for w in (0, 2, 8, 32)}
    widths = {w: float(np.median(some)) for w, some in three.items()}
    between("width_0", "D a straight line: JS (nats)", widths[0], 0.3, 0.7, "log 2 at most")
    for name, w, bar in (("width_2", 2, 0.2), ("width_8", 8, 0.02), ("width_32", 32, 0.002)):
        below(name, f"D {w} wide: JS (nats)", widths[w], bar)
    between("uniform", "uniform z: JS (nats)", played(0, prior="uniform", **short)[-1].stand.js, 0.01, 0.06)
    sds = [math.sqrt(m.fakes.covariance[0, 0]) for m in ends[False]]
    below("raw_sd_low", "raw data: least sd of the bills, for .5 (mg)", min(sds), 0.25)
    between("raw_sd_high", "raw data: greatest sd, for .5 (mg)", max(sds), 1, 2)
    return [*made[:fast], *(replace(claim, full=True) for claim in made[fast:])]


# %% [markdown]
# ## The pictures
#
# Both densities exactly, and her opinion on the opinion that would be best. (The spikes are no errors. $G$ is made
# of straight pieces, and where it turns, $p_G$ jumps.) `animation` lets it move:
#
# ![Six moments of a run, and the false end](../figures/l13_first_gan.png)
# ![The run as an animation](../figures/l13_first_gan.gif)

# %%
BLUE, RED, GREY = "#0072B2", "#D55E00", "#595959"
X = np.linspace(1.8, 6.2, 881)[:, None]


def draw(axes: Any, moment: Moment) -> None:
    """One moment: the two densities, sixty of the bills, and what D says over what it had better say."""
    axes.fill_between(X[:, 0], DATA.density(X), color=BLUE, alpha=0.3, linewidth=0, label="data p")
    axes.plot(X, moment.fakes.density(X), color=RED, linewidth=1.2, label="fakes p_G, exact")
    x = moment.fakes.sample(60, np.random.default_rng(0))[:, 0]
    axes.plot(x, np.full(len(x), -0.08), "|", color=RED, markersize=5, alpha=0.6, label="60 fakes")
    best = mg.optimal_discriminator(DATA, moment.fakes, X)
    best[DATA.density(X) + moment.fakes.density(X) < 1e-3] = np.nan  # there V asks for no opinion
    axes.plot(X, best, color=GREY, linewidth=3, alpha=0.5, label="D*, the best opinion")
    axes.plot(X, moment.opinion(X), color="black", linewidth=1.1, linestyle="--", label="D, learned")
    axes.set(xlim=(1.8, 6.2), ylim=(-0.16, 1.6))


def draw_standing(axes: Any, run: list[Moment], until: int) -> None:
    """How far both are, round by round, in nats; round 0 is drawn at 5."""
    rounds = np.maximum([m.round for m in run if m.round <= until], 5)
    for colour, style, what in ((RED, "-", "js"), ("black", "--", "gap")):
        values = [getattr(m.stand, what) for m in run if m.round <= until]
        axes.plot(rounds, values, style, color=colour, linewidth=1.2)
        axes.plot(rounds[-1], values[-1], "o", color=colour, markersize=4)
    axes.set(xscale="log", yscale="log", xlim=(4, 4000), ylim=(3e-4, 2))
    axes.text(8, 4e-4, "JS: how far G is", color=RED, fontsize=8)
    axes.text(8, 8e-4, "gap: how far D is", color="black", fontsize=8)


def figure(quick: bool = False) -> Figure:
    """Six moments of a run, the false end beside its true one, and where both players stood throughout."""
    from matplotlib.figure import Figure

    size = {"rounds": 2000, "batch": 128} if quick else {}
    run, blind = played(0, **size), played(0, False, **size)
    picture = Figure((8, 4.5), layout="constrained")
    picture.suptitle("D says one half at the start, at the end, and when it is blind: JS tells them apart")
    panels: Any = picture.subplots(2, 4)
    shown = [*(m for m in run if m.round in (0, 20, 50, 100, 300)), run[-1], blind[-1]]
    for axes, moment in zip(panels.flat, shown, strict=False):
        draw(axes, moment)
        what = "raw data, round" if moment is blind[-1] else "round"
        axes.set_title(f"{what} {moment.round:,}: JS {moment.stand.js:.2g}", fontsize=8.5)
        axes.tick_params(labelsize=7)
        axes.label_outer()
    for axes in panels[:, 0]:
        axes.set_ylabel("density (1/mg); opinion", fontsize=8)
    for axes in panels[1, :3]:
        axes.set_xlabel("ink (mg)", fontsize=8)
    panels[0, 3].tick_params(labelbottom=True)  # below it is another axis
    draw_standing(panels[1, 3], run, run[-1].round)
    panels[1, 3].set_title("both players (nats)", fontsize=8.5)
    panels[1, 3].set_xlabel("round", fontsize=8)
    panels[1, 3].tick_params(labelsize=7)
    picture.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize=8)
    return picture


def animation(path: str | Path) -> None:
    """The run as an animation: p, the exact p_G, D over D*, and the two numbers as they fall."""
    from matplotlib.animation import FuncAnimation
    from matplotlib.figure import Figure

    run = played(0, at=FILM)
    picture = Figure((7.2, 3.4), layout="constrained")
    left, right = picture.subplots(1, 2, width_ratios=[3, 2])

    def show_frame(k: int) -> None:
        moment = run[min(k, len(run) - 1)]
        left.clear()
        right.clear()
        draw(left, moment)
        left.legend(loc="upper left", fontsize=7, frameon=False)
        left.set(xlabel="ink (mg)", ylabel="density (1/mg); opinion", ylim=(-0.16, 1.9))
        draw_standing(right, run, moment.round)
        right.set(xlabel="round", ylabel="nats")
        stand = moment.stand
        told = f"round {moment.round:5,}     JS {stand.js:.4f}     gap {stand.gap:.4f}"
        picture.suptitle(told, family="monospace")

    FuncAnimation(picture, show_frame, len(run) + 12).save(path, writer="pillow", fps=6, dpi=90)


# %% [markdown]
# **Next**: here the two went home together. Lesson 14 asks why most pairs circle.
#
# *Sources.* I. Goodfellow et al. 2014, Algorithm 1, eq. 1, 2 and 6, section 4. D. Lopez-Paz and M. Oquab 2017 (a
# fresh critic as a test). S. Arora et al. 2017 (a critic of little capacity is content with too little). W.
# Hoeffding 1963. The forger and the bank intern are H. Heidenreich's.
#
# ## Now you
#
# `minigan exercise start 13` puts `e13_the_loop.py` into your folder: write Algorithm 1's loop for any two
# networks. `minigan exercise check 13` watches every turn (who moved, on which noise, along which gradient) and
# then measures the exact JS on data that you haven't seen.
#
# And the run as its people lived it, from its own numbers: `minigan lesson 13 --story`.

# %%
if __name__ == "__main__":
    if "--story" in sys.argv:
        print("\n".join(story()))
    else:
        show("l13_first_gan", claims, figure)
        print("as a story: python lessons/l13_first_gan.py --story")
