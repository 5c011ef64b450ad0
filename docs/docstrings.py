"""minigan's docstrings for Sphinx: they are plain text, and mean their stars, bars and underscores."""

from __future__ import annotations

import re


def plain(lines: list[str]) -> list[str]:
    """A docstring as reStructuredText: blocks as they stand, `names` as links, `code` as code, signs as signs."""
    made: list[str] = []
    block = False
    for line in lines:
        if line.startswith("    ") and (block or not made or not made[-1]):
            made += [line] if block else ["::", "", line]
            block = True
        elif line.strip():
            block = False
            made.append("".join(map(_meant, re.split(r"(`[^`]+`)", line.strip()))))
        else:
            made.append("")
    return made


def _meant(text: str) -> str:
    if re.fullmatch(r"`[^`]+`", text):
        return text if re.fullmatch(r"`[A-Za-z_.]+`", text) else f"`{text}`"
    return re.sub(r"([\\*|_`])", r"\\\1", text)


def _process(app: object, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    lines[:] = plain(lines)


def _name(app: object, what: str, name: str, thing: object, options: object, arguments: str, gives: str) -> tuple:
    """A signature whose types have their names: Sphinx 9 shows some as TypeAliasForwardRef('Array')."""
    return tuple(text and re.sub(r"TypeAliasForwardRef\('(\w+)'\)", r"\1", text) for text in (arguments, gives))


def setup(app: object) -> dict[str, bool]:
    """What Sphinx asks of an extension."""
    app.connect("autodoc-process-docstring", _process)
    app.connect("autodoc-process-signature", _name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
