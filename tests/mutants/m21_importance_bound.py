"""Wrong answers to exercise 21, which its judge must refuse."""

_GOOD = """import numpy as np


def log_weights(log_joint, mu, sigma, eps):
    z = mu + sigma * eps
    log_q = -(((z - mu) / sigma) ** 2 / 2 + np.log(sigma) + np.log(2 * np.pi) / 2).sum(axis=-1)
    return log_joint(z) - log_q


def bound(log_w, m):
    k, n = log_w.shape
    groups = log_w.reshape(k // m, m, n)
    top = groups.max(axis=1, keepdims=True)
    logs = top[:, 0] + np.log(np.exp(groups - top).mean(axis=1))
    return logs.mean(axis=0)
"""


def _but(old: str, new: str) -> str:
    assert _GOOD.count(old) == 1, old
    return _GOOD.replace(old, new)


_LOGS = "top[:, 0] + np.log(np.exp(groups - top).mean(axis=1))"

MUTANTS: dict[str, str] = {
    "q without log sigma": _but(" + np.log(sigma)", ""),
    "log sigma with the wrong sign": _but(" + np.log(sigma)", " - np.log(sigma)"),
    "a guard in the logarithm": _but("np.log(sigma)", "np.log(sigma + 1e-6)"),
    "q without 2 pi": _but(" + np.log(2 * np.pi) / 2", ""),
    "2 pi once for all latents": _but(
        "np.log(sigma) + np.log(2 * np.pi) / 2).sum(axis=-1)",
        "np.log(sigma)).sum(axis=-1) - np.log(2 * np.pi) / 2",
    ),
    "sigma taken for a variance": _but("    z = mu", "    sigma = np.sqrt(sigma)\n    z = mu"),
    "z is moved by the variance": _but("mu + sigma * eps", "mu + sigma**2 * eps"),
    "a variance in q's density": _but("((z - mu) / sigma) ** 2", "(z - mu) ** 2 / sigma"),
    "q at z as if it were the prior": _but("((z - mu) / sigma) ** 2 / 2 + np.log(sigma)", "z**2 / 2"),
    "log q added": _but("log_joint(z) - log_q", "log_joint(z) + log_q"),
    "log p(x, z) alone": _but("log_joint(z) - log_q", "log_joint(z)"),
    "the joint at eps": _but("log_joint(z)", "log_joint(eps)"),
    "the mean over latents": _but(".sum(axis=-1)", ".mean(axis=-1)"),
    "the latents of all images together": _but(".sum(axis=-1)", ".sum(axis=(1, 2), keepdims=True)[..., 0]"),
    "dice of its own": _but(
        "    z = mu", "    eps = np.random.default_rng(7).standard_normal(eps.shape)\n    z = mu"
    ),
    "eps is scaled in place": _but("z = mu + sigma * eps", "eps *= sigma\n    z = mu + eps"),
    "the ELBO whatever m": _but(_LOGS, "groups.mean(axis=1)"),
    "one group whatever m": _but("    k, n = log_w.shape\n", "    k, n = log_w.shape\n    m = k\n"),
    "the sum without 1/m": _but("np.exp(groups - top).mean(axis=1)", "np.exp(groups - top).sum(axis=1)"),
    "as the formula stands: -inf": _but(_LOGS, "np.log(np.exp(groups).mean(axis=1))"),
    "a little added, against log 0": _but(_LOGS, "np.log(np.exp(groups).mean(axis=1) + 1e-300)"),
    "the top of all images": _but("groups.max(axis=1, keepdims=True)", "np.full((k // m, 1, n), groups.max())"),
    "the top of all groups": _but(
        "groups.max(axis=1, keepdims=True)", "np.tile(log_w.max(axis=0), (k // m, 1, 1))"
    ),
    "the top is never added again": _but("top[:, 0] + np.log", "np.log"),
    "the largest weight alone": _but(_LOGS, "top[:, 0] - np.log(m)"),
    "m groups for groups of m": _but("log_w.reshape(k // m, m, n)", "log_w.reshape(m, k // m, n)"),
    "groups of rows that lie apart": _but(
        "log_w.reshape(k // m, m, n)", "log_w.reshape(m, k // m, n).swapaxes(0, 1)"
    ),
    "the first m draws, and the rest thrown away": _but("logs.mean(axis=0)", "logs[0]"),
    "the best group": _but("logs.mean(axis=0)", "logs.max(axis=0)"),
    "the mean over the images": _but("logs.mean(axis=0)", "logs.mean()"),
    "the groups' logs added": _but("logs.mean(axis=0)", "logs.sum(axis=0)"),
    "log_w is changed": _but("    k, n = log_w.shape\n", "    k, n = log_w.shape\n    log_w -= log_w.max()\n"),
    "bits": _but("logs.mean(axis=0)", "logs.mean(axis=0) / np.log(2)"),
    "no return": _but("    return logs.mean(axis=0)", "    logs.mean(axis=0)"),
}
