#!/bin/sh
# One would guess: np.exp in a function that numba compiles, without fastmath, gives the numbers of np.exp; numba says
#   that it follows NumPy.
# What happens: of 100,001 float32 between -20 and 20, about 39,500 differ in the last bits (log1p 4,500, tanh 20,000,
#   sin 15,600; sqrt none). numba's are the better ones: 65 of its exp are not the correctly rounded number, against
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

x = np.linspace(-20, 20, 100_001).astype(np.float32)
differ = {}
for name in ("exp", "log1p", "tanh", "sin", "sqrt"):
    ufunc, at = getattr(np, name), np.abs(x) if name in ("log1p", "sqrt") else x
    compiled = numba.njit(lambda v, ufunc=ufunc: ufunc(v))(at)
    differ[name] = int((compiled != ufunc(at)).sum())
    if name == "exp":
        right = np.exp(x.astype(np.float64)).astype(np.float32)
        ours, theirs = (int((v != right).sum()) for v in (compiled, np.exp(x)))
        units = int(np.abs(compiled.view(np.int32) - np.exp(x).view(np.int32)).max())
print(differ, f"exp by {units} units at most; not rounded rightly {ours} of numba's, {theirs} of NumPy's")
assert differ["exp"] > 1000 and units <= 4 and ours < theirs and differ["sqrt"] == 0
PY
"$place/venv/bin/python" "$place/count.py"
# Seen (numba 0.68.1, NumPy 2.4.6, a processor with AVX-512):
# {'exp': 39564, 'log1p': 4546, 'tanh': 19946, 'sin': 15646, 'sqrt': 0}, and 65 of numba's exp, 39559 of NumPy's are not rounded rightly
