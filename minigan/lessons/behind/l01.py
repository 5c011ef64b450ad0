"""Behind lesson 01, "What happens in one round?": its claims and its figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import minigan as mg
from minigan.lessons import Claims
from minigan.lessons.l01_ten_forgeries import (
    NOISE,
    PHI0,
    PHI1,
    REAL,
    THETA,
    bill_by_minigan,
    d_slopes,
    generate,
    logit,
    payments,
    play,
    players,
    sigmoid,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UDL_D, UDL_G = 13.814757170851447, 13.78437035945412  # printed in notebook 15.1
TRUTH = np.repeat([1.0, 0.0], 10)  # ten real sounds, then ten forgeries


def two_number_bill(angle: float = np.pi / 6) -> tuple[float, int]:
    """(D's bill in nats, treats for the brother) with pitch and timbre for one number, and two weights in D."""
    along = np.array([np.cos(angle), np.sin(angle)])
    real, fake = np.outer(REAL, along), np.outer(generate(NOISE, THETA), along)  # (10, 2) each
    weights = PHI1 * along
    s_real, s_fake = PHI0 + real @ weights, PHI0 + fake @ weights
    bill = -np.log(sigmoid(s_real)).sum() - np.log(1 - sigmoid(s_fake)).sum()
    return float(bill), int((s_real > 0).sum() + (s_fake <= 0).sum())


def by_minigan(rounds: int) -> np.ndarray:
    """The loop of `play` with minigan's networks and their backward -> rows like those of `play`."""
    G, D = players()
    real, noise = REAL[:, None], NOISE[:, None]
    g_trace, trace, both = G.trace(10), D.trace(10), D.trace(20)
    history = []
    for n in range(rounds + 1):
        bill = 10 * mg.discriminator_loss(D(real), D(G(noise)))[0]  # 10: from means to sums
        history.append((G.theta[1], D.theta[1], D.theta[0], float(bill)))
        if n == rounds:
            break
        sounds = np.concatenate([real, G(noise)])
        for _ in range(300):
            s = D.forward(sounds, both)
            _, d_real, d_fake = mg.discriminator_loss(s[:10], s[10:])
            D.backward(np.concatenate([d_real, d_fake]), both)
            D.assign(D.theta - 0.01 * 10 * D.grad)
        for _ in range(3):
            s = D.forward(G.forward(noise, g_trace), trace)
            _, d_fake = mg.generator_loss(s, "minimax")
            G.backward(D.backward(d_fake, trace, params=False, inputs=True), g_trace)
            G.assign(G.theta - [0.0, 0.02 * 10 * G.grad[1]])  # W stays 1
    return np.array(history)


def step_factor(centre: float) -> float:
    """By how much one step of D multiplies a small error at peace, measured along the steepest direction."""
    x = np.concatenate([REAL, NOISE + REAL.mean() - NOISE.mean()]) - centre
    _, vectors = np.linalg.eigh(np.array([[20, x.sum()], [x.sum(), x @ x]]) / 4)
    error = 1e-6 * vectors[:, -1]
    after = error - 0.01 * np.array(d_slopes(x, error[0], error[1], TRUTH))
    return float(after @ error / (error @ error))


def factor(centre: float, sounds: np.ndarray) -> float:
    """The same for these sounds at peace: 1 - .01 lambda, lambda by the quadratic formula, in plain floats."""
    x = [float(v) - centre for v in sounds]
    one, two = sum(x), sum(v * v for v in x)
    # 4 lambda is the larger root of r^2 - (20 + two) r + 20 two - one^2
    return 1 - 0.01 / 4 * ((20 + two) / 2 + (((20 - two) / 2) ** 2 + one**2) ** 0.5)


def fewest_called_real(history: np.ndarray) -> int:
    """The fewest of the twenty sounds that D calls real, in the rounds of a history of `play`."""
    return min(int((logit(np.concatenate([REAL, NOISE + t]), a, b) > 0).sum()) for t, a, b, _ in history)


def claims(quick: bool = False) -> Claims:
    """The numbers of this lesson; the long games only in full."""
    made = Claims()
    equal, below = made.equal, made.below

    draws = [np.random.RandomState(seed).normal(size=10) for seed in (0, 1)]
    off = np.abs(np.concatenate([REAL, NOISE]) - np.concatenate([draws[0] + 7.5, draws[1]])).max()
    says = "largest difference of the twenty literals from UDL's draws"
    source = "NumPy's frozen legacy generator, seeds 0 and 1"
    equal("numbers", says, off, 0, 1e-12, source)
    real, fake = payments(THETA, PHI0, PHI1)
    s_fake = logit(generate(NOISE, THETA), PHI0, PHI1)
    right = int((logit(REAL, PHI0, PHI1) > 0).sum()), int((s_fake <= 0).sum())
    source = "D > 1/2 just where x > 2: 10 reals, and 2 fakes below"
    equal("treats_brother", "treats for the brother, of 20", sum(right), 12, 0, source)
    equal("treats_parrot", "treats for the parrot, of 20", 20 - sum(right), 8, 0, "20 - 12")

    udl = "UDL notebook 15.1"
    equal("d_loss", "D's bill for 10 + 10 sounds, nats", real.sum() + fake.sum(), UDL_D, 1e-12, udl)
    source = "difference of UDL's two numbers"
    equal("d_real", "of it for the 10 real ones, nats", real.sum(), UDL_D - UDL_G, 1e-12, source)
    equal("g_term", "of it for the 10 forgeries, which G raises, nats", fake.sum(), UDL_G, 1e-12, udl)
    logits = 10 * (PHI0 + THETA) + NOISE.sum()
    source = "-log D = -log(1 - D) - s: UDL's number less the sum of the logits"
    says = "what the label trick makes G pay, nats"
    equal("label_trick", says, -np.log(sigmoid(s_fake)).sum(), UDL_G - logits, 1e-12, source)
    s = PHI0 + PHI1 * (NOISE[3] + THETA)  # the logit of the fourth forgery, -.073
    says, source = "what D pays for the fourth forgery, rightly called fake, nats", "Taylor series of log(1 + e^s)"
    equal("doubt", says, fake[3], np.log(2) + s / 2 + s**2 / 8 - s**4 / 192, 1e-9, source)
    coin, blind = 20 * np.log(2), sum(map(np.sum, payments(THETA, 0, 0)))
    equal("coin", "what always saying one half costs, nats", blind, coin, 1e-12, "20 log 2")
    source = "UDL's sum over 10"
    equal("per_pair", "D's bill in minigan's unit, nats per pair", bill_by_minigan(), UDL_D / 10, 1e-12, source)
    highest, lowest = generate(NOISE, THETA).max(), REAL.min()
    steep = sum(map(np.sum, payments(THETA, -20 * (highest + lowest) / 2, 20.0)))
    says = "the same twenty with a steep D half-way between them, nats"
    source = "log(1 + e^-a) < e^-a, a the least logit"
    below("no_peace", says, steep, 20 * np.exp(-20 * (lowest - highest) / 2), source)
    h = 1e-5
    up, down = payments(THETA + h, PHI0, PHI1)[1].sum(), payments(THETA - h, PHI0, PHI1)[1].sum()
    says, source = "slope of G's term, nats per unit of theta", "central difference, h = 1e-5"
    equal("theta_slope", says, PHI1 * sigmoid(s_fake).sum(), (up - down) / (2 * h), 1e-8, source)
    two_bill, two_treats = two_number_bill()
    source = f"{udl}, and cos^2 + sin^2 = 1"
    equal("two_numbers", "D's bill with voices of two numbers, nats", two_bill, UDL_D, 1e-12, source)
    equal("two_treats", "treats for the brother with voices of two numbers", two_treats, 12, 0, "as with one")

    five, nets = play(5), "minigan's networks and backward"
    theta, phi0, phi1, _ = five[5]
    equal("theta_5", "theta after 5 rounds", theta, by_minigan(5)[5, 0], 1e-9, nets)
    verdicts = (logit(REAL, phi0, phi1) > 0).sum() + (logit(NOISE + theta, phi0, phi1) <= 0).sum()
    says, source = "D's right verdicts after 5 rounds, of 20", "the two groups are apart, and D has learned it"
    equal("right_5", says, verdicts, 20, 0, source)
    peace, source = float(REAL.mean() - NOISE.mean()), "where the means agree"
    equal("peace", "theta at peace", peace, (sum(REAL.tolist()) - sum(NOISE.tolist())) / 10, 1e-12, source)
    sounds = np.concatenate([REAL, NOISE + peace])
    steepest = np.abs(d_slopes(sounds, 0.0, 0.0, TRUTH)).max()
    says, source = "the larger of D's slopes there, with phi = 0", "(sum of forgeries - sum of reals) / 2 = 0"
    equal("at_rest", says, steepest, 0, 1e-12, source)
    thrown, safe = factor(0.0, sounds), factor(7.5, sounds)
    source = "1 - .01 lambda, lambda by the quadratic formula"
    equal("thrown", "what one step of D does to its error at peace", step_factor(0.0), thrown, 1e-6, source)
    equal("safe", "the same where D hears x - 7.5", step_factor(7.5), safe, 1e-6, "the same formula")
    if quick:
        return made

    made.full = True
    long, same = play(48), by_minigan(48)
    passes = int(np.argmax(same[:, 0] > peace))
    equal("passes", "round in which theta passes 8.335", np.argmax(long[:, 0] > peace), passes, 0, nets)
    equal("theta_36", "theta after 36 rounds", long[36, 0], same[36, 0], 1e-6, nets)
    equal("theta_48", "theta after 48 rounds", long[48, 0], same[48, 0], 1e-6, nets)
    says = "the least that D's bill is after rounds 34 to 48, nats"
    equal("worse_than_coin", says, long[34:, 3].min(), same[34:, 3].min(), 1e-6, nets)
    says = "the fewest sounds called real after rounds 36 to 48, of 20"
    equal("all_real", says, fewest_called_real(long[36:]), fewest_called_real(same[36:]), 0, nets)
    calm, stalled = play(100, centre=7.5, label_trick=True)[-1], play(300, centre=7.5)[-1]
    source = "mean x - mean z"
    equal("settles", "theta after 100 rounds, centred, with the label trick", calm[0], peace, 1e-6, source)
    equal("settled_bill", "D's bill then, nats", calm[3], coin, 1e-6, "20 log 2")
    equal("stall_ends", "theta after 300 rounds, centred, without the trick", stalled[0], peace, 1e-6, source)
    return made


def figure(quick: bool = False) -> Figure:
    """The round as a data flow: noise to G, forgeries and reals to D, opinions to bills, and slopes back."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyBboxPatch

    from minigan.plotting import BLUE, GREY, RED, STYLE

    fakes = generate(NOISE, THETA)
    paid_real, paid_fake = payments(THETA, PHI0, PHI1)
    with rc_context(STYLE):
        drawing = Figure((8, 5.6), layout="constrained")
        ax = drawing.subplots()
        ax.set(xlim=(0, 100), ylim=(27.4, -2.6))
        ax.axis("off")

        def box(x: float, top: float, width: float, bottom: float, text: str, colour: str) -> None:
            ax.add_patch(FancyBboxPatch((x, top), width, bottom - top, boxstyle="round,pad=0,rounding_size=0.8",
                                        facecolor="white", edgecolor=colour, linewidth=1.6))  # fmt: skip
            ax.text(x + width / 2, (top + bottom) / 2, text, ha="center", va="center", fontsize=9, linespacing=1.5)

        def arrow(x0: float, y0: float, x1: float, y1: float, **how: Any) -> None:
            how = {"arrowstyle": "-|>", "color": "black", "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0} | how
            ax.annotate("", (x1, y1), (x0, y0), arrowprops=how)

        heads = (4, "noise z"), (30, "sound x"), (60, "D(x), probability\nof real"), (90, "D pays,\nnats")
        for x, text in (*heads, (74.5, "treat\nto")):
            ax.text(x, -0.9, text, ha="center", va="bottom", fontsize=9, color=GREY)
        groups = (fakes, paid_fake, RED, 0.0), (REAL, paid_real, BLUE, 12.0)
        for group, (xs, paid, colour, top) in enumerate(groups):
            for i, x in enumerate(xs):
                y, D = top + i + 0.3, float(sigmoid(logit(x, PHI0, PHI1)))
                right = (D > 0.5) == bool(group)
                if not group:
                    ax.text(6.5, y, f"{NOISE[i]:.2f}", ha="right", va="center", fontsize=8)
                ax.text(32.5, y, f"{x:.2f}", ha="right", va="center", fontsize=8, color=colour)
                ax.barh(y, 14 * D, 0.72, left=53, color=colour, alpha=0.45 if group else 0.75)
                ax.text(52.4, y, f"{D:.4f}", ha="right", va="center", fontsize=8)
                ax.text(74.5, y, "brother" if right else "parrot", ha="center", va="center", fontsize=8,
                        fontweight="normal" if right else "bold")  # fmt: skip
                ax.barh(y, 4.6 * paid[i], 0.72, left=87, color=colour, alpha=0.45 if group else 0.75)
                ax.text(86.5, y, f"{paid[i]:.4f}", ha="right", va="center", fontsize=8)
            ax.text(86.5, top + 10.35, f"{paid.sum():.4f}", ha="right", va="center", fontsize=9, fontweight="bold")
            says = "D lowers" if group else "D lowers,\nG raises"
            ax.text(87.5, top + 10, says, va="top", fontsize=8, color=GREY)
            ax.plot([60, 60], [top - 0.25, top + 9.8], color="black", linewidth=0.8, linestyle=":")
        ax.text(60, 22.35, "½", ha="center", va="center", fontsize=9)
        caught = int((logit(REAL, PHI0, PHI1) > 0).sum() + (logit(fakes, PHI0, PHI1) <= 0).sum())
        ax.text(74.5, 22.35, f"{caught} : {20 - caught}", ha="center", va="center", fontsize=9, fontweight="bold")
        box(11.5, 0, 11, 9.6, "G\n\nz + θ\nθ = 3", RED)
        box(35.5, 0, 10.5, 21.6, "D\n\nσ(φ₀ + φ₁x)\nφ₀ = −2\nφ₁ = 1", "black")
        ax.text(17, 16.8, "ten real sounds", ha="center", va="center", fontsize=9, color=BLUE)
        for y, spans in (4.8, ((8, 11.3), (22.7, 26.3), (33, 35.3))), (16.8, ((24.7, 27.3), (33, 35.3))):
            for x0, x1 in spans:
                arrow(x0, y, x1, y)
        # the slopes, on their way back: to D, and through D to G
        dashed = {"color": GREY, "linestyle": "--"}
        slopes = d_slopes(np.concatenate([REAL, fakes]), PHI0, PHI1, TRUTH)
        up = PHI1 * sigmoid(logit(fakes, PHI0, PHI1)).sum()
        ax.plot([92, 92, 40.75], [23.4, 25, 25], color=GREY, linewidth=1.2, linestyle="--")
        arrow(40.75, 25, 40.75, 21.9, **dashed)
        ax.plot([35.5, 17], [11, 11], color=GREY, linewidth=1.2, linestyle="--")
        arrow(17, 11, 17, 9.9, **dashed)
        ax.text(8, 12.2, f"slope of θ {up:+.2f}:\nG climbs, through D", va="center", fontsize=8.5)
        ax.text(42, 26.1, f"slopes of φ₀ {slopes[0]:+.2f} and φ₁ {slopes[1]:+.2f} nats per unit:  D descends",
                fontsize=8.5, va="center")  # fmt: skip
        whole = paid_fake.sum() + paid_real.sum()
        drawing.suptitle(f"One round: ten forgeries cost the critic {paid_fake.sum():.2f} of his {whole:.2f} nats")
    return drawing
