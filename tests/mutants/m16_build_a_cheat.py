"""Wrong answers to exercise 16, which its judge must refuse."""

_HEAD = """import numpy as np


def fool_frechet(train, n, rng):
    noise = rng.standard_normal((n, train.shape[1]))
    noise -= noise.mean(axis=0)
    white = noise @ np.linalg.inv(np.linalg.cholesky(np.atleast_2d(np.cov(noise.T)))).T
    return train.mean(axis=0) + white @ np.linalg.cholesky(np.atleast_2d(np.cov(train.T))).T


def fool_parzen(train, n, rng):
    centres = train[rng.choice(len(train), n, replace=False)].copy()
    for _ in range(10):
        own = np.square(train[:, None] - centres).sum(axis=2).argmin(axis=1)
        for j in range(n):
            if (own == j).any():
                centres[j] = train[own == j].mean(axis=0)
    return centres + 1e-6
"""


def _frechet(body: str) -> str:
    return f"{_HEAD}\n\ndef fool_frechet(train, n, rng):\n{body}"


def _parzen(body: str) -> str:
    return f"{_HEAD}\n\ndef fool_parzen(train, n, rng):\n{body}"


_DRAW = "rng.multivariate_normal(train.mean(axis=0), np.atleast_2d(np.cov(train.T)), n)"
_WHITE = (
    "    d = train.shape[1]\n    noise = rng.standard_normal((n, d))\n    noise -= noise.mean(axis=0)\n"
    "    A = np.linalg.cholesky(np.atleast_2d(np.cov(noise.T)))\n"
    "    L = np.linalg.cholesky(np.atleast_2d(np.cov(train.T)))\n"
)

MUTANTS: dict[str, str] = {
    "right moments on average only": _frechet(f"    return {_DRAW}\n"),
    "standard deviations without correlations": _frechet(
        f"    x = {_DRAW}\n    x = (x - x.mean(0)) / x.std(0, ddof=1)\n"
        "    return x * train.std(0, ddof=1) + train.mean(0)\n"
    ),
    "the factor on the wrong side": _frechet(_WHITE + "    return train.mean(0) + noise @ np.linalg.inv(A) @ L\n"),
    "forgets train's mean": _frechet(_WHITE + "    return noise @ np.linalg.inv(A).T @ L.T\n"),
    "doesn't centre the noise": _frechet(
        _WHITE.replace("    noise -= noise.mean(axis=0)\n", "")
        + "    return train.mean(0) + noise @ np.linalg.inv(A).T @ L.T\n"
    ),
    "divides by n in one of the covariances": _frechet(
        _WHITE.replace("np.cov(train.T)", "np.cov(train.T, bias=True)")
        + "    return train.mean(0) + noise @ np.linalg.inv(A).T @ L.T\n"
    ),
    "true points for Fréchet": _frechet("    return train[rng.choice(len(train), n)] + 1e-9\n"),
    "changes train": _frechet("    train -= train.mean(axis=0)\n    return train[:n].copy()\n"),
    "copies for Parzen": _parzen("    return train[rng.choice(len(train), n, replace=False)]\n"),
    "copies with noise for Parzen": _parzen(
        "    x = train[rng.choice(len(train), n, replace=False)]\n"
        "    return x + .01 * train.std() * rng.standard_normal(x.shape)\n"
    ),
    "the overall mean, n times": _parzen("    return np.repeat(train.mean(axis=0, keepdims=True), n, axis=0)\n"),
    "one Gaussian for Parzen": _parzen(f"    return {_DRAW}\n"),
    "means of random rows": _parzen(
        "    return np.stack([train[rng.choice(len(train), 20)].mean(axis=0) for _ in range(n)])\n"
    ),
    "returns nothing": _parzen("    pass\n"),
}
