"""Weights of an ensemble's members, fitted on rows that none of them was trained on."""

from __future__ import annotations

import numpy as np
import torch

from dlrun.inference.ensemble.rows import Answers, Shown
from dlrun.tasks._base.batch import Batch
from dlrun.tasks._base.task import Task

STEPS = 400  # of the search, for each member
SMALL = 1e-4  # differences of weights and of losses at which it ends


def fitted_weights(task: Task, rows: Shown) -> np.ndarray:
    """The weights (members,), >= 0 and of sum 1, whose mean has the least loss on the rows (Chollet, 7.3.3).

    Searched by Nelder and Mead's simplex from equal weights on, over numbers whose softmax they are.
    """
    from scipy.optimize import minimize

    members = len(rows.outputs)
    places = torch.arange(len(rows.targets))
    batch = Batch(places, rows.targets, len(places))

    def loss(numbers: np.ndarray) -> float:
        model = Answers(task.averaged(rows.outputs, torch.from_numpy(_shares(numbers))))
        return float(task.loss("model", model, batch)[0])

    corners = np.vstack([np.zeros(members - 1), np.eye(members - 1)])
    with torch.no_grad():
        found = minimize(loss, corners[0], method="Nelder-Mead", options={
            "initial_simplex": corners, "maxiter": STEPS * members, "xatol": SMALL, "fatol": SMALL ** 2})
    return _shares(found.x)


def _shares(numbers: np.ndarray) -> np.ndarray:
    """A number for each member but the first, which has 0, as weights."""
    grown = np.exp(np.concatenate([[0.0], numbers]) - max(0.0, numbers.max(initial=0.0)))
    return np.asarray(grown / grown.sum())
