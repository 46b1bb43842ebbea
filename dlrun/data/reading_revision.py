"""Whether dlrun once made something else of the files that a run reads: then it is another run than that of then."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from dlrun.config.problem import ConfigError
from dlrun.config.schema.root import Config

_known: dict[Hashable, int] = {}
_held: dict[str, Any] = {}  # the last small table that was asked about
_SMALL = 1 << 26  # bytes


def of_reading(dataset: Any, config: Config) -> int:
    """2 where the file itself is read otherwise, or where a word of a text column stands in no training row; else 1.

    A file that is not there, or not as it should be, is said elsewhere.
    """
    try:
        state = repr((dataset, _state(dataset)))
        of_file = _remembered(state, lambda: getattr(dataset.info(""), "revision", 1))
        if of_file != 1 or not _remembered(("texts", state), lambda: int(_has_texts(dataset))):
            return of_file
        run = repr((config.validation, config.train_size, config.seed))
        return _remembered((state, run), lambda: 2 if _any_unseen(dataset, state, config) else 1)
    except ConfigError:
        return 1


def _state(dataset: Any) -> Any:
    """Size and time of the data set's file; None where its fields tell its content."""
    from dlrun.data import paths

    if not hasattr(dataset, "path"):
        return None
    stat = paths.own(dataset.path).stat()
    return stat.st_size, stat.st_mtime_ns


def _remembered(key: Hashable, find: Callable[[], int]) -> int:
    if key not in _known:
        _known[key] = find()
    return _known[key]


def _has_texts(dataset: Any) -> bool:
    spec = dataset.info("").data_spec
    return spec.input_kind == "table" and any("=" in feature for feature in spec.features)


def _any_unseen(dataset: Any, state: str, config: Config) -> bool:
    from dlrun.data.unseen_words import any_unseen

    source = _held.get(state)
    if source is None:
        source = dataset.read("", lambda line: None)
        _held.clear()
        if source.x.nbytes < _SMALL:
            _held[state] = source
    return any_unseen(dataset, source, config.validation, config.train_size, config.seed)
