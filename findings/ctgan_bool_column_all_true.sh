#!/bin/sh
# One would guess: CTGAN knows that a column of dtype bool is discrete, listed in discrete_columns or not; or it
#   refuses it, as it refuses a column of dates.
# What happens: an unlisted bool column is learnt as a continuous number without a word, and every sample of it is
#   True, however rare True is in the data and however long it trains.
# Why: samples are put back to the column's dtype by a cast, and any number but an exact 0 casts to True.
# Whom it hurts: whoever lists the columns of words and leaves flags to the library: a table of yes and no comes back
#   as all yes, with the right dtype, and no check of types or missing values sees it.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q --disable-pip-version-check ctgan==0.12.1 torch==2.13.0 pandas==3.0.5 numpy==2.4.6
cat > "$place/flags.py" <<'PY'
import warnings

import ctgan
import numpy
import pandas

warnings.simplefilter("ignore")
rng = numpy.random.default_rng(0)
frame = pandas.DataFrame({"flag": rng.random(400) < 0.3, "size": rng.normal(size=400)})
for listed in ([], ["flag"]):
    for model in (ctgan.CTGAN, ctgan.TVAE):
        one = model(epochs=3)
        one.fit(frame, listed)
        share = one.sample(1000)["flag"].mean()
        print(model.__name__, "listed" if listed else "not listed", "all True" if share == 1 else "some False", end="; ")
print(ctgan.__version__, f"data {frame.flag.mean():.2f}")
PY
said=$("$place/venv/bin/python" "$place/flags.py")
echo "$said"
# Seen (ctgan 0.12.1, torch 2.13.0):
[ "$said" = "CTGAN not listed all True; TVAE not listed all True; CTGAN listed some False; \
TVAE listed some False; 0.12.1 data 0.26" ]
