"""Wrong answers to exercise 1, as students write them; the judge must refuse each."""


def _student(body: str) -> str:
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    return (
        "import numpy as np\n\n\ndef sigmoid(s):\n    return 1 / (1 + np.exp(-s))\n\n\n"
        f"def discriminator_loss(real_logits, fake_logits):\n{lines}"
    )


MUTANTS: dict[str, str] = {
    "through the probability, which overflows": _student(
        "return float(-np.log(sigmoid(real_logits)).mean() - np.log(1 - sigmoid(fake_logits)).mean())"
    ),
    "the probability clipped": _student(
        "real, fake = (np.clip(sigmoid(s), 1e-12, 1 - 1e-12) for s in (real_logits, fake_logits))\n"
        "return float(-np.log(real).mean() - np.log(1 - fake).mean())"
    ),
    "a small number inside the logarithm": _student(
        "real, fake = sigmoid(real_logits), sigmoid(fake_logits)\n"
        "return float(-np.log(real + 1e-8).mean() - np.log(1 - fake + 1e-8).mean())"
    ),
    "one mean over all samples": _student(
        "return float(np.concatenate([np.logaddexp(0, -real_logits), np.logaddexp(0, fake_logits)]).mean())"
    ),
    "half of the sum": _student(
        "return float(np.logaddexp(0, -real_logits).mean() + np.logaddexp(0, fake_logits).mean()) / 2"
    ),
    "sums for means": _student(
        "return float(np.logaddexp(0, -real_logits).sum() + np.logaddexp(0, fake_logits).sum())"
    ),
    "the value V, not the loss": _student(
        "return float(-np.logaddexp(0, -real_logits).mean() - np.logaddexp(0, fake_logits).mean())"
    ),
    "real and fake swapped": _student(
        "return float(np.logaddexp(0, real_logits).mean() + np.logaddexp(0, -fake_logits).mean())"
    ),
    "the fakes labelled real, which is G's trick": _student(
        "return float(np.logaddexp(0, -real_logits).mean() + np.logaddexp(0, -fake_logits).mean())"
    ),
    "in bits": _student(
        "return float(np.logaddexp(0, -real_logits).mean() + np.logaddexp(0, fake_logits).mean()) / np.log(2)"
    ),
    "groups paired, sample by sample": _student(
        "n = min(len(real_logits), len(fake_logits))\n"
        "return float((np.logaddexp(0, -real_logits[:n]) + np.logaddexp(0, fake_logits[:n])).mean())"
    ),
    "log(1 + exp(s)), which overflows": _student(
        "return float(np.log(1 + np.exp(-real_logits)).mean() + np.log(1 + np.exp(fake_logits)).mean())"
    ),
    "broadcast against the transpose, no mean": _student(
        "return np.logaddexp(0, -real_logits) + np.logaddexp(0, fake_logits).T"
    ),
    "changes what it was given": _student(
        "real_logits *= -1\n"
        "return float(np.logaddexp(0, real_logits).mean() + np.logaddexp(0, fake_logits).mean())"
    ),
}
