"""Wrong answers to exercise 17, which its judge must refuse."""

_HEAD = """import numpy as np


def packed_round(z, real, m, G, D):
    B, d = real.shape
"""
_CHECK = "    if B % m:\n        raise ValueError('packs are not full')\n    R = B // m\n"
_REAL = "    s_real, _ = D(real.reshape(R, m * d))\n"
_FAKE = "    s_fake, slope = D(G(z).reshape(R, m * d))\n"
_D_LOSS = "    d_loss = np.logaddexp(0, -s_real).mean() + np.logaddexp(0, s_fake).mean()\n"
_G_LOSS = "    g_loss = np.logaddexp(0, -s_fake).mean()\n"
_LOSSES = _D_LOSS + _G_LOSS
_WEIGHT = "    weight = -np.exp(-np.logaddexp(0, s_fake)) / R\n"
_END = "    return d_loss, g_loss, (weight[:, None] * slope).reshape(B, d)\n"

MUTANTS: dict[str, str] = {
    "packs G's side: one fake, repeated m times": _HEAD + _CHECK + _REAL
    + _FAKE.replace("G(z)", "np.repeat(G(z[::m]), m, axis=0)") + _LOSSES + _WEIGHT + _END,
    "packs G's side: the noise is packed": _HEAD + _CHECK + _REAL
    + _FAKE.replace("G(z)", "G(z.reshape(R, -1))") + _LOSSES + _WEIGHT + _END,
    "packs G's side: one slope for the whole pack": _HEAD + _CHECK + _REAL + _FAKE + _LOSSES + _WEIGHT
    + "    slope = slope.reshape(R, m, d).mean(axis=1)\n"
    + "    return d_loss, g_loss, np.repeat(weight[:, None] * slope, m, axis=0)\n",
    "leaves the slope packed": _HEAD + _CHECK + _REAL + _FAKE + _LOSSES + _WEIGHT
    + _END.replace(".reshape(B, d)", ""),
    "packs samples that lie R apart": _HEAD + _CHECK
    + "    pack = lambda x: x.reshape(m, R, d).transpose(1, 0, 2).reshape(R, m * d)\n"
    + "    s_real, _ = D(pack(real))\n    s_fake, slope = D(pack(G(z)))\n" + _LOSSES + _WEIGHT
    + "    dx = (weight[:, None] * slope).reshape(R, m, d).transpose(1, 0, 2).reshape(B, d)\n"
    + "    return d_loss, g_loss, dx\n",
    "all first coordinates, then all second ones": _HEAD + _CHECK
    + "    pack = lambda x: x.reshape(R, m, d).transpose(0, 2, 1).reshape(R, m * d)\n"
    + "    s_real, _ = D(pack(real))\n    s_fake, slope = D(pack(G(z)))\n" + _LOSSES + _WEIGHT
    + "    dx = (weight[:, None] * slope).reshape(R, d, m).transpose(0, 2, 1).reshape(B, d)\n"
    + "    return d_loss, g_loss, dx\n",
    "back in another order than forth": _HEAD + _CHECK + _REAL + _FAKE + _LOSSES + _WEIGHT
    + "    dx = (weight[:, None] * slope).reshape(R, m, d).transpose(1, 0, 2).reshape(B, d)\n"
    + "    return d_loss, g_loss, dx\n",
    "a mean over samples, not packs": _HEAD + _CHECK + _REAL + _FAKE + _LOSSES
    + _WEIGHT.replace("/ R", "/ B") + _END,
    "packs that are half real, half fake": _HEAD + _CHECK
    + "    both = np.concatenate([G(z)[:, None], real[:, None]], axis=1).reshape(2 * B, d)\n"
    + "    s, slope = D(both.reshape(2 * R, m * d))\n"
    + "    s_real, s_fake, slope = s[R:], s[:R], slope[:R]\n" + _LOSSES + _WEIGHT + _END,
    "no word on packs that are not full": _HEAD + "    R = B // m\n"
    + "    B = R * m\n    s_real, _ = D(real[:B].reshape(R, m * d))\n"
    + "    s_fake, slope = D(G(z)[:B].reshape(R, m * d))\n" + _LOSSES + _WEIGHT + _END,
    "minimax for G": _HEAD + _CHECK + _REAL + _FAKE + _D_LOSS + "    g_loss = -np.logaddexp(0, s_fake).mean()\n"
    + "    weight = -np.exp(-np.logaddexp(0, -s_fake)) / R\n" + _END,
    "overflows": _HEAD + _CHECK + _REAL + _FAKE
    + "    d_loss = np.log(1 + np.exp(-s_real)).mean() + np.log(1 + np.exp(s_fake)).mean()\n"
    + "    g_loss = np.log(1 + np.exp(-s_fake)).mean()\n" + _WEIGHT + _END,
    "sums, not means": _HEAD + _CHECK + _REAL + _FAKE + _LOSSES.replace(".mean()", ".sum()")
    + _WEIGHT.replace(" / R", "") + _END,
    "D's slope at the fakes": _HEAD + _CHECK + _REAL + _FAKE + _LOSSES
    + "    weight = np.exp(-np.logaddexp(0, -s_fake)) / R\n" + _END,
    "prints and returns nothing": _HEAD + _CHECK + _REAL + _FAKE + _LOSSES + _WEIGHT
    + _END.replace("return ", "print(").replace("(B, d)\n", "(B, d))\n"),
}  # fmt: skip
