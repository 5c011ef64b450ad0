"""Exercise 1: what the critic pays.

Fill the gap, then `minigan exercise check 1`. The judge calls your function with logits of its own choosing, of
one sample and of many, small and very large, and holds the answer against one computed with hundreds of digits.
`minigan exercise hint 1` gives the first of three hints.
"""

import numpy as np


def discriminator_loss(real_logits: np.ndarray, fake_logits: np.ndarray) -> float:
    """D's loss, in nats per pair: the mean of -log D(x) over the real samples PLUS the mean of -log(1 - D(G(z)))
    over the fakes. Not their half, and not one mean over all samples together.

    real_logits (n, 1) and fake_logits (m, 1) are D's logits s, float64; n and m are 1 or more and may differ. The
    probability that a sample is real is D = 1 / (1 + exp(-s)). Return a number, not an array, and leave the two
    arrays as they were.

    A logit may be as large as 1000 or as low as -1000. The loss must then be right too: a fake at s = 1000 costs
    1000 nats, not inf or nan, and a real sample there costs nothing.

    The formula, as a loop which says what is meant but fails at such logits:

        real = sum(-math.log(1 / (1 + math.exp(-s))) for s in real_logits[:, 0]) / n
        fake = sum(-math.log(1 - 1 / (1 + math.exp(-s))) for s in fake_logits[:, 0]) / m
        return real + fake

    Example: real_logits [[0.0], [2.0]] and fake_logits [[-1.0]] cost .410038 + .313262 = .723299 nats.
    """
    raise NotImplementedError("your code here")
