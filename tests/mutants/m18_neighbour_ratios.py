"""Wrong answers to exercise 18, which its judge must refuse."""

_NEAREST = """import numpy as np


def nearest_distances(queries, references):
    queries, references = np.asarray(queries, float), np.asarray(references, float)
    return np.sqrt(((queries[:, None] - references) ** 2).sum(axis=2)).min(axis=1)
"""
_RATIOS = """

def neighbour_ratios(samples, train, held_out):
    unit = np.median(nearest_distances(held_out, train))
    if unit == 0:
        raise ValueError("nothing was held out")
    there, back = nearest_distances(samples, train), nearest_distances(held_out, samples)
    return np.median(there) / unit, np.median(back) / unit
"""
_RIGHT = _NEAREST + _RATIOS
_FLOATS = "    queries, references = np.asarray(queries, float), np.asarray(references, float)\n"
_EUCLID = "np.sqrt(((queries[:, None] - references) ** 2).sum(axis=2))"
_RETURN = "return np.median(there) / unit, np.median(back) / unit"
_UNIT = "unit = np.median(nearest_distances(held_out, train))"


def _but(old: str, new: str) -> str:
    assert old in _RIGHT, old
    return _RIGHT.replace(old, new)


_FAST = """import numpy as np


def nearest_distances(queries, references):
    a, b = np.asarray(queries, float), np.asarray(references, float)
    square = (a**2).sum(axis=1)[:, None] - 2 * a @ b.T + (b**2).sum(axis=1)
    return np.sqrt(np.maximum(square, 0)).min(axis=1)
"""

MUTANTS: dict[str, str] = {
    "bytes subtracted as bytes": _but(_FLOATS, ""),
    "squared distances": _but(_EUCLID, "((queries[:, None] - references) ** 2).sum(axis=2)"),
    "city blocks": _but(_EUCLID, "np.abs(queries[:, None] - references).sum(axis=2)"),
    "the farthest": _but(".min(axis=1)", ".max(axis=1)"),
    "the search turned round": _but(".min(axis=1)", ".min(axis=0)"),
    "three terms that cancel far from 0": _FAST + _RATIOS,
    "means in the place of medians": _but("np.median(", "np.mean("),
    "back from samples to held-out images": _but(
        "nearest_distances(held_out, samples)", "nearest_distances(samples, held_out)"
    ),
    "there from training images to samples": _but(
        "nearest_distances(samples, train)", "nearest_distances(train, samples)"
    ),
    "samples to held-out as the unit": _but(_UNIT, "unit = np.median(nearest_distances(samples, held_out))"),
    "the ratios exchanged": _but(_RETURN, "return np.median(back) / unit, np.median(there) / unit"),
    "upside down": _but(_RETURN, "return unit / np.median(there), unit / np.median(back)"),
    "the root after the median": _RIGHT.replace("np.median(", "_middle(")
    + "\n\ndef _middle(d):\n    return np.sqrt(np.median(d**2))\n",
    "not a word when nothing was held out": _but(
        '    if unit == 0:\n        raise ValueError("nothing was held out")\n', ""
    ),
    "only the way there, as in the first papers": _but(_RETURN, "return np.median(there) / unit"),
}
