#!/bin/sh
# One would guess: Adam with the same rate, betas and epsilon = 1e-8 takes the same steps in Keras and in PyTorch.
# What happens: where gradients are 1e-6, Keras's first step is .76 of the rate and PyTorch's .99, and after 100 steps of
#   the same gradient Keras has gone 94.5 rates and PyTorch 99.0. With Keras's own epsilon, 1e-7, it is .24 and 65.3.
# Why: Kingma and Ba's Algorithm 1 adds epsilon to the root of the corrected v. Keras takes the faster form at the end of
#   their section 2, which corrects the rate instead and adds epsilon to the root of v as it is: there it weighs
#   1/sqrt(1 - beta2^t) times as much, 32 times in the first step and 3 times in the hundredth.
# Whom it hurts: whoever ports a recipe whose gradients are small, as a generator's that the discriminator has beaten.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 jax==0.10.2 jaxlib==0.10.2 keras==3.15.1 torch==2.13.0
said=$(KERAS_BACKEND=jax JAX_PLATFORMS=cpu JAX_ENABLE_X64=1 "$place/venv/bin/python" - <<'PY'
import jax.numpy as jnp
import keras
import numpy as np
import torch

for epsilon in (1e-8, 1e-7):
    there = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    theirs = torch.optim.Adam([there], lr=1.0, eps=epsilon)
    here = keras.Variable(np.zeros(1), dtype="float64")
    own = keras.optimizers.Adam(1.0, epsilon=epsilon)
    own.build([here])
    for step in range(1, 101):
        there.grad = torch.full_like(there, 1e-6)
        theirs.step()
        own.apply([jnp.full(1, 1e-6)], [here])
        if step in (1, 100):
            print(f"epsilon {epsilon:g}, step {step}: Keras {-float(here.value[0]):.2f}, PyTorch {-there.item():.2f}")
PY
)
printf '%s\n' "$said"
# Seen (Keras 3.15.1 on JAX 0.10.2, PyTorch 2.13.0):
[ "$said" = "epsilon 1e-08, step 1: Keras 0.76, PyTorch 0.99
epsilon 1e-08, step 100: Keras 94.53, PyTorch 99.01
epsilon 1e-07, step 1: Keras 0.24, PyTorch 0.91
epsilon 1e-07, step 100: Keras 65.35, PyTorch 90.91" ]
