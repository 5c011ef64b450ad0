"""Wrong answers to exercise 6 that a student really writes; the judge must refuse each, and say what is off."""

TEMPLATE = """import numpy as np


def elbo(x, mean, variance, w, noise_sd):
    miss, spread = x - mean @ w, variance @ w**2
    fit = -np.log(2 * np.pi * noise_sd**2) / 2 - (miss**2 + spread) / (2 * noise_sd**2)
    toll = (variance + mean**2 - 1 - np.log(variance)).sum(axis=1) / 2
    return fit - toll
"""


def _mutate(old: str, new: str) -> str:
    if TEMPLATE.count(old) != 1:
        raise ValueError(f"{old!r} is in the template {TEMPLATE.count(old)} times")
    return TEMPLATE.replace(old, new)


MUTANTS: dict[str, str] = {
    "the likelihood at q's mean, without the spread": _mutate("(miss**2 + spread)", "miss**2"),
    "the toll added": _mutate("fit - toll", "fit + toll"),
    "the toll as KL(prior, q)": _mutate(
        "(variance + mean**2 - 1 - np.log(variance))", "((1 + mean**2) / variance - 1 + np.log(variance))"
    ),
    "the variance taken for an sd": _mutate("miss, spread =", "variance = variance**2\n    miss, spread ="),
    "noise_sd taken for a variance": _mutate(
        "-np.log(2 * np.pi * noise_sd**2) / 2 - (miss**2 + spread) / (2 * noise_sd**2)",
        "-np.log(2 * np.pi * noise_sd) / 2 - (miss**2 + spread) / (2 * noise_sd)",
    ),
    "the constant of the likelihood left out": _mutate("-np.log(2 * np.pi * noise_sd**2) / 2 - ", "-"),
    "the noise forgotten in the constant": _mutate("np.log(2 * np.pi * noise_sd**2)", "np.log(2 * np.pi)"),
    "the toll averaged over latents": _mutate(".sum(axis=1)", ".mean(axis=1)"),
    "the toll summed over points": _mutate(".sum(axis=1)", ".sum(axis=0)"),
    "one number for the whole batch": _mutate("return fit - toll", "return (fit - toll).mean()"),
    "the spread with w not squared": _mutate("variance @ w**2", "variance @ np.abs(w)"),
    "the spread as if the latents were one": _mutate("variance @ w**2", "variance.sum(axis=1) * w.sum() ** 2"),
    "log p(x) instead of its bound": _mutate(
        "return fit - toll", "s = noise_sd**2 + w @ w\n    return -np.log(2 * np.pi * s) / 2 - x**2 / (2 * s)"
    ),
    "a guard in the logarithm": _mutate("np.log(variance)", "np.log(variance + 1e-8)"),
    "bits": _mutate("return fit - toll", "return (fit - toll) / np.log(2)"),
    "dice": TEMPLATE.replace(
        "miss, spread = x - mean @ w, variance @ w**2",
        "z = mean + np.sqrt(variance) * DICE.standard_normal(mean.shape)\n    miss, spread = x - z @ w, 0.0",
    )
    + "\nDICE = np.random.default_rng(0)\n",
    "the argument changed": _mutate("miss, spread =", "x -= mean @ w\n    miss, spread =").replace(
        "x - mean @ w, ", "x.copy(), "
    ),
    "no return": _mutate("return fit - toll", "fit - toll"),
}
