"""Layers: each is a function y = f(x; theta) with its derivative beside it.

A layer holds parameters, never activations. Four methods say everything that training needs, for B rows:

    forward(x, y, memo, training, rng)  write y = f(x)
    backward(x, y, dy, dx, memo)        write dx = dL/dx, given dy = dL/dy    (the chain rule through the layer)
    gradient(x, y, dy, memo)            write dW, db, ... = dL/dtheta         (the chain rule into its parameters)
    tangent(x, y, dx, dy, memo)         write dy = (df/dx) dx                 (the same derivative, run forwards)

"Whose gradient?" is thus a matter of which method is called. `x` and `y` are kept by the network's Trace; `memo`
holds the layer's own notes there (a dropout mask, say), so that one layer can serve several traces at once.
`reads` names what backward and gradient look at, "input" or "output"; with `in_place` the layer allows y to be
written over x. The Trace grants that only where nobody needs x again. backward never finds dx to be dy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from .backend import Array, Backend
from .streams import fill_normal, fill_uniform


def sigmoid(xp: Any, x: Array) -> Array:
    """1 / (1 + e^-x), with both tails exact to rounding: no exponent is ever positive."""
    return xp.exp(xp.minimum(x, 0)) / (1 + xp.exp(-xp.abs(x)))


def softplus(xp: Any, x: Array) -> Array:
    """log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), which neither overflows nor loses the small tail."""
    return xp.maximum(x, 0) + xp.log1p(xp.exp(-xp.abs(x)))


@dataclass(eq=False)
class Layer:
    """What the network asks of a layer; the defaults are those of a layer without parameters.

    Subclasses are dataclasses. Their fields are the settings, which are shown, saved and copied; all else is made
    by `bind`, anew whenever the network is copied. A layer of your own is as complete as this:

        @dataclass(eq=False)
        class Scale(mg.Layer):
            start: float = 1.0  # y = a x, with one learned number a that starts here

            size = 1
            reads = frozenset({"input"})
            def initialise(self, rng): self.theta[...] = self.start
            def forward(self, x, y, memo, training, rng): self.xp.multiply(x, self.theta, out=y)
            def backward(self, x, y, dy, dx, memo): self.xp.multiply(dy, self.theta, out=dx)
            def gradient(self, x, y, dy, memo): self.grad[...] = (x * dy).sum()

    and `mg.check_gradients(Scale(), x)` says whether its methods agree.
    """

    reads: ClassVar[frozenset[str]] = frozenset({"input", "output"})  # both are kept until a layer says less
    in_place: ClassVar[bool] = False
    random: ClassVar[bool] = False  # forward draws from rng while training
    couples_rows: ClassVar[bool] = False  # while training, a row's y depends on other rows of the batch
    sliceable: ClassVar[bool] = False  # backward uses no memo: it can be asked for some rows alone
    piecewise_linear: ClassVar[bool] = False  # between kinks df/dx stays as it is, for each row and memo

    @property
    def size(self) -> int:
        """How many numbers of theta are this layer's."""
        return 0

    @property
    def state_size(self) -> int:
        """How many numbers of state are this layer's: what is learned, but not by gradient."""
        return 0

    @property
    def width(self) -> int | None:
        """How many columns x must have; None if any number will do."""
        return None

    def width_out(self, width: int) -> int:
        """How many columns y has, for x of this width."""
        return width

    def bind(self, backend: Backend, theta: Array, grad: Array, state: Array) -> None:
        """Take up residence: keep, or cut, these views of the network's vectors, (size,) (size,) (state_size,)."""
        self.xp, self.theta, self.grad, self.state = backend.xp, theta, grad, state

    def initialise(self, rng: np.random.Generator) -> None:
        """Fill the parameters with their starting values."""

    def memo(self, backend: Backend, batch: int, width: int, groups: int) -> SimpleNamespace:
        """The notes that forward leaves for backward, allocated once for B = batch rows x (B, width)."""
        return SimpleNamespace()

    def forward(self, x: Array, y: Array, memo: Any, training: bool, rng: np.random.Generator | None) -> None:
        """Write y (B, out) = f(x), x (B, in), and into memo what backward will need of this pass."""
        raise TypeError(f"{type(self).__name__} does not say how to compute y: write its forward method")

    def backward(self, x: Array, y: Array, dy: Array, dx: Array, memo: Any) -> None:
        """Write dx (B, in) = dL/dx, given dy (B, out) = dL/dy, for the pass that x, y and memo are of."""
        raise TypeError(f"{type(self).__name__} does not say how to pull dy back: write its backward method")

    def gradient(self, x: Array, y: Array, dy: Array, memo: Any) -> None:
        """Write self.grad (size,) = dL/dtheta, given dy (B, out); assign, do not add. x may not be changed."""
        raise TypeError(f"{type(self).__name__} has parameters, but no gradient: write its gradient method")

    def tangent(self, x: Array, y: Array, dx: Array, dy: Array, memo: Any) -> None:
        """Write dy (B, out) = (df/dx) dx, each row along its own direction dx (B, in)."""
        self.backward(x, y, dx, dy, memo)  # right wherever df/dx is symmetric: elementwise layers, BatchNorm

    def absorb(self, memo: Any) -> None:
        """Move `state` by what the last training forward saw."""

    def branch(self, x: Array, y: Array, memo: Any) -> Array | None:
        """Which piece of f each number (B, ...) is on, for a layer with kinks; None for a smooth one."""
        return None

    def kinks(self, x: Array) -> Array:
        """Numbers (B, any), linear in x (B, in) between each other's zeros: f turns where one of them is 0."""
        return x[:, :0]

    def __getstate__(self) -> dict:
        return {field.name: getattr(self, field.name) for field in fields(self)}  # views would be severed


@dataclass(eq=False)
class Dense(Layer):
    """y = x W + b:  x (B, I), W (I, O), b (O,), y (B, O).

    init is "he" (normal, variance 2/I; He et al. 2015, eq. 10), "glorot" (uniform, variance 2/(I+O); Glorot and
    Bengio 2010, eq. 16), ("normal", sd) or ("uniform", bound). Biases start at 0.
    """

    n_in: int
    n_out: int
    bias: bool = True
    init: str | tuple[str, float] = "he"

    reads = frozenset({"input"})
    sliceable = True
    piecewise_linear = True

    def __post_init__(self) -> None:
        if self.n_in < 1 or self.n_out < 1:
            raise ValueError(f"Dense({self.n_in}, {self.n_out}): both widths must be 1 or more")
        kind = self.init if isinstance(self.init, str) else self.init[0]
        if kind not in (("he", "glorot") if isinstance(self.init, str) else ("normal", "uniform")):
            raise ValueError(f"init is {self.init!r}; choose 'he', 'glorot', ('normal', sd) or ('uniform', bound)")

    @property
    def size(self) -> int:
        return (self.n_in + self.bias) * self.n_out

    @property
    def width(self) -> int:
        return self.n_in

    def width_out(self, width: int) -> int:
        return self.n_out

    def bind(self, backend: Backend, theta: Array, grad: Array, state: Array) -> None:
        super().bind(backend, theta, grad, state)
        self.product = backend.product
        split = self.n_in * self.n_out
        self.W, self.dW = (v[:split].reshape(self.n_in, self.n_out) for v in (theta, grad))
        self.b, self.db = (v[split:] for v in (theta, grad))  # (O,), or empty without bias

    def initialise(self, rng: np.random.Generator) -> None:
        kind, scale = (self.init, 0.0) if isinstance(self.init, str) else self.init
        if kind == "he":
            kind, scale = "normal", math.sqrt(2 / self.n_in)
        elif kind == "glorot":
            kind, scale = "uniform", math.sqrt(6 / (self.n_in + self.n_out))
        if kind == "normal":
            fill_normal(self.W, rng)
            self.W *= scale
        else:
            fill_uniform(self.W, rng, -scale, scale)
        self.b[...] = 0

    def memo(self, backend: Backend, batch: int, width: int, groups: int) -> SimpleNamespace:
        return SimpleNamespace(ones=backend.ones(batch))

    def forward(self, x: Array, y: Array, memo: Any, training: bool, rng: np.random.Generator | None) -> None:
        self.product(x, self.W, y)
        if self.bias:
            y += self.b

    def backward(self, x: Array, y: Array, dy: Array, dx: Array, memo: Any) -> None:
        """dx = dy Wᵀ, since y_bo = Σ_i x_bi W_io + b_o makes dL/dx_bi = Σ_o dL/dy_bo W_io."""
        self.product(dy, self.W.T, dx)

    def gradient(self, x: Array, y: Array, dy: Array, memo: Any) -> None:
        """dW = xᵀ dy and db = 1ᵀ dy: each row of the batch adds its share to dL/dW_io = Σ_b x_bi dL/dy_bo."""
        self.product(x.T, dy, self.dW)
        if self.bias:
            self.product(memo.ones, dy, self.db)  # three times as fast as dy.sum(axis=0)

    def tangent(self, x: Array, y: Array, dx: Array, dy: Array, memo: Any) -> None:
        self.product(dx, self.W, dy)


@dataclass(eq=False)
class Elementwise(Layer):
    """y_bi = f(x_bi): two formulas, the value and the slope as a function of the output alone.

    That they need no input is what lets a dense layer and its activation share one array.
    """

    reads = frozenset({"output"})
    in_place = True

    def value(self, xp: Any, x: Array, y: Array) -> None:
        """Write y = f(x), of any shape; y may be x."""
        raise TypeError(f"{type(self).__name__} has no formula: write its value method")

    def slope(self, xp: Any, y: Array, dy: Array, dx: Array) -> None:
        """Write dx = f'(x) dy, with f'(x) told from y = f(x); dx is not dy."""
        raise TypeError(f"{type(self).__name__} has no derivative: write its slope method")

    def bind(self, backend: Backend, theta: Array, grad: Array, state: Array) -> None:
        super().bind(backend, theta, grad, state)
        self._value, self._slope = backend.kernel(self.value), backend.kernel(self.slope)

    def forward(self, x: Array, y: Array, memo: Any, training: bool, rng: np.random.Generator | None) -> None:
        self._value(x, y)

    def backward(self, x: Array, y: Array, dy: Array, dx: Array, memo: Any) -> None:
        self._slope(y, dy, dx)


@dataclass(eq=False)
class ReLU(Elementwise):
    """y = max(x, 0); slope 1 where y > 0, else 0 (0 at the kink)."""

    piecewise_linear = True

    def value(self, xp: Any, x: Array, y: Array) -> None:
        xp.maximum(x, 0, out=y)

    def slope(self, xp: Any, y: Array, dy: Array, dx: Array) -> None:
        dx[...] = y > 0
        dx *= dy

    def branch(self, x: Array, y: Array, memo: Any) -> Array:
        return y > 0

    def kinks(self, x: Array) -> Array:
        return x


@dataclass(eq=False)
class LeakyReLU(Elementwise):
    """y = max(x, a x) with 0 <= a < 1; slope 1 where y > 0, else a (a at the kink).

    a < 1 makes the maximum the right branch, a >= 0 lets the sign of y tell the sign of x; else ValueError.
    """

    a: float = 0.2

    piecewise_linear = True

    def __post_init__(self) -> None:
        if not 0 <= self.a < 1:
            raise ValueError(f"LeakyReLU's slope is {self.a!r}; it must be at least 0 and below 1")

    def value(self, xp: Any, x: Array, y: Array) -> None:
        xp.maximum(x, self.a * x if self.a else 0, out=y)  # 0 times an infinity is no number

    def slope(self, xp: Any, y: Array, dy: Array, dx: Array) -> None:
        dx[...] = y > 0  # 1 or 0, then 1 or a by arithmetic: a tenth of the time of xp.where
        dx *= 1 - self.a
        dx += self.a
        dx *= dy

    def branch(self, x: Array, y: Array, memo: Any) -> Array:
        return y > 0

    def kinks(self, x: Array) -> Array:
        return x


@dataclass(eq=False)
class Sigmoid(Elementwise):
    """y = 1 / (1 + e^-x); slope y (1 - y), which in float32 rounds to 0 for x above 17."""

    def value(self, xp: Any, x: Array, y: Array) -> None:
        y[...] = sigmoid(xp, x)

    def slope(self, xp: Any, y: Array, dy: Array, dx: Array) -> None:
        xp.multiply(y, 1 - y, out=dx)
        dx *= dy


@dataclass(eq=False)
class Tanh(Elementwise):
    """y = tanh x; slope 1 - y², which in float32 rounds to 0 from |x| = 10 on."""

    def value(self, xp: Any, x: Array, y: Array) -> None:
        xp.tanh(x, out=y)

    def slope(self, xp: Any, y: Array, dy: Array, dx: Array) -> None:
        xp.multiply(y, y, out=dx)
        xp.subtract(1, dx, out=dx)
        dx *= dy


@dataclass(eq=False)
class Softplus(Elementwise):
    """y = log(1 + e^x); slope 1 - e^-y, which is the sigmoid of x."""

    def value(self, xp: Any, x: Array, y: Array) -> None:
        y[...] = softplus(xp, x)

    def slope(self, xp: Any, y: Array, dy: Array, dx: Array) -> None:
        xp.expm1(-y, out=dx)
        xp.negative(dx, out=dx)
        dx *= dy


@dataclass(eq=False)
class Maxout(Layer):
    """y_bo = max over j of x_b,(o k + j): k neighbouring columns compete for one output (Goodfellow et al. 2013).

    x (B, O k), y (B, O). The slope is 1 for the winner and 0 for the others; of equals the first wins. The output
    alone cannot tell who won, so the memo keeps it.
    """

    k: int = 2

    reads = frozenset()  # the memo knows all
    piecewise_linear = True

    def __post_init__(self) -> None:
        if self.k < 2:
            raise ValueError(f"Maxout(k={self.k}): at least 2 columns must compete")

    def width_out(self, width: int) -> int:
        if width % self.k:
            raise ValueError(f"Maxout({self.k}) cannot pool {width} columns: {width} is no multiple of {self.k}")
        return width // self.k

    def memo(self, backend: Backend, batch: int, width: int, groups: int) -> SimpleNamespace:
        shape = (batch, width // self.k, self.k)
        return SimpleNamespace(won=backend.xp.zeros(shape, bool), pieces=backend.xp.arange(self.k))

    def forward(self, x: Array, y: Array, memo: Any, training: bool, rng: np.random.Generator | None) -> None:
        pieces = x.reshape(*y.shape, self.k)  # splitting an axis never copies
        self.xp.equal(pieces.argmax(axis=2)[:, :, None], memo.pieces, out=memo.won)
        pieces.max(axis=2, out=y)

    def backward(self, x: Array, y: Array, dy: Array, dx: Array, memo: Any) -> None:
        self.xp.multiply(dy[:, :, None], memo.won, out=dx.reshape(memo.won.shape))

    def tangent(self, x: Array, y: Array, dx: Array, dy: Array, memo: Any) -> None:
        self.xp.sum(dx.reshape(memo.won.shape) * memo.won, axis=2, out=dy)

    def branch(self, x: Array, y: Array, memo: Any) -> Array:
        return memo.won

    def kinks(self, x: Array) -> Array:
        pieces = x.reshape(len(x), -1, self.k)
        first, second = np.triu_indices(self.k, 1)
        return (pieces[:, :, first] - pieces[:, :, second]).reshape(len(x), -1)


@dataclass(eq=False)
class Dropout(Layer):
    """y = x m / (1 - p), each m_bi being 0 with probability p and else 1, drawn anew in every training forward.

    In evaluation y = x: the factor keeps the expectation (Srivastava et al. 2014, section 10). Raises ValueError
    for p outside [0, 1), and in training without an rng.
    """

    p: float = 0.5

    reads = frozenset()
    in_place = True
    random = True
    piecewise_linear = True

    def __post_init__(self) -> None:
        if not 0 <= self.p < 1:
            raise ValueError(f"Dropout's p is {self.p!r}; it must be at least 0 and below 1")

    def memo(self, backend: Backend, batch: int, width: int, groups: int) -> SimpleNamespace:
        return SimpleNamespace(mask=backend.empty(batch, width))

    def forward(self, x: Array, y: Array, memo: Any, training: bool, rng: np.random.Generator | None) -> None:
        if not training:
            memo.mask[...] = 1
        elif rng is None:
            raise ValueError("Dropout draws a mask in training: call forward(x, trace, training=True, rng=...)")
        else:
            fill_uniform(memo.mask, rng)
            memo.mask[...] = memo.mask >= self.p
            memo.mask *= 1 / (1 - self.p)
        self.xp.multiply(x, memo.mask, out=y)

    def backward(self, x: Array, y: Array, dy: Array, dx: Array, memo: Any) -> None:
        self.xp.multiply(dy, memo.mask, out=dx)


@dataclass(eq=False)
class BatchNorm(Layer):
    """y = gamma x̂ + beta with x̂ = (x - mean) / sqrt(variance + epsilon), by column (Ioffe, Szegedy 2015).

    In training, mean and variance (1/n) are those of the batch, or of each of the trace's equal groups of rows, so
    that D can judge [real; fake] in one pass without mixing the two. In evaluation they are the running ones,
    which live in the network's `state` and move only in `absorb`: state += momentum (batch - state), the variance
    with n/(n-1) as PyTorch has it. backward in training goes through mean and variance too (ibid., section 3).
    """

    n: int
    momentum: float = 0.1
    epsilon: float = 1e-5

    reads = frozenset()
    couples_rows = True
    piecewise_linear = True  # in evaluation, where no row moves another's mean

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ValueError(f"BatchNorm({self.n}): the number of columns must be 1 or more")

    @property
    def size(self) -> int:
        return 2 * self.n

    @property
    def state_size(self) -> int:
        return 2 * self.n

    @property
    def width(self) -> int:
        return self.n

    def bind(self, backend: Backend, theta: Array, grad: Array, state: Array) -> None:
        super().bind(backend, theta, grad, state)
        self.gamma, self.beta = theta[: self.n], theta[self.n :]
        self.dgamma, self.dbeta = grad[: self.n], grad[self.n :]
        self.mean, self.variance = state[: self.n], state[self.n :]

    def initialise(self, rng: np.random.Generator) -> None:
        self.gamma[...] = self.variance[...] = 1
        self.beta[...] = self.mean[...] = 0

    def memo(self, backend: Backend, batch: int, width: int, groups: int) -> SimpleNamespace:
        return SimpleNamespace(
            training=False,
            groups=(groups, batch // groups, width),
            x_hat=backend.empty(groups, batch // groups, width),
            mean=backend.empty(groups, 1, width),
            variance=backend.empty(groups, 1, width),
            scale=backend.empty(groups, 1, width),  # 1 / sqrt(variance + epsilon)
        )

    def forward(self, x: Array, y: Array, memo: Any, training: bool, rng: np.random.Generator | None) -> None:
        if training and memo.groups[1] < 2:
            raise ValueError("BatchNorm needs at least 2 rows of each kind to train: one row has no variance")
        memo.training = training
        x = x.reshape(memo.groups)
        if training:
            x.mean(axis=1, keepdims=True, out=memo.mean)
        else:
            memo.mean[...] = self.mean
        self.xp.subtract(x, memo.mean, out=memo.x_hat)
        if training:
            (memo.x_hat * memo.x_hat).mean(axis=1, keepdims=True, out=memo.variance)
        else:
            memo.variance[...] = self.variance
        memo.scale[...] = 1 / self.xp.sqrt(memo.variance + self.epsilon)
        memo.x_hat *= memo.scale
        y[...] = (self.gamma * memo.x_hat + self.beta).reshape(y.shape)

    def backward(self, x: Array, y: Array, dy: Array, dx: Array, memo: Any) -> None:
        dy = dy.reshape(memo.groups)
        d = dy
        if memo.training:  # each row moves mean and variance, and through them every other row
            d = dy - dy.mean(axis=1, keepdims=True)
            d -= memo.x_hat * (dy * memo.x_hat).mean(axis=1, keepdims=True)
        dx[...] = (d * (self.gamma * memo.scale)).reshape(dx.shape)

    def gradient(self, x: Array, y: Array, dy: Array, memo: Any) -> None:
        dy = dy.reshape(memo.groups)
        (dy * memo.x_hat).sum(axis=(0, 1), out=self.dgamma)
        dy.sum(axis=(0, 1), out=self.dbeta)

    def absorb(self, memo: Any) -> None:
        if memo.training:
            n = memo.groups[1]
            self.mean += self.momentum * (memo.mean.mean(axis=(0, 1)) - self.mean)
            self.variance += self.momentum * (memo.variance.mean(axis=(0, 1)) * (n / (n - 1)) - self.variance)


def widths_between(layers: Sequence[Layer], name: str, width: int | None) -> list[int]:
    """[columns of x, of the first layer's y, ..., of the last one's]; raises where these layers fit no network."""
    if not layers:
        raise ValueError(f"network {name!r} has no layers")
    for k, layer in enumerate(layers):
        if not isinstance(layer, Layer):
            raise TypeError(f"layer {k} of network {name!r} is {layer!r}, which is no minigan Layer")
        if any(layer is other for other in layers[:k]) or hasattr(layer, "xp"):
            raise ValueError(
                f"layer {k} of network {name!r}, {layer!r}, already has a place in a network; "
                f"its weights are views of one theta, so make a new layer (or use net.copy())"
            )
        if lost := [key for key in vars(layer) if key not in {f.name for f in fields(layer)}]:
            raise TypeError(
                f"layer {k} of network {name!r}, {type(layer).__name__}, keeps {lost[0]!r}, which is no "
                f"field of its dataclass and would be lost when the network is copied or saved: declare it "
                f"there, under @dataclass(eq=False); what follows from other settings is made in bind"
            )
    said = next((layer.width for layer in layers if layer.width), None)
    if width is None and said is None:
        raise ValueError(f"no layer of network {name!r} says how wide its input is: give width=...")
    widths = [width or said or 0]
    for k, layer in enumerate(layers):
        if layer.width not in (None, widths[-1]):
            raise ValueError(
                f"layer {k} of network {name!r}, {layer!r}, wants {layer.width} columns, "
                f"but {f'layer {k - 1} gives' if k else 'the input has'} {widths[-1]}"
            )
        widths.append(layer.width_out(widths[-1]))
    return widths


LAYERS: dict[str, type[Layer]] = {  # by the names that recipes have for them; a checkpoint may hold these alone
    "dense": Dense,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "sigmoid": Sigmoid,
    "softplus": Softplus,
    "tanh": Tanh,
    "maxout": Maxout,
    "dropout": Dropout,
    "batch_norm": BatchNorm,
}
__all__ = ["BatchNorm", "Dense", "Dropout", "Elementwise", "Layer", "LeakyReLU", "Maxout", "ReLU", "Sigmoid"]
__all__ += ["Softplus", "Tanh"]  # written out, since a type checker reads no loop
