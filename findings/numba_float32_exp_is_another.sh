#!/bin/sh
# One would guess: np.exp in a function that numba compiles, without fastmath, gives the numbers of np.exp; numba says
#   that it follows NumPy.
# What happens: of 100,001 float32 between -20 and 20, about 39,500 differ in the last bits (log1p 4,500, tanh 20,000,
#   sin 15,600; sqrt none; of float64's exp 4,500). numba's are the better ones: 65 of its exp are not the correctly rounded number, against
#   39,559 of NumPy's.
# Why: NumPy computes float32 exp, log, tanh and sin by its own vector code, made to be right within some units in the
#   last place; numba calls LLVM's intrinsic, which is the C library's function.
# Whom it hurts: who moves a NumPy formula into a compiled loop and promises the same bits: a run with numba and one
#   without part after some thousand steps of a game, though no line says so. Let NumPy compute the exponential, and
#   compile what is around it.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 numba==0.68.1
cat > "$place/count.py" <<'PY'
import numba
import numpy as np


@numba.njit
def compiled(x):
    return np.exp(x), np.sqrt(np.abs(x))


x = np.linspace(-20, 20, 100_001).astype(np.float32)
(exp, root), right = compiled(x), np.exp(x.astype(np.float64)).astype(np.float32)
differ, ours, theirs = (int((a != b).sum()) for a, b in ((exp, np.exp(x)), (exp, right), (np.exp(x), right)))
units = int(np.abs(exp.view(np.int32) - np.exp(x).view(np.int32)).max())
print(f"exp: {differ} differ, by {units} units at most; not rounded rightly {ours} of numba's, {theirs} of NumPy's")
assert differ > 1000 and units <= 4 and ours < theirs and not (root != np.sqrt(np.abs(x))).any()
PY
"$place/venv/bin/python" "$place/count.py"
# Seen (numba 0.68.1, NumPy 2.4.6, a processor with AVX-512):
# exp: 39564 differ, by 2 units at most; not rounded rightly 65 of numba's, 39559 of NumPy's
