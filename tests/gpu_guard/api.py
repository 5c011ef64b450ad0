"""CuPy's parameter lists, from the committed table: a call is bound to them before NumPy sees it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLE: dict[str, Any] = json.loads(Path(__file__).with_name("cupy_api.json").read_text("utf-8"))


@dataclass(frozen=True)
class Parameters:
    """What one function takes, read from the table's notation, such as "a, axis=, *, copy="."""

    name: str
    required: tuple[str, ...]
    positional: tuple[str, ...]  # the required ones too
    keywords: frozenset[str]
    many: bool  # *args

    @classmethod
    def read(cls, name: str, text: str) -> Parameters:
        words = [word.strip() for word in text.split(",") if word.strip()]
        star = next((i for i, word in enumerate(words) if word.startswith("*")), len(words))
        slash = words.index("/") if "/" in words else 0
        positional = tuple(word for word in words[:star] if word != "/")
        return cls(
            name,
            tuple(word for word in positional if not word.endswith("=")),
            tuple(word.rstrip("=") for word in positional),
            frozenset(word.rstrip("=") for word in words[slash:] if word[0] not in "*/"),
            star < len(words) and len(words[star]) > 1,
        )

    def bind(self, args: tuple, kwargs: dict[str, Any]) -> tuple[list, dict[str, Any]]:
        """(required and starred arguments, the others by CuPy's names); TypeError where CuPy raises it."""
        if len(args) > len(self.positional) and not self.many:
            raise TypeError(f"CuPy's {self.name} takes {len(self.positional)} arguments by place, not {len(args)}")
        named = dict(zip(self.positional, args, strict=False))
        for word, value in kwargs.items():
            if word not in self.keywords or word in named:
                raise TypeError(f"CuPy's {self.name} takes no keyword {word!r}" + " twice" * (word in named))
            named[word] = value
        if missing := [word for word in self.required if word not in named]:
            raise TypeError(f"CuPy's {self.name} needs {', '.join(missing)}")
        first = [named.pop(word) for word in self.required]
        return first + list(args[len(self.positional) :]), named
