#!/bin/sh
# One would guess: pylatexenc's LatexNodes2Text, which turns LaTeX into readable text, keeps what a formula says: a
#   fraction of sums gets brackets, and \tfrac12 is a half.
# What happens: \frac{1}{1+e^{-s}} becomes "1/1+e^-s", which is another number, and \tfrac12 becomes "12", twenty-four
#   times too large; nothing warns. \frac12 is "1/2".
# Why: \frac is the template "%s/%s" without regard to what its arguments are, and \tfrac is not among the macros that
#   it knows, so it is dropped and its arguments stand side by side.
# Whom it hurts: whoever shows formulas in a terminal, in search results or to a screen reader: the text looks right.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q --disable-pip-version-check pylatexenc==2.11
cat > "$place/text.py" <<'PY'
from pylatexenc.latex2text import LatexNodes2Text

turn = LatexNodes2Text(math_mode="text").latex_to_text
print(" | ".join(turn(s) for s in (r"$\frac12$", r"$\tfrac12$", r"$\frac{1}{1+e^{-s}}$")))
PY
said=$("$place/venv/bin/python" "$place/text.py")
echo "$said"
# Seen (pylatexenc 2.11):
[ "$said" = "1/2 | 12 | 1/1+e^-s" ]
