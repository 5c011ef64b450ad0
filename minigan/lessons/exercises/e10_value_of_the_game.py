"""Exercise 10: the Jensen-Shannon divergence from a critic's answers alone.

Fill the gap, then ask `minigan exercise check 10`. It calls your function with the answers of perfect critics on
secret shifts; `minigan exercise hint 10` gives a hint, and `minigan exercise solution 10` opens once yours has
passed.
"""

from __future__ import annotations

import numpy as np


def jensen_shannon(real: np.ndarray, fake: np.ndarray) -> tuple[float, float]:
    """JS(p, q) in nats, estimated from D's logits on real and fake notes, and the estimate's standard error.

    real (n,)   logits of D on n real notes, drawn from p; D = 1 / (1 + exp(-logit))
    fake (m,)   logits of D on m fakes, drawn from q; n and m are 2 or more and may differ

    The estimate is (V + log 4) / 2 with V = mean of log D over real + mean of log(1 - D) over fake: a loop says it
    so, but for large logits:

        total = 0.0
        for logit in real:
            total += math.log(1 / (1 + math.exp(-logit))) / len(real)
        for logit in fake:
            total += math.log(1 - 1 / (1 + math.exp(-logit))) / len(fake)

    Its standard error is the root of its variance: that of a mean of n independent numbers is their variance
    (divide by n - 1) over n; the variances of independent means add; and mind the last division by 2.

    - Logits may be 1000 or -1000: the answer is finite, for log D is then 0 or -1000, not log 0.
    - Nothing is cut off: from a bad D the estimate may be below 0, and is.
    - The arrays are left as they were.

    >>> jensen_shannon(np.array([0.0, 2.0]), np.array([0.0, -2.0]))
    (0.2831095847584864, 0.20018870720163337)
    """
    raise NotImplementedError("your code here")
