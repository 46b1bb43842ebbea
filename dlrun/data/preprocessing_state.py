"""What was fitted on the training rows, as JSON types, and new rows made into inputs with it.

A run's folder keeps it, so that a run can be used later: `split` gives the stored rows and `scale` their scale;
`data.batches.Rows(split, scale, device, resident=True)` then gives what the network was trained on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.data import sequences
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.form import Form, Windows
from dlrun.data.prepared import PreparedData, Split
from dlrun.data.scale import Scale, Target
from dlrun.data.vocabulary import Vocabulary

FORMAT = 1


def plain(prepared: PreparedData) -> dict[str, Any]:
    """A prepared data set without its rows."""
    return {
        "format": FORMAT,
        "signature": dataclasses.asdict(prepared.data_spec),
        "scale": {"offset": prepared.scale.offset.tolist(), "factor": prepared.scale.factor.tolist()},
        "stand_in": None if prepared.stand_in is None else prepared.stand_in.tolist(),
        "targets": [dataclasses.asdict(target) for target in prepared.targets],
        "vocabulary": None if prepared.vocabulary is None else prepared.vocabulary.plain(),
        "asked": prepared.asked,
    }


def data_spec(state: dict[str, Any]) -> DatasetSpec:
    """The spec of the data set."""
    return DatasetSpec.of(state["signature"])


def scale(state: dict[str, Any]) -> Scale:
    """The scale of inputs."""
    return Scale(*(np.array(state["scale"][key], np.float32) for key in ("offset", "factor")))


def targets(state: dict[str, Any]) -> tuple[Target, ...]:
    """The targets that are numbers, or where there are several targets all of them."""
    older = [state["target"]] if state.get("target") else []  # a folder from before there could be several
    return tuple(Target(**values) for values in state.get("targets", older))


def vocabulary(state: dict[str, Any]) -> Vocabulary | None:
    """The vocabulary of a data set of words or characters."""
    found = state["vocabulary"]
    return None if found is None else Vocabulary(**{**found, "words": tuple(found["words"])})


def of_texts(state: dict[str, Any], texts: Sequence[str]) -> Split:
    """Sentences as rows of padded ids or bags; of running text the last window of each.  Raises ConfigError."""
    words = vocabulary(state)
    if words is None:
        raise problem(f"{len(texts)} texts", f"this run was trained on {data_spec(state).input_kind} data")
    asked = state["asked"]
    found = [words.encode(text) for text in texts]
    if "windows" not in asked:
        stops = np.cumsum([len(row) for row in found], dtype=np.int64)
        spans = np.stack([stops - [len(row) for row in found], stops], 1)
        ids = sequences.Ids(np.array([number for row in found for number in row], np.int64), spans)
        return Split(sequences.rows(ids, asked), None, form=sequences.form_of(asked))
    length = asked["windows"]["length"]
    short = next((text for text, row in zip(texts, found) if len(row) < length and words.padding is None), None)
    if short is not None:
        raise problem(repr(short), f"expected {length} {words.unit}s or more to begin with")
    rows = [[words.padding or 0] * (length - len(row)) + row[-length:] for row in found]
    form = Form(asked["form"], asked["size"] if asked["form"] == "one_hot" else 0)
    return Split(np.array(rows, np.int64).reshape(-1, length), None, form=form)


def of_rows(state: dict[str, Any], names: Sequence[str], rows: Sequence[Sequence[str]]) -> Split:
    """Lines of a table, cells as texts below the columns' `names`; a missing cell is filled as in training.

    Columns may stand in another order and beside others.  Raises ConfigError for one that is not there.
    """
    from dlrun.data.formats.columns import Missing
    from dlrun.data.formats.separated import is_number

    columns = state["asked"].get("columns")
    if columns is None or "windows" in state["asked"]:
        raise problem(f"{len(rows)} rows", f"this run was trained on {data_spec(state).input_kind} data")
    lacking = [column["name"] for column in columns if column["name"] not in names]
    if lacking:
        raise problem(f'the column "{lacking[0]}"', f"it is among those the run was trained on; there are "
                                                    f"{', '.join(names)}")
    missing = Missing()
    x = np.zeros((len(rows), data_spec(state).input_shape[0]), np.float32)
    start = 0
    for column in columns:
        cells = [row[names.index(column["name"])].strip() for row in rows]
        if column["kind"] == "text":
            for place, cell in enumerate(cells):
                if cell in column["words"]:
                    x[place, start + column["words"].index(cell)] = 1.0
            start += len(column["words"])
            continue
        for place, cell in enumerate(cells):
            if cell not in missing and not is_number(cell):
                raise problem(f'{cell!r} in row {place + 1}', f'the column "{column["name"]}" expects a number')
            x[place, start] = np.nan if cell in missing else float(cell.replace(",", "."))
        start += 1
    return Split(_filled(state, x), None)


def _filled(state: dict[str, Any], x: np.ndarray) -> np.ndarray:
    """A table without NaN, filled as in training."""
    fill = state["stand_in"]
    means = np.array(fill, np.float32) if fill is not None else scale(state).offset  # without one: the mean, scaled 0
    return np.where(np.isnan(x), means, x)


def of_arrays(state: dict[str, Any], x: Any) -> Split:
    """Inputs as an array (or tensor) of the form that a run was trained on: rows of a table, pictures, windows.

    Raises ConfigError for another shape, and for pictures of bytes in place of floats (or floats in place of bytes).
    """
    from dlrun.data.formats.objects import dataset_of

    spec, asked = data_spec(state), state["asked"]
    if state["vocabulary"] is not None:
        raise problem("x", "this run was trained on texts; expected texts")
    source = dataset_of({"x": x}, "x", layout="series" if spec.input_kind == "series" else "auto")
    if source.data_spec.input_shape != spec.input_shape:
        raise problem("x", f"its rows have the shape {source.data_spec.input_shape}; this run was trained on "
                           f"{spec.input_kind} rows of {spec.input_shape}")
    if spec.input_kind == "image" and (source.x.dtype == np.uint8) != (asked["levels"] != 1):
        raise problem("x", f"expected pictures of {'floats' if asked['levels'] == 1 else 'bytes (uint8)'}, as in "
                           f"training; they are {source.x.dtype}")
    return Split(_filled(state, source.x) if spec.input_kind == "table" else source.x, None)


def of_images(state: dict[str, Any], files: Sequence[Path]) -> Split:
    """Pictures, resized as in training.  Raises ConfigError for one that can't be read."""
    from dlrun.data.formats.pictures import decode

    asked = state["asked"]
    if "channels" not in asked:
        raise problem(str(files[0]), f"this run was trained on {data_spec(state).input_kind} data")
    found = []
    height, width = asked["size"]
    for file in files:
        data = file.read_bytes() if file.is_file() else b""
        picture = decode(data, height, width, asked["channels"], asked["crop"])
        if picture is None:
            raise problem(str(file), "no such file, or no picture")
        found.append(picture)
    levels = asked["levels"]
    stored = np.stack(found)
    if levels == 1:  # pictures that were given as floats
        return Split(stored.astype(np.float32) / 255, None)
    # digits are stored in 17 levels, not 256
    return Split(stored if levels == 255 else np.rint(stored * (levels / 255)).astype(np.uint8), None)


def of_series(state: dict[str, Any], series: np.ndarray) -> Split:
    """Every window of a series (steps, features), those too whose target lies beyond its end.  Raises ConfigError."""
    asked = state["asked"]
    if "windows" not in asked or state["vocabulary"] is not None:
        raise problem("a series", f"this run was trained on {data_spec(state).input_kind} data")
    windows = Windows(**asked["windows"])
    span = (windows.length - 1) * windows.step + 1
    features = data_spec(state).input_shape[0]
    if series.ndim != 2 or series.shape[1] != features or len(series) < span:
        raise problem(f"a series of {series.shape}", f"expected {span:,} steps or more of {features} columns")
    begins = np.arange(0, len(series) - span + 1, windows.stride, dtype=np.int64)
    return Split(series.astype(np.float32), None, begins, Form("values", windows=windows))
