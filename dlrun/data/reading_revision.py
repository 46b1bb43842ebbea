"""Whether dlrun once made something else of the files that a run reads: then it is another run than that of then."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

from dlrun.config.problem import ConfigError
from dlrun.config.schema.root import Config
from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.sets._base import Dataset

if TYPE_CHECKING:
    from dlrun.data.source import RawDataset

_known: dict[Hashable, int] = {}
_held: dict[str, RawDataset] = {}  # the last small table that was asked about
_SMALL = 1 << 26  # bytes


def of_reading(dataset: Dataset, config: Config, path: str | None = None) -> int:
    """2 or 3 where the file itself is read otherwise, or a word of a text column stands in no training row; else 1.

    `path` is the data set's file; None where its fields tell its content.  A file that is not there, or not as it
    should be, is said elsewhere.
    """
    try:
        state = _state(dataset, path)
        of_file = _remembered(state, lambda: _seen(dataset).revision)
        if of_file != 1 or not _remembered(("texts", state), lambda: int(_has_texts(dataset))):
            return of_file
        run = repr((config.validation, config.train_size, config.seed))
        return _remembered((state, run), lambda: 2 if _any_unseen(dataset, state, config) else 1)
    except ConfigError:
        return 1


def of_file(dataset: Dataset, path: str) -> int:
    """That of the file alone, whatever stands in the training rows."""
    try:
        return _remembered(_state(dataset, path), lambda: _seen(dataset).revision)
    except ConfigError:
        return 1


def _state(dataset: Dataset, path: str | None) -> str:
    """What is read: the options, and size and time of each file, that of the test rows too.  Raises ConfigError."""
    from dlrun.data import paths

    files = [] if path is None else [paths.own(path)]
    if dataset.test_path:
        files.append(paths.own(dataset.test_path, key="test_path"))
    return repr((dataset, [(stat.st_size, stat.st_mtime_ns) for stat in (file.stat() for file in files)]))


def _seen(dataset: Dataset) -> DatasetInfo:
    info = dataset.info("")
    assert info is not None  # a table or a series is known once it has been looked at
    return info


def _remembered(key: Hashable, find: Callable[[], int]) -> int:
    if key not in _known:
        _known[key] = find()
    return _known[key]


def _has_texts(dataset: Dataset) -> bool:
    spec = _seen(dataset).data_spec
    return spec.input_kind == "table" and any("=" in feature for feature in spec.features)


def _any_unseen(dataset: Dataset, state: str, config: Config) -> bool:
    from dlrun.data.unseen_words import any_unseen

    source = _held.get(state)
    if source is None:
        source = dataset.read("", lambda line: None)
        _held.clear()
        if source.x.nbytes < _SMALL:
            _held[state] = source
    return any_unseen(dataset, source, config.validation, config.train_size, config.seed)
