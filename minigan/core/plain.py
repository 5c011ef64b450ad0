"""A whole GAN on one page: Algorithm 1 of Goodfellow et al. 2014, with NumPy and nothing else.

Read this file first. A generator G turns noise z into samples, and a discriminator D says how probable it is that
a sample x is real. D learns to tell real samples from G's, G learns to be taken for real. The game they play is

    min over G, max over D:   V(D, G) = mean of log D(x) + mean of log(1 - D(G(z)))          (eq. 1)

and if both play it perfectly, G's samples are distributed as the data, D(x) is 1/2 everywhere, and V is -log 4.

Run it, `python -m minigan.core.plain`, and two small networks play it for the numbers drawn from N(4, 0.5²), a
Gaussian of mean 4 and standard deviation 0.5. The rest of minigan computes what this page computes, faster and
for more kinds of networks and games; a test holds its step to the one below.
"""

import numpy as np

SLOPE = 0.2  # of the leaky ReLU for numbers below 0


def new_network(widths, rng):
    """The weights of a chain of dense layers, [W, b, W, b, ...]: W (n_in, n_out) is random, b (n_out,) is 0."""
    net = []
    for n_in, n_out in zip(widths[:-1], widths[1:], strict=True):
        net += [rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out)), np.zeros(n_out)]
    return net


def forward(net, x):
    """[x, the first layer's output, ..., the last one's]: a = x W + b, and in all but the last max(a, SLOPE a)."""
    outputs = [x]
    for W, b in zip(net[::2], net[1::2], strict=True):
        a = outputs[-1] @ W + b
        outputs.append(np.maximum(a, SLOPE * a))
    return [*outputs[:-1], a]


def backward(net, outputs, dy):
    """The chain rule, last layer first. From dy = dL/dy: ([dL/dW, dL/db, ...], dL/dx).

    y = x W + b is a sum of products, so each factor gets dy times the other one: dL/dW = xᵀ dy, dL/dx = dy Wᵀ.
    """
    gradients = []
    for k in reversed(range(len(net) // 2)):
        W, x = net[2 * k], outputs[k]
        gradients = [x.T @ dy, dy.sum(axis=0), *gradients]
        dy = dy @ W.T
        if k > 0:
            dy = dy * np.where(x > 0, 1, SLOPE)  # back through the max that made this x
    return gradients, dy


def sigmoid(s):
    """D's last layer gives a logit s, any number; 1 / (1 + e^-s) makes a probability of it, D(x)."""
    return 1 / (1 + np.exp(-s))


def discriminator_gradient(D, real, fake):
    """The gradient of what D pays, -V: of mean -log D(x) and mean -log(1 - D(G(z))), whose slopes are below."""
    of_real, of_fake = forward(D, real), forward(D, fake)
    from_real, _ = backward(D, of_real, (sigmoid(of_real[-1]) - 1) / len(real))
    from_fake, _ = backward(D, of_fake, sigmoid(of_fake[-1]) / len(fake))
    return [a + b for a, b in zip(from_real, from_fake, strict=True)]


def generator_gradient(G, D, z):
    """The gradient of what G pays, mean -log D(G(z)): it goes back through D, which stays as it is, to G.

    Algorithm 1 prints log(1 - D(G(z))), whose slope dies where D is sure of a fake; in section 3 the authors
    replace it by this.
    """
    made = forward(G, z)
    judged = forward(D, made[-1])
    _, d_made = backward(D, judged, (sigmoid(judged[-1]) - 1) / len(z))
    gradient, _ = backward(G, made, d_made)
    return gradient


def new_adam(net):
    """What the optimiser remembers of each weight: running means of its gradient and of the gradient's square."""
    return [(np.zeros_like(w), np.zeros_like(w)) for w in net]


def move(net, gradient, adam, t, rate, beta1=0.5, beta2=0.99):
    """Step t = 1, 2, ... of Adam (Kingma and Ba 2015): each weight goes down by about rate, whatever its scale."""
    for w, g, (m, v) in zip(net, gradient, adam, strict=True):
        m += (1 - beta1) * (g - m)
        v += (1 - beta2) * (g * g - v)
        w -= rate * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + 1e-8)


def main(steps=2000, batch=128, seed=0):
    """Algorithm 1, with one update of D for each of G."""
    rng = np.random.default_rng(seed)
    data = rng.normal(4, 0.5, (10_000, 1))
    mean, sd = data.mean(), data.std()
    G, D = new_network([1, 16, 1], rng), new_network([1, 32, 1], rng)
    adam_g, adam_d = new_adam(G), new_adam(D)
    for t in range(1, steps + 1):
        rate = 1e-3 * (1 - t / steps)
        real = (rng.choice(data, batch) - mean) / sd  # networks learn best what is about as large as 1
        fake = forward(G, rng.normal(size=(batch, 1)))[-1]
        move(D, discriminator_gradient(D, real, fake), adam_d, t, 3 * rate)
        move(G, generator_gradient(G, D, rng.normal(size=(batch, 1))), adam_g, t, rate)
    fake = forward(G, rng.normal(size=(10_000, 1)))[-1]
    of_real, of_fake = (sigmoid(forward(D, x)[-1]) for x in ((data - mean) / sd, fake))
    samples, V = mean + sd * fake, np.log(of_real).mean() + np.log(1 - of_fake).mean()
    print(f"mean {samples.mean():.2f}, standard deviation {samples.std():.2f}, V {V:.3f}")


if __name__ == "__main__":
    main()
