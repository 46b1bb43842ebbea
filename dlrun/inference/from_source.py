"""A data set as it was read, as rows of a run that was trained on another one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dlrun.config.problem import did_you_mean, problem
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.form import BYTE_PAIRS, Form, Windows
from dlrun.data.prepared import Split
from dlrun.data.source import RawDataset

Say = Callable[[str], None]


def of_source(kept: dict[str, Any], source: RawDataset, given: str, say: Say) -> Split:
    """The test rows of a source with their targets, of one without a test part all; what is fitted is the run's.

    Raises ConfigError for inputs or targets of another kind.
    """
    spec = preprocessing.data_spec(kept)
    if "windows" in kept["asked"]:
        for note in source.notes:
            say(note)
        return _text(kept, source, given) if spec.next_token else _series(kept, source, given)
    rows, y = of_inputs(kept, source, given, say)
    if spec.target_kind == "none":
        return rows
    if y is None:
        raise problem(given, "expected targets beside the inputs; see  dlrun predict")
    return dataclasses.replace(rows, y=targets(kept, source.data_spec, y, given))


def of_inputs(kept: dict[str, Any], source: RawDataset, given: str, say: Say) -> tuple[Split, np.ndarray | None]:
    """The test rows of a source, of one without a test part all, and their targets as they are stored there, if any.

    Raises ConfigError for inputs of another kind.
    """
    spec = preprocessing.data_spec(kept)
    for note in source.notes:
        say(note)
    x, y, part = source.x, source.y, "train"
    if source.x_test is not None:
        x, y, part = source.x_test, source.y_test, "test"
        say(f"{given}: its {len(x):,} test rows are taken")
    stream = source.streams.get(part)
    if stream is not None and not stream.held:
        raise problem(given, "expected rows that fit into memory")
    if source.data is not None or kept["vocabulary"] is not None:
        rows = _words(kept, source, x, given)
    elif source.data_spec.input_kind != spec.input_kind:
        raise problem(given, f"this run was trained on {spec.input_kind} data; these are {source.data_spec.input_kind} "
                             "data")
    else:
        rows = Split(_table(kept, source, x, given) if spec.input_kind == "table" else _array(kept, source, x, given),
                     None)
    return rows, y


def targets(kept: dict[str, Any], theirs: DatasetSpec, y: np.ndarray, given: str) -> np.ndarray:
    """Targets of another data set as the run's: classes by their names, numbers scaled; ConfigError for others."""
    spec, scales = preprocessing.data_spec(kept), preprocessing.targets(kept)
    if theirs.target_kind != spec.target_kind or spec.target_kind == "tokens":
        raise problem(given, f"this run's targets are {spec.target_kind}; these are {theirs.target_kind}")
    if spec.target_kind == "classes":
        return _places(y.astype(np.int64), theirs.classes, spec.classes, given)
    if spec.target_kind == "number":
        return scales[0](y.astype(np.float64))
    if spec.target_kind == "labels":
        return y[:, _order(spec.classes, theirs.classes, "label", given)]
    order = _order([head.name for head in spec.heads], [head.name for head in theirs.heads], "target", given)
    columns = []
    for head, place, scale in zip(spec.heads, order, scales):
        other, own = theirs.heads[place], y[:, place]
        if bool(other.classes) != bool(head.classes):
            kind = "one of several classes" if head.classes else "a number"
            raise problem(given, f'"{head.name}" is {kind} in this run, and not there')
        if head.classes:
            own = _places(own.astype(np.int64), other.classes, head.classes, given)
        columns.append(scale(own))
    return np.stack(columns, 1)


def _places(y: np.ndarray, theirs: Sequence[str], own: Sequence[str], given: str) -> np.ndarray:
    """The places of classes among the run's, by name."""
    known = {name: place for place, name in enumerate(own)}
    table = np.array([known.get(name, -1) for name in theirs], np.int64)
    found: np.ndarray = table[y]
    if (found < 0).any():
        name = theirs[int(y[(found < 0).argmax()])]
        near = did_you_mean(name, own) or f"; they are {', '.join(own[:20])}"
        raise problem(given, f'"{name}" is no class of the run{near}')
    return found


def _order(own: Sequence[str], theirs: Sequence[str], what: str, given: str) -> list[int]:
    """Where the run's columns stand among others: by name, or where these have only numbers by place."""
    if set(own) <= set(theirs):
        return [theirs.index(name) for name in own]
    if len(own) == len(theirs) and all(name[:1] in "xy" and name[1:].isdecimal() for name in (*theirs,)):
        return list(range(len(own)))
    lacking = next(name for name in own if name not in theirs)
    raise problem(given, f'the {what} "{lacking}" is among those the run was trained on; there are '
                         f"{', '.join(theirs[:20])}")


def _table(kept: dict[str, Any], source: RawDataset, x: np.ndarray, given: str) -> np.ndarray:
    spec = preprocessing.data_spec(kept)
    own = spec.features or [f"x{place}" for place in range(spec.input_shape[0])]
    theirs = source.data_spec.features or [f"x{place}" for place in range(x.shape[1])]
    return preprocessing.filled(kept, x[:, _order(own, theirs, "column", given)])


def _array(kept: dict[str, Any], source: RawDataset, x: np.ndarray, given: str) -> np.ndarray:
    """Pictures, or lines of numbers, of the shape that the run was trained on."""
    spec, levels = preprocessing.data_spec(kept), kept["asked"].get("levels", 1)
    if x.shape[1:] != spec.input_shape:
        raise problem(given, f"its rows have the shape {x.shape[1:]}; this run was trained on {spec.input_kind} rows "
                             f"of {spec.input_shape}")
    if (x.dtype == np.uint8) != (levels != 1):
        raise problem(given, f"expected pictures of {'floats' if levels == 1 else 'bytes (uint8)'}, as in training; "
                             f"they are {x.dtype}")
    if levels in (1, source.levels):
        return x
    same_white: np.ndarray = np.rint(x * (levels / source.levels))  # digits are stored in 17 levels, not 256
    return same_white.astype(np.uint8)


def _words(kept: dict[str, Any], source: RawDataset, spans: np.ndarray, given: str) -> Split:
    """Sentences, cut into words already, with the run's vocabulary."""
    if source.data is None or kept["vocabulary"] is None:
        raise problem(given, f"this run was trained on {'texts' if source.data is None else 'other data'}; these are "
                             f"{'no texts' if source.data is None else 'texts'}")
    between = "" if max(map(len, source.words), default=0) <= 1 else " "  # characters, for byte pairs
    return preprocessing.of_texts(kept, [
        between.join(source.words[word] for word in source.data[start:stop]) for start, stop in spans.tolist()])


def _series(kept: dict[str, Any], source: RawDataset, given: str) -> Split:
    """The windows of a series whose target lies in it and is not missing."""
    spec, windows = preprocessing.data_spec(kept), Windows(**kept["asked"]["windows"])
    if source.data_spec.input_kind != "series" or source.x.ndim != 2:
        raise problem(given, "this run was trained on a series; expected one line for each step of time")
    x = source.x[:, _order(spec.features, source.data_spec.features, "column", given)]
    target = int(kept["asked"]["target"])
    numbers = x[:, target] if source.y is None else source.y
    if source.y is not None and source.data_spec.target_name != spec.target_name:
        raise problem(given, f'the target of this run is "{spec.target_name}"')
    begins = _begins(len(x), windows, given, "steps")
    begins = begins[~np.isnan(numbers[begins + windows.ahead])]
    return Split(x, preprocessing.targets(kept)[0](numbers[begins + windows.ahead]), begins,
                 Form("values", windows=windows))


def _text(kept: dict[str, Any], source: RawDataset, given: str) -> Split:
    """The windows of a running text in the run's vocabulary."""
    words = preprocessing.vocabulary(kept)
    if words is None or source.x.ndim != 1 or source.data_spec.input_kind == "series":
        raise problem(given, "this run was trained on running text; expected a text file")
    if words.unit == BYTE_PAIRS:
        return _windows_of(kept, np.array(words.encode("".join(np.array(source.words)[source.x])), np.int64), given)
    ids = words.ids
    unknown = sorted({word for word in source.words if word not in ids})
    if unknown and words.unknown is None:
        raise problem(given, f"the {words.noun} {unknown[0]!r} is not in the vocabulary of the run, which has no id "
                             "for unknown ones")
    table = np.array([ids.get(word, words.unknown) for word in source.words], np.int64)
    return _windows_of(kept, table[source.x], given)


def _windows_of(kept: dict[str, Any], piece: np.ndarray, given: str) -> Split:
    """The windows of a running text in ids, with what comes next."""
    words, settings = preprocessing.vocabulary(kept), kept["asked"]
    assert words is not None
    windows = Windows(**settings["windows"])
    begins = _begins(len(piece), windows, given, f"{words.noun}s")
    every = preprocessing.data_spec(kept).target_length > 0
    form = Form(settings["form"], settings["size"] if settings["form"] == "one_hot" else 0, windows, every)
    return Split(piece, None if every else piece[begins + windows.ahead], begins, form)


def _begins(steps: int, windows: Windows, given: str, unit: str) -> np.ndarray:
    if not windows.count(steps):
        raise problem(given, f"expected {windows.ahead + 1:,} {unit} or more, a window and its target; there are "
                             f"{steps:,}")
    return np.arange(windows.count(steps), dtype=np.int64) * windows.stride
