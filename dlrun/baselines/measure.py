"""Fits a baseline on the training rows of a run and measures it on the others, or finds what it measured before."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.baselines import matrix
from dlrun.baselines.estimators import ESTIMATORS
from dlrun.config.places import cache_dir, data_dir
from dlrun.config.problem import problem
from dlrun.config.schema.kfold import KFold
from dlrun.config.schema.root import Config
from dlrun.config.seeds import derive_seed
from dlrun.data.prepare import prepare
from dlrun.data.prepared import PreparedData, Split
from dlrun.data.preprocessing_state import plain
from dlrun.data.subsample import subsample
from dlrun.metrics._classes import class_predictions
from dlrun.metrics._gathered import compute
from dlrun.metrics._numbers import NumberPredictions
from dlrun.record import digest
from dlrun.record.folder import json_text, write_json
from dlrun.record.folder import plain as plain_json
from dlrun.record.stored import Damaged, mapping, read_file

FORMAT = 2  # counted up when the same rows would be measured otherwise
KINDS = ("classes", "number")


@dataclass(frozen=True)
class Measured:
    """What one baseline measured with one seed: metrics of the rows `part` (test, or val), by name.

    `seconds` are those of fitting, then or now; of several folds the metrics are means over them.
    """

    name: str
    seed: int
    part: str
    metrics: dict[str, float]
    seconds: float
    cached: bool


def refuse(config: Config, target_kind: str) -> None:
    """Raises ConfigError where baselines cannot learn from targets of this kind."""
    if target_kind not in KINDS:
        raise problem(f"dataset={config.dataset.name or config.dataset.kind}",
                      f"baselines learn one class or one number for a row; its targets are {target_kind}")


def prepared_rows(config: Config, say: Callable[[str], None]) -> Iterator[PreparedData]:
    """The rows that a run of this configuration sees; of a k-fold run those of each fold."""
    validation = config.validation
    folds: Sequence[Any] = [validation]
    if isinstance(validation, KFold) and validation.fold is None:
        folds = [dataclasses.replace(validation, fold=fold, final=False) for fold in range(validation.count)]
    for one in folds:
        yield _read(dataclasses.replace(config, validation=one), say)


def hash_of_rows(config: Config, say: Callable[[str], None]) -> str:
    """The hash of the rows that a run of this configuration would see now; of a k-fold run that of all folds."""
    return _read(config, say).hash


def _read(config: Config, say: Callable[[str], None]) -> PreparedData:
    found = prepare(config.dataset, str(data_dir(config.data_dir)), validation=config.validation,
                    train_size=config.train_size, seed=config.seed, say=say)
    return subsample(found, config.test_size)


def measure(config: Config, name: str, say: Callable[[str], None],
            prepared: Sequence[PreparedData] = ()) -> Measured:
    """What a baseline measures on the rows that the run of `config` is measured on: the test rows, else (and of a
    k-fold run) the validation rows.

    The same content, split, preprocessing, seed and scikit-learn are fitted once.  `prepared` are the rows of the
    configuration where a caller has them already.  Raises ConfigError for data that is not there or that no baseline
    learns from.
    """
    found = [_of_rows(config, rows, name, say) for rows in prepared or prepared_rows(config, say)]
    common = set.intersection(*(set(metrics) for metrics, _, _, _ in found))
    means = {key: float(np.mean([metrics[key] for metrics, _, _, _ in found])) for key in found[0][0] if key in common}
    return Measured(name, config.seed, found[0][1], means, sum(seconds for _, _, seconds, _ in found),
                    all(cached for _, _, _, cached in found))


def _of_rows(config: Config, prepared: PreparedData, name: str,
             say: Callable[[str], None]) -> tuple[dict[str, float], str, float, bool]:
    refuse(config, prepared.data_spec.target_kind)
    folds = isinstance(config.validation, KFold)
    part = next((part for part in (("val", "test") if folds else ("test", "val")) if part in prepared.splits), "")
    if not part:
        raise problem("dataset.test=0", "no rows are left to measure on; expected some, or validation=0.2")
    seed = derive_seed(config.seed, "baseline", name) % (1 << 32) if ESTIMATORS[name].drawn else 0
    place = _place(prepared, name, part, seed)
    try:
        known = read_file(place, lambda data: digest.unsealed(mapping(data)))
        return dict(known["metrics"]), part, float(known["seconds"]), True
    except (FileNotFoundError, Damaged, KeyError, TypeError):
        pass  # measured now; also what an earlier dlrun has kept without a checksum
    metrics, seconds = _fitted(prepared, prepared.splits[part], name, seed, config)
    kept = plain_json({"baseline": name, "part": part, "metrics": metrics, "seconds": round(seconds, 3)})
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_json(place, digest.sealed(kept), sync=False)
    except OSError as error:
        say(f"the cache folder {cache_dir()} can't be written ({error.strerror}); {name} is measured at each start")
    return metrics, part, seconds, False


def _fitted(prepared: PreparedData, split: Split, name: str, seed: int,
            config: Config) -> tuple[dict[str, float], float]:
    from time import perf_counter

    given = f"dataset={config.dataset.name or config.dataset.kind}"
    x, y = matrix.inputs(prepared, prepared.train, given), matrix.targets(prepared, prepared.train)
    classes = prepared.data_spec.target_kind == "classes"
    single = classes and len(np.unique(y)) < 2  # nothing but the constant one can learn from these
    model = ESTIMATORS["constant" if single else name].make(classes, len(x), seed)
    start = perf_counter()
    model.fit(x, y)
    seconds = perf_counter() - start
    measured, true = matrix.inputs(prepared, split, given), matrix.targets(prepared, split)
    if not classes:
        rows = NumberPredictions(np.asarray(model.predict(measured), np.float64), true)
        scaled = rows.errors * prepared.targets[0].factor  # as a run's mse is: of the target that a network learns
        own = {"mae": float(np.abs(rows.errors).mean()), "mse": float((scaled**2).mean())}
        return {**own, **compute({"": rows})}, seconds
    probabilities = np.zeros((len(true), len(prepared.data_spec.classes)))
    probabilities[:, model.classes_] = model.predict_proba(measured)
    found = class_predictions(probabilities, true, classes=prepared.data_spec.classes)
    return {"accuracy": float((found.taken == true).mean()), **compute({"": found})}, seconds


def _place(prepared: PreparedData, name: str, part: str, seed: int) -> Path:
    """The file of a measurement: named by the hash of everything that it depends on."""
    what = [FORMAT, prepared.hash, plain(prepared), name, part, seed, _version()]
    return cache_dir() / "baselines" / f"{hashlib.sha256(json_text(what).encode()).hexdigest()[:24]}.json"


@functools.cache
def _version() -> str:
    from importlib.metadata import version

    return version("scikit-learn")
