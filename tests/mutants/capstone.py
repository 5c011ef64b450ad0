"""Wrong answers to the capstone, which its judge must refuse: the reference with one thing changed."""

import inspect

from minigan.lessons.exercises.answers import capstone as answer

_PARTS = (answer.dense, answer.forward, answer.backward, answer.probability, answer.in_pairs, answer.Adam)
_PARTS += (answer.GAN,)
_RIGHT = "import math\n\nimport numpy as np\n\nNet = list\n\n\n" + "\n\n".join(map(inspect.getsource, _PARTS))


def _but(*changes: tuple[str, str]) -> str:
    """The reference with each (this, by that) replaced."""
    text = _RIGHT
    for this, by_that in changes:
        assert this in text, f"the reference has no {this!r}"
        text = text.replace(this, by_that)
    return text


_NOISE = "return self.rng.standard_normal((self.batch, self.latent))"
_SAMPLE = "return self.generate(np.random.default_rng(seed).standard_normal((n, self.latent)))"
_FAKES = "self.generate(self._noise())"
_INIT = "        self.data, dim = data, data.shape[1]\n"

_ADAM_G = "self.adam_g.step(self.g_gradient(self._noise()))"
_ADAM_D = f"self.adam_d.step(self.d_gradient(real, {_FAKES}))"
_WEIGHTS = "rng.standard_normal((n_in, n_out)) / math.sqrt(n_in)"
_UNTRAINED = ("steps = 2, 256, 4000", "steps = 2, 256, 1")  # what is wrong needs no training to be seen
_TABLE = """

Right = GAN


class GAN(Right):
    def __init__(self, data, seed):
        super().__init__(data, seed)
        rows = (data[:300] - self.centre) / self.unit
        self.latent, self.G = 1 + data.shape[1], [rows + 1e-4 * self.rng.standard_normal(rows.shape)]
        self.adam_g = Adam(self.G, 1e-7)

    def _row(self, z):
        return np.minimum(300 * (1 + np.vectorize(math.erf)(z[:, 0] / 2**0.5)) / 2, 299).astype(int)

    def generate(self, z):
        return self.centre + self.unit * (self.G[0][self._row(z)] + 0.1 * z[:, 1:])

    def g_gradient(self, z):
        judged = forward(self.D, in_pairs((self.generate(z) - self.centre) / self.unit))
        dx, _ = backward(self.D, judged, (probability(judged[-1]) - 1) / len(judged[-1]))
        slopes = np.zeros_like(self.G[0])
        np.add.at(slopes, self._row(z), dx.reshape(len(z), -1))
        return [slopes]
"""
_ROWS = "self.data[(1e6 * np.abs(z[:, 0])).astype(int) % len(self.data)] + 0.02 * self.unit * z"

MUTANTS: dict[str, str] = {
    "G climbs its loss": _but(("(probability(judged[-1]) - 1)", "(1 - probability(judged[-1]))")),
    "G's slope is minimax's": _but(("(probability(judged[-1]) - 1)", "-probability(judged[-1])")),
    "G's loss is minimax's": _but(
        ("np.logaddexp(0, -self.discriminate(self.generate(z)))",
         "-np.logaddexp(0, self.discriminate(self.generate(z)))")
    ),
    "the fakes' label is forgotten: D calls all real": _but(("D[m:] / k", "(D[m:] - 1) / k")),
    "the log of a rounded D": _but(
        ("np.logaddexp(0, -s).mean() + np.logaddexp(0, t).mean()",
         "-np.log(1 / (1 + np.exp(-s))).mean() - np.log(1 - 1 / (1 + np.exp(-t))).mean()")
    ),
    "D returns probabilities": _but(
        ("return self._judge(x)[-1][:, 0]", "return probability(self._judge(x)[-1])[:, 0]")
    ),
    "one mean over real packs and fake ones": _but(
        ("(D[:m] - 1) / m, D[m:] / k", "(D[:m] - 1) / len(ys[0]), D[m:] / len(ys[0])")
    ),
    "means over the rows, not the packs": _but(
        ("D, m, k = probability(ys[-1]), len(real) // 2, len(fake) // 2\n"
         "        return backward(self.D, ys, np.concatenate([(D[:m] - 1) / m, D[m:] / k]))[1]",
         "D, m = probability(ys[-1]), len(real) // 2\n"
         "        return backward(self.D, ys, np.concatenate([(D[:m] - 1) / len(real), D[m:] / len(fake)]))[1]"),
        ("(probability(judged[-1]) - 1) / len(judged[-1])", "(probability(judged[-1]) - 1) / len(z)"),
    ),
    "a logit for each row: no packing at all": _but(
        ("return x.reshape(len(x) // 2, -1)", "return x"),
        ("2 * dim, 64", "dim, 64"),
        ("len(real) // 2, len(fake) // 2", "len(real), len(fake)"),
    ),
    "D judges each row alone and adds the two": _but(
        ("2 * dim, 64", "dim, 64"),
        ("return self._judge(x)[-1][:, 0]", "return self._judge(x)[-1][:, 0].reshape(-1, 2).sum(axis=1)"),
        ("return x.reshape(len(x) // 2, -1)", "return x"),
    ),
    "packs of rows that lie apart": _but(
        ("return x.reshape(len(x) // 2, -1)", "return np.hstack([x[: len(x) // 2], x[len(x) // 2 :]])")
    ),
    "the halves of dL/dx reach the wrong fakes": _but(
        ("dx.reshape(made[-1].shape)", "np.concatenate(np.split(dx, 2, axis=1))")
    ),
    "only the first of a pack gets its share": _but(
        ("dx.reshape(made[-1].shape)", "(dx * (np.arange(len(dx.T)) < len(dx.T) // 2)).reshape(made[-1].shape)")
    ),
    "a bias's slope is the mean over the rows": _but(("dy.sum(axis=0)", "dy.mean(axis=0)")),
    "tanh's slope is forgotten": _but(("            dy *= 1 - ys[k] ** 2", "            dy *= 1")),
    "logits as a column": _but(("(x)[-1][:, 0]", "(x)[-1]")),
    "fakes in scaled units": _but(
        ("return self.centre + self.unit * forward", "return forward"),
        (_FAKES, f"self.centre + self.unit * {_FAKES}"),
    ),
    "the data's units are left as they are": _but(
        ("data.mean(axis=0), data.std(axis=0).max()", "0.0, 1.0"),
    ),
    "float32 weights": _but((_WEIGHTS, f"({_WEIGHTS}).astype(np.float32)")),
    "data scaled in place": _but((_INIT, "        data -= self.centre\n" + _INIT)),
    "G moves in D's step": _but((_ADAM_D, f"{_ADAM_D}\n        {_ADAM_G}")),
    "D follows G's slopes in G's step": _but(
        ("dx, _ = backward(self.D, judged, slope)", "dx, self.for_d = backward(self.D, judged, slope)"),
        (_ADAM_G, f"{_ADAM_G}\n        self.adam_d.step(self.for_d)"),
    ),
    "the optimiser climbs": _but(("p -= rate", "p += rate")),
    "the optimiser moves copies": _but(
        ("self.betas, self.t = net", "self.betas, self.t = [p.copy() for p in net]")
    ),
    "noise that no seed reaches": _but((_NOISE, _NOISE.replace("self.rng", "np.random"))),
    "weights that no seed reaches": _but(("rng = np.random.default_rng(seed)", "rng = np.random.default_rng()")),
    "samples drawn from the run's own stream": _but(
        (_SAMPLE, _SAMPLE.replace("np.random.default_rng(seed)", "self.rng"))
    ),
    "sample hands out data": _but(
        (_SAMPLE, "return np.random.default_rng(seed).permutation(self.data)[:n]"), _UNTRAINED
    ),
    "sample hands out one wide bell": _but(
        (_SAMPLE, "return np.random.default_rng(seed).normal(self.centre, self.unit, (n, len(self.centre)))"),
        _UNTRAINED,
    ),
    "sample hands out data with a little noise": _but(
        (_SAMPLE, "rng = np.random.default_rng(seed)\n        x = rng.choice(self.data, n)\n"
         "        return x + 1e-9 * self.unit * rng.standard_normal(x.shape)"),
        _UNTRAINED,
    ),
    "G is a table of data before the first round": _but(_UNTRAINED) + _TABLE,
    "generate shows data once nobody looks at slopes any more": _but(
        ("return self.centre + self.unit * forward",
         f"if self.adam_g.t >= 200:\n            return {_ROWS}\n"
         "        return self.centre + self.unit * forward"),
        ("steps = 2, 256, 4000", "steps = 2, 256, 200"),
    ),
    "D is shown the first fakes for ever": _but(
        (_FAKES, "self.old"),
        ("        self.adam_g, self.adam_d =", f"        self.old = {_FAKES}\n        self.adam_g, self.adam_d ="),
    ),
    "what one GAN has learned is kept in the class, and the next ones rest on it": _but(
        ("latent, batch, steps = 2, 256, 4000", "latent, batch, steps, kept = 2, 256, 4000, []"),
        (
            "        self.d_step()\n        self.g_step()\n",
            "        if not GAN.kept:\n            self.d_step()\n            self.g_step()\n"
            "        if self.adam_g.t == self.steps:\n            GAN.kept = self.G\n",
        ),
        (
            "        self.adam_g, self.adam_d =",
            "        if GAN.kept:\n            self.G = [p.copy() for p in GAN.kept]\n"
            "        self.adam_g, self.adam_d =",
        ),
    ),
    "noise of plus and minus ones: four samples in all": _but(
        (_NOISE, "return self.rng.choice([-1.0, 1.0], (self.batch, self.latent))"),
        (_SAMPLE, "return self.generate(np.random.default_rng(seed).choice([-1.0, 1.0], (n, self.latent)))"),
        ("steps = 2, 256, 4000", "steps = 2, 256, 1000"),
    ),
}  # fmt: skip
