"""Wrong answers to exercise 13 that a student may well write; the judge must refuse each."""

RIGHT = """import numpy as np
import minigan as mg


def play(G, D, move_G, move_D, draw_real, draw_z, rounds):
    for _ in range(rounds):
        real, z = draw_real(), draw_z()
        fake = G(z)
        n = len(real)
        trace = D.trace(2 * n)
        logits = D.forward(np.concatenate([real, fake]), trace)
        _, d_real, d_fake = mg.discriminator_loss(logits[:n], logits[n:])
        D.backward(np.concatenate([d_real, d_fake]), trace)
        move_D.step()
        z = draw_z()
        made, judged = G.trace(n), D.trace(n)
        logits = D.forward(G.forward(z, made), judged)
        _, d_fake = mg.generator_loss(logits)
        dx = D.backward(d_fake, judged, params=False, inputs=True)
        G.backward(dx, made)
        move_G.step()
"""


def changed(*pairs: tuple[str, str]) -> str:
    """The right answer with one thought of it changed."""
    source = RIGHT
    for old, new in pairs:
        assert old in source, old
        source = source.replace(old, new)
    return source


MUTANTS: dict[str, str] = {
    "one z for both turns": changed(("        z = draw_z()\n        made", "        made")),
    "both gradients first, then both steps: the simultaneous game": changed(
        ("        move_D.step()\n", ""),
        ("        move_G.step()\n", "        move_D.step()\n        move_G.step()\n"),
    ),
    "G's slope from the D before her step": changed(
        ("        move_D.step()\n        z =", "        old = D.copy()\n        move_D.step()\n        z ="),
        ("made, judged = G.trace(n), D.trace(n)", "made, judged = G.trace(n), old.trace(n)"),
        ("logits = D.forward(G.forward(z, made), judged)", "logits = old.forward(G.forward(z, made), judged)"),
        ("dx = D.backward", "dx = old.backward"),
    ),
    "the honest label in G's turn": changed(("generator_loss(logits)", 'generator_loss(logits, "minimax")')),
    "G goes up instead of down": changed(("G.backward(dx, made)", "G.backward(-dx, made)")),
    "two passes of D for the two heaps, the second overwrites the first": changed(
        (
            "        D.backward(np.concatenate([d_real, d_fake]), trace)\n",
            "        for heap, slope in ((real, d_real.copy()), (fake, d_fake.copy())):\n"
            "            one = D.trace(n)\n"
            "            D.forward(heap, one)\n"
            "            D.backward(slope, one)\n",
        )
    ),
    "fakes first in the pass, genuine first in the loss": changed(
        ("np.concatenate([real, fake])", "np.concatenate([fake, real])")
    ),
    "d_fake for the genuine samples, d_real for the fakes": changed(
        ("np.concatenate([d_real, d_fake])", "np.concatenate([d_fake, d_real])")
    ),
    "the fakes' logits first in the loss": changed(("(logits[:n], logits[n:])", "(logits[n:], logits[:n])")),
    "D's turn moves G too, along the same loss": changed(
        ("fake = G(z)\n", "made = G.trace(len(z))\n        fake = G.forward(z, made)\n"),
        (
            "        move_D.step()\n",
            "        dx = D.backward(d_fake, ahead(D, fake), params=False, inputs=True)\n"
            "        G.backward(dx, made)\n        move_D.step()\n        move_G.step()\n",
        ),
        (
            "def play",
            "def ahead(D, x):\n    trace = D.trace(len(x))\n    D.forward(x, trace)\n    return trace\n\n\n"
            "def play",
        ),
    ),
    "half the sum of the two means": changed(
        ("np.concatenate([d_real, d_fake])", "np.concatenate([d_real, d_fake]) / 2")
    ),
    "D moves along in G's turn, since her grad is filled": changed(
        ("        move_G.step()\n", "        move_G.step()\n        move_D.step()\n")
    ),
    "G moves first": changed(
        ("        move_D.step()\n        z =", "        move_G.step()\n        z ="),
        ("(dx, made)\n        move_G.step()\n", "(dx, made)\n        move_D.step()\n"),
    ),
    "genuine samples drawn once, before the loop": changed(
        (
            "    for _ in range(rounds):\n        real, z = draw_real(), draw_z()\n",
            "    real = draw_real()\n    for _ in range(rounds):\n        z = draw_z()\n",
        )
    ),
    "moves G's weights himself, against their gradient": changed(
        ("        move_G.step()\n", "        G.assign(G.theta - 0.1 * G.grad)\n")
    ),
    "D learns for five steps before each of G's": changed(
        ("        move_D.step()\n", "        for _ in range(5):\n            move_D.step()\n")
    ),
    "the loop runs once, whatever rounds says": changed(("range(rounds)", "range(1)")),
}
