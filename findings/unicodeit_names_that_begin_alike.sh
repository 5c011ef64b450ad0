#!/bin/sh
# One would guess: unicodeit, which replaces LaTeX's commands by Unicode, replaces whole commands: \log is left alone, or
#   becomes "log", though \l is the letter l with a stroke.
# What happens: \log becomes the Polish "łog", \left( becomes "≤ft(", \operatorname becomes "øperatorname"; nothing warns.
# Why: replacements are made in the text one after the other, as strings, so \l, \le and \o are found at the beginning
#   of longer names that the table does not have.
# Whom it hurts: whoever turns formulas of statistics into text: log-likelihoods lose their logarithm.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q --disable-pip-version-check unicodeit==0.7.5
said=$("$place/venv/bin/python" -X utf8 -c '
import unicodeit
print(" | ".join(map(unicodeit.replace, (r"\log p", r"\left(", r"\operatorname{KL}"))))')
echo "$said"
# Seen (unicodeit 0.7.5):
[ "$said" = "łog p | ≤ft( | øperatorname{KL}" ]
