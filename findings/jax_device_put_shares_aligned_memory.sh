#!/bin/sh
# One would guess: jax.device_put(x) of a NumPy array makes a JAX array of its own, for JAX's arrays never change; or, on
#   a CPU, always shares memory with x, as torch.from_numpy does.
# What happens: it shares memory where x begins at a multiple of 64 bytes, and copies where it does not. Writing into x
#   afterwards changes the JAX array in the one case and not in the other. may_alias=False, documented to copy, shares
#   as well (github.com/jax-ml/jax/issues/37830); jnp.asarray and jnp.array copy.
# Why: XLA's CPU client takes a host buffer as it is if it is aligned for its vector code. NumPy aligns to 16 bytes, so
#   one array in four is shared, by chance; a library that aligns its arrays to cache lines has them all shared.
# Whom it hurts: whoever fills one NumPy buffer with batch after batch and puts each on the device: batches that were put
#   before turn into the last one, in one run and not in the next.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 "jax[cpu]==0.10.2"
cat > "$place/put.py" <<'PY'
import jax
import jax.numpy as jnp
import numpy as np


def beginning_at(offset):
    room = np.zeros(4096 + 128, np.uint8)
    start = -room.ctypes.data % 64 + offset
    return room[start : start + 4096].view(np.float32)


def never(x):
    return jax.device_put(x, may_alias=False)


for name, put in (("device_put", jax.device_put), ("may_alias=False", never), ("asarray", jnp.asarray), ("array", jnp.array)):
    seen = []
    for offset in (0, 4, 16, 32):
        x = beginning_at(offset)
        x[:] = 1
        y = put(x).block_until_ready()
        x[:] = 2
        seen.append(int(y[0]))
    print(name, seen, end="; ")
print(jax.__version__)
PY
said=$("$place/venv/bin/python" "$place/put.py")
echo "$said"
# Seen (jax 0.10.2; 1: its own memory, 2: that of x; x begins 0, 4, 16, 32 bytes behind a multiple of 64):
[ "$said" = "device_put [2, 1, 1, 1]; may_alias=False [2, 1, 1, 1]; asarray [1, 1, 1, 1]; array [1, 1, 1, 1]; 0.10.2" ]
