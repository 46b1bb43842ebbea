"""A loss for a task of dlrun's."""

import math

from torch.nn import functional as F


def gentle(outputs, targets):
    """log cosh of the error: a square near 0, a line further out."""
    error = outputs - targets
    return (error + F.softplus(-2 * error) - math.log(2)).mean()
