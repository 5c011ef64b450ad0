"""Train the small generator of digits that the live page walks through, and store it: python tools/live_digits.py

It takes a minute. What is stored is minigan/live/digits.npz: the recipe, and the averaged generator's weights,
rounded to float16.
"""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

import minigan as mg
from minigan.files import write_whole
from minigan.live.gallery import STORED
from minigan.runs.run import start

RECIPE = replace(mg.RECIPES["digits"][1], steps=40_000, latent=12, generator=(64, 96), discriminator=(192, 96))


def main() -> int:
    run, data = start(RECIPE)
    mg.train(run.gan, data, RECIPE.steps, RECIPE.batch, scaler=run.scaler, log_every=1000, progress=True)
    content = io.BytesIO()
    theta = run.gan.average.theta.astype(np.float16)
    np.savez_compressed(content, theta=theta, recipe=np.frombuffer(RECIPE.to_json().encode(), np.uint8))
    write_whole(Path(STORED), content.getbuffer())
    print(f"{STORED}: {len(content.getvalue()):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
