"""Wrong answers to exercise 11, which its judge must refuse."""

_SIGMOID = """import numpy as np


def sigmoid(s):
    return np.exp(np.minimum(s, 0)) / (1 + np.exp(-np.abs(s)))
"""
_QUIZ = {"a": "up", "b": "down", "c": "up", "d": "up", "e": "down", "f": "same", "g": "up"}


def _answer(
    honest: str = "-sigmoid(s) / s.size",
    trick: str = "-sigmoid(-s) / s.size",
    sigmoid: str = _SIGMOID,
    **quiz: str,
) -> str:
    parts = ("honest_gradient", honest), ("label_trick_gradient", trick)
    functions = [f"\n\ndef {name}(s):\n    return {formula}\n" for name, formula in parts]
    return sigmoid + "".join(functions) + f"\n\ndef quiz():\n    return {_QUIZ | quiz!r}\n"


MUTANTS: dict[str, str] = {
    "both signs wrong": _answer("sigmoid(s) / s.size", "sigmoid(-s) / s.size"),
    "the sum instead of the mean": _answer("-sigmoid(s)", "-sigmoid(-s)"),
    "the two labels exchanged": _answer("-sigmoid(-s) / s.size", "-sigmoid(s) / s.size"),
    "D's own slope for a fake": _answer("sigmoid(s) / s.size"),
    "the slopes in D": _answer("-1 / (1 - sigmoid(s)) / s.size", "-1 / sigmoid(s) / s.size"),
    "1 - D, which rounds to 0": _answer(trick="-(1 - sigmoid(s)) / s.size"),
    "e^s / (1 + e^s): nan": _answer("-np.exp(s) / (1 + np.exp(s)) / s.size"),
    "D clipped against log 0": _answer(
        sigmoid=_SIGMOID.replace("return ", "return np.clip(").rstrip() + ", 1e-7, 1 - 1e-7)\n"
    ),
    "logits clipped at 30": _answer(sigmoid=_SIGMOID.replace("return", "s = np.clip(s, -30, 30)\n    return")),
    "a flat gradient": _answer("-sigmoid(s).ravel() / s.size", "-sigmoid(-s).ravel() / s.size"),
    "nothing returned": _answer("None"),
    "changes the logits": _answer("(s.__imul__(-1), -sigmoid(-s) / s.size)[1]"),
    "quiz: label 0 and descent seems honest": _answer(b="up"),
    "quiz: G helps D": _answer(e="up"),
    "quiz: G moved by the real samples": _answer(f="up"),
    "quiz: confusing D seems to be D's wish": _answer(g="down"),
    "quiz: descending V lowers D(G(z))": _answer(a="down"),
    "quiz: dots left": _answer(c="..."),
}
