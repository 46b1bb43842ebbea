"""The names that models and layers share: activations, initial weights."""

from __future__ import annotations

ACTIVATIONS = (
    "relu", "leaky_relu", "elu", "selu", "gelu", "swish", "tanh", "sigmoid", "hard_sigmoid", "softplus", "softsign",
    "softmax", "linear",
)
RECURRENT_ACTIVATIONS = ("tanh", "relu", "sigmoid", "hard_sigmoid", "linear")
INITS = (
    "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal",
    "he_random_normal", "lecun_random_normal", "orthogonal", "uniform", "unit_uniform", "normal", "small_normal",
    "truncated_normal", "zeros", "torch",
)
RECURRENT_INITS = tuple(init for init in INITS if init != "torch")
BIAS_INITS = ("zeros", "ones", "uniform", "normal", "truncated_normal")

INIT_DOC = (
    "initial weights, as in Keras, whose he_normal and lecun_normal are cut off at two deviations (he_random_normal, "
    "lecun_random_normal are not); uniform is +-0.05, unit_uniform +-1, normal has deviation 0.05, small_normal 0.02, "
    "torch is PyTorch's own, biases too"
)
MAX_NORM_DOC = "largest norm of a unit's incoming weights, enforced after each update; null: none"
