"""How long to learn: stopped where rows that were kept back say so, then all rows for as many passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..core.backend import Array
from ..core.streams import Stream
from ..data.dataset import as_data


class Fitted(NamedTuple):
    """A model, the passes that it took, and what each pass that was asked about had said: (pass, nats a row)."""

    model: Any
    passes: int
    course: list[tuple[int, float]]


def score(model: Any, x: Array, k: int = 4) -> float:
    """What the model says of rows x (n, dim) on average: nats of log p, of its bound, or minus their cost."""
    if model.says == "exact":
        return float(model.log_likelihood(x).mean())
    if model.says == "bound":
        return float(model.bound(x, k).mean())
    if model.says == "estimate":
        raise TypeError(f"a {type(model).__name__} cannot be asked without its log Z: see annealed_log_z")
    model.gradient(model.check(x), {name: Stream(0, name).at(0) for name in model.streams})
    return -float(model.paid().mean())


def learn(model: Any, x: Array, passes: int, batch: int, first: int = 0) -> None:
    """Go on with these passes, from the one after `first`, over rows x (n, dim), in a new order each."""
    data, order = as_data(x), Stream(model.seed, "batches")
    for step in range(first * (len(x) // batch), passes * (len(x) // batch)):
        model.step(data.batch(step, batch, order))


def fit(
    make: Callable[[], Any],
    x: np.ndarray,
    most: int = 100,
    batch: int = 64,
    every: int = 2,
    patience: int = 8,
    ask: Callable[[Any, Array], float] = score,
) -> Fitted:
    """A model that make() begins, trained on rows x (n, dim) for as many passes as a third of them wants.

    Two thirds of the rows are learnt from, and every few passes the third is asked. Once it has said nothing
    better for `patience` questions, or after `most` passes, a second model learns from all rows, for as many
    passes as the best answer had seen. So no row is used that was not given, and none is wasted.
    """
    shuffled = x[Stream(0, "early stopping").at(0).permutation(len(x))]
    kept_back, rest = shuffled[: len(x) // 3], shuffled[len(x) // 3 :]
    model = make()
    model.start(rest)
    course: list[tuple[int, float]] = []
    best = 0, -np.inf
    for done in range(every, most + 1, every):
        learn(model, rest, done, batch, done - every)
        said = ask(model.averaged() if model.averages else model, kept_back)
        course.append((done, said))
        best = max(best, (done, said), key=lambda answer: answer[1])
        if done - best[0] >= patience * every:
            break
    model = make()
    model.start(x)
    learn(model, x, best[0], batch)
    return Fitted(model.averaged() if model.averages else model, best[0], course)
