"""Settings, as a command line, a file or a program gives them: their types, and what is said of a wrong one."""

from __future__ import annotations

import json
import math
import re
import reprlib
import types
import typing
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Any

WORDS: dict[Any, str] = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
WORDS |= {types.NoneType: "null", tuple: "a list of whole numbers", dict: "an object of settings"}
WORDS[list] = "a list"


class SettingError(ValueError):
    """A setting cannot be what it is; the message says what it is, and what it must be."""


def checked(
    name: str,
    value: Any,
    kind: Any,
    least: float | None = None,
    most: float = math.inf,
    below: float = math.inf,
    choices: Collection[str] = (),
) -> Any:
    """The value of this setting, in its type and within its limits; raises SettingError.

    Types are held to the letter (true is no whole number, and 1.0 is none), but a whole number will do for a
    number, and a list for a tuple. Limits are not asked of None.
    """
    kinds = parts(kind)
    if isinstance(value, list) and list not in kinds:
        value = tuple(value)
    numbers = value if isinstance(value, tuple) else (value,)
    if any(type(number) is int and abs(number) >= 1 << 63 for number in numbers):
        raise SettingError(f"{name} is {shown(value)}; whole numbers end at 2^63")
    if float in kinds and int not in kinds and type(value) is int:
        value = float(value)
    if not fits(value, kind):
        words = " or ".join(WORDS[part] for part in kinds)
        raise SettingError(f"{name} is {shown(value)}; it must be {words}")
    if value is None:
        return value
    if choices and value not in choices:
        raise SettingError(f"{name} is {shown(value)}; choose one of {', '.join(choices)}")
    if least is not None and not (least <= value <= most and value < below):  # false for NaN, and for infinity
        bounds = [f"at least {least}"]
        bounds += [f"at most {most}"] if most < math.inf else []
        bounds += [f"below {below}"] if below < math.inf else []
        raise SettingError(f"{name} is {shown(value)}; it must be {' and '.join(bounds)}")
    return value


def parts(kind: Any) -> tuple[Any, ...]:
    """The types that a setting may have: those of a union, without their brackets."""
    kinds = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    return tuple(typing.get_origin(k) or k for k in kinds)


def fits(value: Any, kind: Any) -> bool:
    """Whether a value is of this type, to the letter; a tuple holds whole numbers alone."""
    if isinstance(value, tuple) and not all(type(width) is int for width in value):
        return False
    return type(value) in parts(kind)


def shown(value: Any) -> str:
    """A value of any size and depth, for a message of one line."""
    text = reprlib.repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def typed(text: str) -> Any:
    """A setting typed on a command line: a number, true, null, a list as 64,64 or [64, 64], else the text."""
    plain = text
    if re.fullmatch(r"[-+.,\d\seE]+", text):  # JSON knows neither .5 nor 5. nor +5
        plain = re.sub(r"(?<![\d.])\+(?=[\d.])", "", text)
        plain = re.sub(r"(?<![\d.])\.(?=\d)", "0.", re.sub(r"(?<=\d)\.(?![\d.])", ".0", plain))
    for attempt in (plain, text.lower().replace("none", "null"), f"[{plain}]"):
        try:
            return json.loads(attempt)
        except ValueError:
            continue
    return text


def unknown(key: str, known: Iterable[str]) -> str:
    """What is said of a setting that does not exist."""
    near = get_close_matches(key, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
    return f"no setting is called {shown(key)}; {hint}"
