"""The models that a network is compared with, as scikit-learn has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MANY = 10_000  # rows from which boosting works on histograms
NEIGHBOURS = 5


@dataclass(frozen=True)
class Estimator:
    """One of them: what it is called in a sentence for classes and for numbers, and how it is made.

    `make` takes whether the targets are classes, how many rows it will be fitted on, and a seed, which matters where
    it is `drawn`.
    """

    classes: str
    numbers: str
    make: Callable[[bool, int, int], Any]
    drawn: bool = False


def _constant(classes: bool, rows: int, seed: int) -> Any:
    from sklearn.dummy import DummyClassifier, DummyRegressor

    return DummyClassifier(strategy="prior") if classes else DummyRegressor(strategy="mean")


def _linear(classes: bool, rows: int, seed: int) -> Any:
    from sklearn.linear_model import LinearRegression, LogisticRegression

    return LogisticRegression(max_iter=2000) if classes else LinearRegression()


def _neighbours(classes: bool, rows: int, seed: int) -> Any:
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    return (KNeighborsClassifier if classes else KNeighborsRegressor)(min(NEIGHBOURS, rows))


def _forest(classes: bool, rows: int, seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    return (RandomForestClassifier if classes else RandomForestRegressor)(random_state=seed)


def _boosting(classes: bool, rows: int, seed: int) -> Any:
    from sklearn import ensemble

    if rows < MANY:  # the leaves of the other one hold 20 rows at least, which is much of a small table
        return (ensemble.GradientBoostingClassifier if classes else ensemble.GradientBoostingRegressor)(
            random_state=seed)
    return (ensemble.HistGradientBoostingClassifier if classes else ensemble.HistGradientBoostingRegressor)(
        random_state=seed)


ESTIMATORS = {
    "constant": Estimator("largest class", "mean", _constant),
    "linear": Estimator("logistic regression", "linear regression", _linear),
    "neighbours": Estimator(f"{NEIGHBOURS} nearest neighbours", f"{NEIGHBOURS} nearest neighbours", _neighbours),
    "forest": Estimator("random forest", "random forest", _forest, drawn=True),
    "boosting": Estimator("gradient boosting", "gradient boosting", _boosting, drawn=True),
}
