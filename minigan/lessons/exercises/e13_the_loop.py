"""Exercise 13: Algorithm 1, the loop in which two networks train each other.

Write your code below, then: minigan exercise check 13. A next hint: minigan exercise hint 13.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import minigan as mg

Draw = Callable[[], np.ndarray]


def play(
    G: mg.Sequential, D: mg.Sequential, move_G: Any, move_D: Any, draw_real: Draw, draw_z: Draw, rounds: int
) -> None:
    """Play this many rounds of Algorithm 1 (Goodfellow et al. 2014), D's turn first; G's with the label trick.

    G, D            networks; D gives one logit a row
    move_G, move_D  optimisers: .step() moves its network once, against the network's `grad` (theta goes down it)
    draw_real       a function: every call gives new genuine samples (B, dim)
    draw_z          a function: every call gives new noise (B, k)

    A round is two turns.
    1. D's: draw one batch of genuine samples and one of noise, make fakes, and move D once. D.grad is then the
       gradient of -V = mean -log D(real) + mean -log(1 - D(fake)), two means, added.
    2. G's: draw one batch of *new* noise, make fakes, ask D as she is *now*, and move G once. G.grad is then the
       gradient of mean -log D(fake).
    A turn moves nobody else. Returns nothing. With rounds = 0 nothing is drawn and nobody moves.

    From minigan you need
        trace = net.trace(rows)                     room for one pass
        y = net.forward(x, trace)                   (rows, out), good until the trace's next pass
        net.backward(dy, trace)                     writes net.grad
        dx = net.backward(dy, trace, params=False, inputs=True)     dL/dx instead
        loss, d_real, d_fake = mg.discriminator_loss(real_logits, fake_logits)
        loss, d_fake = mg.generator_loss(fake_logits)               mean -log D, and its gradient
    and np.concatenate, if you judge both heaps in one pass (net.grad is assigned by backward, never added to).
    """
    raise NotImplementedError("your code here")
