#!/bin/sh
# One would guess: Sphinx's autodoc_type_aliases = {"Array": "Array"} shows an alias by its name wherever it stands in a
#   signature, as its documentation says of a parameter that is the alias itself.
# What happens: `x: Array` is shown as Array, but `x: list[Array]` as list[TypeAliasForwardRef('Array')]; the build does
#   not warn, not even with -W.
# Why: an alias is put into the annotations' evaluation as an object of Sphinx's own, whose name is written out at the
#   top alone; inside another type its repr is.
# Whom it hurts: API pages of numerical packages, whose signatures are full of aliases: they show Sphinx's innards.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q --disable-pip-version-check sphinx==9.0.4
mkdir "$place/docs"
cat > "$place/docs/mine.py" <<'PY'
from __future__ import annotations

Array = object


def alone(x: Array) -> None: ...


def inside(x: list[Array]) -> None: ...
PY
cat > "$place/docs/conf.py" <<'PY'
import sys

sys.path.insert(0, ".")
project, extensions = "mine", ["sphinx.ext.autodoc"]
autodoc_type_aliases = {"Array": "Array"}
PY
printf 'mine\n====\n\n.. automodule:: mine\n   :members:\n   :undoc-members:\n' > "$place/docs/index.rst"
(cd "$place/docs" && "$place/venv/bin/python" -m sphinx -q -W -b text . "$place/out")
said=$(grep '^mine\.' "$place/out/index.txt" | tr '\n' ';')
echo "$said"
# Seen (Sphinx 9.0.4, CPython 3.11):
[ "$said" = "mine.alone(x: Array) -> None;mine.inside(x: list[TypeAliasForwardRef('Array')]) -> None;" ]
