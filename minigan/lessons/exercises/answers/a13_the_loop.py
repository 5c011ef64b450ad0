"""The answer to exercise 13, its hints and its judge."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import minigan as mg
from minigan.exercises import Deck, close, wrong
from minigan.theory import oracle

HINTS = (
    "Write the two turns as if the other player didn't exist. D's turn needs samples of G as numbers, and no more "
    "of him: call G(z). G's turn needs D's slope, so there both networks want a trace. Each turn draws noise of "
    "its own.",
    "D's turn: put [real; fake] into one forward pass of 2B rows, hand the two halves of the logits to "
    "mg.discriminator_loss, put its two gradients together again in the same order, and give them to D.backward. "
    "Then move_D.step(). In G's turn the chain is z -> G -> D -> loss, so the gradient walks loss -> D -> G.",
    "G's turn: fake = G.forward(z, made); logits = D.forward(fake, judged); _, d_fake = "
    "mg.generator_loss(logits); dx = D.backward(d_fake, judged, params=False, inputs=True); "
    "G.backward(dx, made); move_G.step(). Forward comes after move_D.step(): an older trace is stale, and minigan "
    "says so.",
)
ANSWER = ("play",)
WHY = """
The turns look alike and are not. D is asked twice in a round, before and after she moved: G must follow the
slope of the critic that he will meet, and a trace from before her step belongs to other weights. He needs new
noise, because her step was fitted to the fakes of the first turn: on those her slope is biased, on new ones it
is what it will be on all his bills. No flag says whose turn it is: D.backward with params=False, inputs=True
hands the slope through and leaves D alone, and G(z), without a trace, leaves nothing that could flow back.
Common mistakes: one z for both turns; both gradients first and then both steps (that is the simultaneous game,
another algorithm: lesson 14); two calls of D.backward for the two heaps, where the second overwrites the first;
the sign of G's gradient; the honest label in G's turn, which starves him when D is sure (lesson 11); stepping D
in G's turn because her grad happens to be filled. A low JS at the end would have missed most of these: in one
dimension several of them find a decent bell as well. So the judge looks at every move.
"""


def play(
    G: mg.Sequential,
    D: mg.Sequential,
    move_G: Any,
    move_D: Any,
    draw_real: Callable[[], np.ndarray],
    draw_z: Callable[[], np.ndarray],
    rounds: int,
) -> None:
    """Algorithm 1: in each round D moves up V, then G, on new noise, down -log D(G(z))."""
    for _ in range(rounds):
        real, fake = draw_real(), G(draw_z())
        trace = D.trace(len(real) + len(fake))
        logits = D.forward(np.concatenate([real, fake]), trace)
        _, d_real, d_fake = mg.discriminator_loss(logits[: len(real)], logits[len(real) :])
        D.backward(np.concatenate([d_real, d_fake]), trace)
        move_D.step()

        z = draw_z()
        made, judged = G.trace(len(z)), D.trace(len(z))
        _, d_fake = mg.generator_loss(D.forward(G.forward(z, made), judged))
        G.backward(D.backward(d_fake, judged, params=False, inputs=True), made)
        move_G.step()


UPHILL, HALF = "yours has the other sign: it goes uphill", "yours is half of it"
WRONG = {
    "D": (
        "yours is that of the genuine samples alone",
        "yours is that of the fakes alone: backward assigns net.grad, so a second call overwrites the first",
        "yours takes the fakes for genuine, and the genuine for fakes: the heap that comes first in the pass must "
        "be the first that discriminator_loss is given",
        "yours gives d_fake to the genuine samples and d_real to the fakes: put the two together in the "
        "pass's own order",
        "yours hands discriminator_loss the fakes' logits in the place of the genuine ones'",
    ),
    "G": ("yours is that of the honest label, mean log(1 - D(fake))",),
}


class Referee:
    """Watches a game: what was drawn since the last move, whose turn it is, and along which gradient he moves."""

    def __init__(self, G: mg.Sequential, D: mg.Sequential, batch: int, rng: np.random.Generator):
        self.G, self.D, self.batch, self.rng = G, D, batch, rng
        self.moves, self.drawn = 0, {"real": list[np.ndarray](), "z": list[np.ndarray]()}
        self.remember()

    def remember(self) -> None:
        self.thetas = {"G": self.G.theta.copy(), "D": self.D.theta.copy()}
        for batches in self.drawn.values():
            batches.clear()

    def draw(self, what: str, columns: int) -> np.ndarray:
        self.drawn[what].append(self.rng.standard_normal((self.batch, columns)))
        return self.drawn[what][-1].copy()

    def nobody_moved(self, when: str) -> None:
        for name, net in (("D", self.D), ("G", self.G)):
            if not np.array_equal(net.theta, self.thetas[name]):
                wrong(f"{when}: {name}.theta has changed since the last turn, but not by its optimiser's step()")

    def losses(self, who: str) -> np.ndarray:
        """What the player pays, from its definition, -log sigmoid(s) = log(1 + e^-s); then what WRONG lists."""
        fake = self.D(self.G(self.drawn["z"][0]))
        if who == "G":
            return np.array([np.logaddexp(0, -fake).mean(), -np.logaddexp(0, fake).mean()])
        real = self.D(self.drawn["real"][0])
        pays = [np.logaddexp(0, -real).mean(), np.logaddexp(0, fake).mean()]
        swapped = [(to_real * real + to_fake * fake).mean() for to_real, to_fake in self.exchanged]
        return np.array([sum(pays), *pays, np.logaddexp(0, real).mean() + np.logaddexp(0, -fake).mean(), *swapped])

    def exchange(self) -> None:
        """Before D moves: the slopes that land on her logits, genuine and fake, where two heaps were exchanged."""
        real, fake = (1 / (1 + np.exp(-self.D(x))) for x in (self.drawn["real"][0], self.G(self.drawn["z"][0])))
        self.exchanged = ((fake, real - 1), (fake - 1, real))

    def before(self, who: str) -> None:
        """Called by an optimiser's step() before it moves its network."""
        turn = "DG"[self.moves % 2]
        here = f"round {self.moves // 2 + 1}, {turn}'s turn"
        if who == "G" and (self.drawn["real"] if turn == "D" else not self.drawn["z"]):
            wrong(
                f"round {self.moves // 2 + 1}, D's turn: you moved G as well. It moves D alone, and what she pays "
                "is no business of his; his own turn comes after it, on noise that is drawn anew"
            )
        if who != turn:
            wrong(f"{here}: you moved {who}; wanted D, G, D, G, ...: one step each, D first")
        self.nobody_moved(here)
        wanted = {"real": 1, "z": 1} if turn == "D" else {"real": 0, "z": 1}
        for what, number in wanted.items():
            if len(self.drawn[what]) != number:
                wrong(
                    f"{here}: since the last move you drew {len(self.drawn[what])} batches of "
                    f"{'noise' if what == 'z' else 'genuine samples'}; wanted {number}"
                )
        if who == "D":
            self.exchange()
        net = self.D if who == "D" else self.G
        theta, got = net.theta.copy(), net.grad.copy()
        directions, h = self.rng.standard_normal((3, net.size)), 1e-5
        slopes = []
        for v in directions:  # central differences, on what was drawn in this turn
            ends = []
            for sign in (1, -1):
                net.assign(theta + sign * h * v)
                ends.append(self.losses(who))
            slopes.append((ends[0] - ends[1]) / (2 * h))
        net.assign(theta)
        wanted, *others = np.transpose(slopes)
        what = "mean -log D(real) + mean -log(1 - D(fake))" if who == "D" else "mean -log D(fake), D as she is now"
        known = zip((-wanted, wanted / 2, *others), (UPHILL, HALF, *WRONG[who]), strict=True)
        guess = next((f" ({words})" for slope, words in known if np.allclose(directions @ got, slope, 1e-4)), "")
        close(f"{here}: slopes along {who}.grad of {what}{guess}", directions @ got, wanted, 1e-5,
              given="3 random directions, by central differences")  # fmt: skip


class Watched:
    """An optimiser that tells the referee before it moves. It stays here, and so do its network's moves."""

    exposes = ("step",)

    def __init__(self, who: str, net: mg.Sequential, referee: Referee, rate: float):
        self.who, self.referee, self.inner = who, referee, mg.SGD(rate).bind(net)

    def step(self) -> None:
        self.referee.before(self.who)
        self.inner.step()
        self.referee.moves += 1
        self.referee.remember()


def judge(student: Any, rng: np.random.Generator) -> None:
    # Every move of a few rounds, on smooth networks of several shapes.
    for rounds in (0, 1, 5):
        k, dim, batch = (int(n) for n in rng.integers([1, 1, 5], [4, 4, 8]))
        seed = int(rng.integers(1 << 30))
        double = mg.Backend("numpy", "float64")
        G = mg.Sequential([mg.Dense(k, 5), mg.Tanh(), mg.Dense(5, dim)], double, seed=seed, name="G")
        D = mg.Sequential([mg.Dense(dim, 6), mg.Tanh(), mg.Dense(6, 1)], double, seed=seed, name="D")
        referee = Referee(G, D, batch, rng)
        moves = Watched("G", G, referee, 0.3), Watched("D", D, referee, 0.3)
        student.play(
            G, D, *moves, lambda r=referee, d=dim: r.draw("real", d), lambda r=referee, k=k: r.draw("z", k), rounds
        )
        if referee.moves != 2 * rounds:
            wrong(f"rounds = {rounds}: wanted {2 * rounds} moves, one of D, one of G a round; got {referee.moves}")
        referee.nobody_moved(f"rounds = {rounds}, after the last round")

    # And it learns: N(m, s²), scaled, until the exact JS is small.
    data, latent, rounds, B = mg.Gaussian(rng.normal(0, 5), rng.uniform(0.2, 3)), mg.Latent(1), 1000, 128
    scaler = mg.scaler(data)

    def net(name: str, width: int, init: str) -> mg.Sequential:
        inner = [mg.Dense(1, width, init=init), mg.LeakyReLU(), mg.Dense(width, width, init=init), mg.LeakyReLU()]
        return mg.Sequential([*inner, mg.Dense(width, 1, init=init)], seed=13, name=name)

    G, D = net("G", 16, "glorot"), net("D", 32, "he")
    layers: Any = D.layers
    layers[0].b[...] = np.linspace(-2, 2, 32)
    layers[-1].W[...] = 0
    D.moved()
    adams = [mg.Adam(mg.HoldThenCosine(rate, rounds, 0), 0.5).bind(net) for rate, net in ((1e-3, G), (3e-3, D))]

    real = Deck(scaler.to_network(data.sample(rounds * B, rng)).reshape(rounds, B, 1))
    noise = Deck(latent.fill(np.empty((2 * rounds * B, 1)), rng).reshape(2 * rounds, B, 1))
    student.play(G, D, *adams, real, noise, rounds)
    js = mg.js(data, oracle.pushforward(G, latent, scaler))
    if not js <= 0.02:
        what = f"N({data.mean[0]:.2f}, {math.sqrt(data.covariance[0, 0]):.2f}²), scaled"
        wrong(f"after {rounds} rounds on {what}, the exact JS is {js:.4f} nats; wanted .02 at most")
