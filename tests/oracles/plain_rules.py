"""Optimizers as functions of (weight, gradient, slots, rate, t, options) that return the new weight
and the new slots: each from its paper, with Keras' place of ε. t = 1, 2, ... counts the steps.

Slots begin as an empty tuple, which stands for zeros.
"""

import numpy as np


def sgd(w, g, slots, rate, t, options):
    """w - η g; with momentum Polyak's velocity, with Nesterov's look ahead."""
    momentum = options.get("momentum", 0.0)
    (velocity,) = slots or (0.0 * w,)
    velocity = momentum * velocity - rate * g
    return w + (momentum * velocity - rate * g if options.get("nesterov") else velocity), (velocity,)


def adadelta(w, g, slots, rate, t, options):
    """Zeiler 2012, algorithm 1."""
    rho, epsilon = options.get("rho", 0.95), options.get("epsilon", 1e-7)
    squares, updates = slots or (0.0 * w, 0.0 * w)
    squares = rho * squares + (1 - rho) * g**2
    update = np.sqrt(updates + epsilon) / np.sqrt(squares + epsilon) * g
    return w - rate * update, (squares, rho * updates + (1 - rho) * update**2)


def rmsprop(w, g, slots, rate, t, options):
    """Tieleman, Hinton 2012; Graves 2013 for the centred form with momentum."""
    rho, epsilon = options.get("rho", 0.9), options.get("epsilon", 1e-7)
    squares, means, velocity = slots or (0.0 * w, 0.0 * w, 0.0 * w)
    squares = rho * squares + (1 - rho) * g**2
    means = rho * means + (1 - rho) * g
    variance = squares - means**2 if options.get("centered") else squares
    velocity = options.get("momentum", 0.0) * velocity + rate * g / np.sqrt(variance + epsilon)
    return w - velocity, (squares, means, velocity)


def adam(w, g, slots, rate, t, options):
    """Kingma, Ba 2015, the efficient form at the end of section 2; Reddi et al. 2018 for AMSGrad."""
    beta_1, beta_2 = options.get("beta_1", 0.9), options.get("beta_2", 0.999)
    m, v, largest = slots or (0.0 * w, 0.0 * w, 0.0 * w)
    m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
    largest = np.maximum(largest, v)
    eta = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    root = np.sqrt(largest if options.get("amsgrad") else v)
    return w - eta * m / (root + options.get("epsilon", 1e-7)), (m, v, largest)


def adagrad(w, g, slots, rate, t, options):
    """Duchi et al. 2011; the sum of squares begins at 0.1."""
    (squares,) = slots or (0.0 * w + 0.1,)
    squares = squares + g**2
    return w - rate * g / np.sqrt(squares + options.get("epsilon", 1e-7)), (squares,)


def adamax(w, g, slots, rate, t, options):
    """Kingma, Ba 2015, algorithm 2."""
    m, u = slots or (0.0 * w, 0.0 * w)
    m, u = 0.9 * m + 0.1 * g, np.maximum(0.999 * u, np.abs(g))
    return w - rate / (1 - 0.9**t) * m / (u + 1e-7), (m, u)


def nadam(w, g, slots, rate, t, options):
    """Dozat 2016, with its schedule of the momentum: μ_t = β₁ (1 - 0.96^t / 2)."""
    m, v = slots or (0.0 * w, 0.0 * w)
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    mu = 0.9 * (1 - 0.96 ** np.arange(1, t + 2) / 2)
    ahead = mu[t] * m / (1 - mu.prod()) + (1 - mu[t - 1]) * g / (1 - mu[:t].prod())
    return w - rate * ahead / (np.sqrt(v / (1 - 0.999**t)) + 1e-7), (m, v)


RULES = {each.__name__: each for each in (sgd, adadelta, rmsprop, adam, adagrad, adamax, nadam)}
