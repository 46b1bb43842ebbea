"""Rows of one group (a patient, a day) in one part alone; parts keep the proportions of the classes as well as that
allows.  Exact by the order in which groups are looked at, which is drawn by a seed elsewhere."""

from __future__ import annotations

import numpy as np

from dlrun.config.problem import problem

EXCHANGES = 100
MOST = 500  # groups that are looked at for an exchange, of those taken and of the others


def taken(groups: np.ndarray, classes: np.ndarray | None, count: int, order: np.ndarray, key: str) -> np.ndarray:
    """A mask over rows of about `count` to take, whole groups of them; `groups` has the group of each row (N,).

    Groups are looked at in their `order` of first appearance among the rows it names; one is taken where the rows taken
    come nearer to their number and to the classes' proportions by it; then single ones are exchanged.

    Raises ConfigError about the option `key` where there is one group alone.
    """
    names, place = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        raise problem(key, "its rows are of one group alone; expected two groups or more, since none is in two parts")
    counts = _counts(place, len(names), classes)
    weights = 1 / counts.sum(0)
    goal = counts.sum(0) * (count / len(groups))

    def distance(have: np.ndarray) -> float:
        return float((((have - goal) * weights) ** 2).sum())

    first = list(dict.fromkeys(place[order].tolist()))
    have, chosen = np.zeros(counts.shape[1]), []
    for group in first:
        if distance(have + counts[group]) < distance(have):
            have = have + counts[group]
            chosen.append(group)
    chosen = _improved(chosen, first, counts, goal, weights)
    if not chosen:  # each group is larger than what is to be taken
        chosen = [min(first, key=lambda group: distance(counts[group]))]
    if len(chosen) == len(names):
        chosen.pop()
    return np.isin(place, chosen)


def _improved(chosen: list[int], first: list[int], counts: np.ndarray, goal: np.ndarray, weights: np.ndarray
              ) -> list[int]:
    """The chosen groups with single ones exchanged for others, the best exchange first, until none brings them nearer.

    Of very many groups, among which one more or less hardly counts, the first ones alone are looked at.
    """
    scaled, nothing = (counts * weights)[first], np.zeros((1, counts.shape[1]))
    inside = np.isin(first, chosen)
    for _ in range(EXCHANGES):
        own, others = np.flatnonzero(inside)[:MOST], np.flatnonzero(~inside)[:MOST]
        off = scaled[inside].sum(0) - goal * weights
        change = np.concatenate([scaled[others], nothing])[None] - np.concatenate([scaled[own], nothing])[:, None]
        distances = ((off + change) ** 2).sum(2)
        gone, come = np.unravel_index(np.argmin(distances), distances.shape)
        if distances[gone, come] >= (off**2).sum() * (1 - 1e-9):
            break
        if gone < len(own):
            inside[own[gone]] = False
        if come < len(others):
            inside[others[come]] = True
    return [group for group, taken in zip(first, inside) if taken]


def folds(groups: np.ndarray, classes: np.ndarray | None, k: int, order: np.ndarray) -> np.ndarray:
    """The fold (N,) of each row, 0 to k - 1, that of its group: large groups first, each where it makes the folds most
    alike in rows and in classes.  Raises ConfigError where there are fewer groups than folds."""
    names, place = np.unique(groups, return_inverse=True)
    if k > len(names):
        raise problem(f"validation.k={k}", f"expected 2 to {len(names):,}; there are {len(names):,} groups")
    counts = _counts(place, len(names), classes)
    squares = 1 / counts.sum(0) ** 2
    first = np.array(list(dict.fromkeys(place[order].tolist())))
    have, fold = np.zeros((k, counts.shape[1])), np.zeros(len(names), np.int64)
    for group in first[np.argsort(-counts[first, -1], kind="stable")]:
        fold[group] = np.argmin((have * squares) @ counts[group])
        have[fold[group]] += counts[group]
    return fold[place]


def _counts(place: np.ndarray, groups: int, classes: np.ndarray | None) -> np.ndarray:
    """The rows of each group (groups, classes + 1) in each class that occurs, and in the last column all."""
    whole = np.bincount(place, minlength=groups)[:, None]
    if classes is None:
        return whole.astype(np.float64)
    _, codes = np.unique(classes, return_inverse=True)
    width = int(codes.max()) + 1
    each = np.bincount(place * width + codes, minlength=groups * width).reshape(groups, width)
    return np.concatenate([each, whole], 1).astype(np.float64)
