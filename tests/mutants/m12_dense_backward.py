"""Wrong answers to exercise 12, which its judge must refuse."""


def _answer(dx: str = "dy @ W.T", dW: str = "x.T @ dy", db: str = "dy.sum(axis=0)", first: str = "pass") -> str:
    body = f"    {first}\n    return {dx}, {dW}, {db}\n"
    return f"import numpy as np\n\n\ndef dense_backward(x, W, dy):\n{body}"


_LOOPS = """import numpy as np


def dense_backward(x, W, dy):{begin}
    for r in range(B):
        for o in range(O):
            for i in range(I):
                dx[r, i] += dy[r, o] * W[i, o]
                dW[i, o] += x[r, i] * dy[r, o]
            db[o] += dy[r, o]
    return dx, dW, db
"""
_BEGIN = "\n    (B, I), O = x.shape, W.shape[1]\n    dx, dW, db = np.zeros((B, I)), np.zeros((I, O)), np.zeros(O)"

MUTANTS: dict[str, str] = {
    "W not transposed": _answer(dx="dy @ W"),
    "W transposed only where it must be": _answer(dx="dy @ (W if W.shape[0] == W.shape[1] else W.T)"),
    "dW transposed": _answer(dW="dy.T @ x"),
    "the mean over the rows in dW": _answer(dW="x.T @ dy / max(len(x), 1)"),
    "the mean over the rows in db": _answer(db="dy.sum(axis=0) / max(len(x), 1)"),
    "np.mean, which is nan for no rows": _answer(db="dy.mean(axis=0)"),
    "db summed over the columns": _answer(db="dy.sum(axis=1)"),
    "db with two axes": _answer(db="dy.sum(axis=0, keepdims=True)"),
    "db is dy": _answer(db="dy"),
    "dW forgets x": _answer(dW="np.ones_like(x).T @ dy"),
    "dy forgotten": _answer(dx="np.ones_like(dy) @ W.T"),
    "the other order": _answer(dx="x.T @ dy", dW="dy @ W.T"),
    "divides the caller's dy": _answer(first="dy /= max(len(x), 1)"),
    "descends already": _answer(dx="-dy @ W.T", dW="-x.T @ dy", db="-dy.sum(axis=0)"),
    "only the first row": _answer(dW="np.outer(x[0], dy[0])"),
    "the docstring's loops, as they stand": _LOOPS.format(begin=""),
    "the docstring's loops, made to run": _LOOPS.format(begin=_BEGIN),
    "db left out": "def dense_backward(x, W, dy):\n    return dy @ W.T, x.T @ dy\n",
    "nothing returned": "def dense_backward(x, W, dy):\n    dx, dW, db = dy @ W.T, x.T @ dy, dy.sum(axis=0)\n",
}
