#!/bin/sh
# One would guess: at the kink of |x| the slope is 0, and at that of a leaky ReLU the smaller one, as in PyTorch.
# What happens: jax.grad says 1 for both; for jnp.maximum(x, 0) it says 0.5, and for jax.nn.relu 0.
# Why: each is right, for any number between the two sides is a subgradient, and each follows from how the function is
#   written: abs selects by x >= 0 (a choice of 2023), leaky_relu is where(x >= 0, x, slope * x), maximum shares a tie, and
#   relu has a rule of its own.
# Whom it hurts: whoever compares a port step by step: zeros at the start (biases, empty pixels, units that are off) make
#   the first gradients differ by a factor of 5 with no fault on either side. And an L1 penalty written with jnp.abs pushes
#   weights that are exactly 0, so that they do not stay there.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 jax==0.10.2 jaxlib==0.10.2
said=$(JAX_PLATFORMS=cpu "$place/venv/bin/python" - <<'PY'
import jax
import jax.numpy as jnp

functions = {
    "abs": jnp.abs,
    "leaky_relu(0.2)": lambda x: jax.nn.leaky_relu(x, 0.2),
    "maximum(x, 0)": lambda x: jnp.maximum(x, 0.0),
    "relu": jax.nn.relu,
}
print(jax.__version__, "slopes at 0:", *(f"{name} {float(jax.grad(f)(0.0))}" for name, f in functions.items()))
PY
)
printf '%s\n' "$said"
[ "$said" = "0.10.2 slopes at 0: abs 1.0 leaky_relu(0.2) 1.0 maximum(x, 0) 0.5 relu 0.0" ]
