"""What was fitted on the training rows, as JSON types, and new rows made into inputs with it.

A run's folder keeps it, so that a run can be used later: `split` gives the stored rows and `scale` their scale;
`data.batches.Rows(split, scale, device, resident=True)` then gives what the network was trained on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.data.dataset_spec import Column, DatasetSpec
from dlrun.data.form import Form, Windows
from dlrun.data.prepared import PreparedData, Split
from dlrun.data.scale import Scale, Target

if TYPE_CHECKING:
    from dlrun.data.formats.separated import Cells
    from dlrun.data.vocabulary import Vocabulary

FORMAT = 1


def plain(prepared: PreparedData) -> dict[str, Any]:
    """A prepared data set without its rows."""
    return {
        "format": FORMAT,
        "signature": dataclasses.asdict(prepared.data_spec),
        "scale": {"offset": prepared.scale.offset.tolist(), "factor": prepared.scale.factor.tolist(),
                  **({} if (bound := prepared.scale.squeeze) is None else
                     {"squeeze": [value if np.isfinite(value) else None for value in bound.tolist()]})},
        "stand_in": None if prepared.stand_in is None else prepared.stand_in.tolist(),
        "targets": [dataclasses.asdict(target) for target in prepared.targets],
        "vocabulary": None if prepared.vocabulary is None else prepared.vocabulary.plain(),
        "asked": prepared.settings,
    }


def data_spec(state: dict[str, Any]) -> DatasetSpec:
    """The spec of the data set."""
    return DatasetSpec.of(state["signature"])


def scale(state: dict[str, Any]) -> Scale:
    """The scale of inputs."""
    kept = state["scale"]
    bound = [np.inf if value is None else value for value in kept["squeeze"]] if "squeeze" in kept else None
    offset, factor = (np.array(kept[key], np.float32) for key in ("offset", "factor"))
    return Scale(offset, factor, None if bound is None else np.array(bound, np.float32))


def targets(state: dict[str, Any]) -> tuple[Target, ...]:
    """The targets that are numbers, or where there are several targets all of them."""
    older = [state["target"]] if state.get("target") else []  # a folder from before there could be several
    return tuple(Target(**values) for values in state.get("targets", older))


def vocabulary(state: dict[str, Any]) -> Vocabulary | None:
    """The vocabulary of a data set of words or characters."""
    from dlrun.data.vocabulary import Vocabulary

    found = state["vocabulary"]
    if found is None:
        return None
    merges = tuple((first, second) for first, second in found.get("merges", ()))
    return Vocabulary(**{**found, "words": tuple(found["words"]), "merges": merges})


def of_texts(state: dict[str, Any], texts: Sequence[str]) -> Split:
    """Sentences as rows of padded ids or bags; of running text the last window of each.  Raises ConfigError."""
    from dlrun.data import sequences

    words = vocabulary(state)
    if words is None:
        raise problem(f"{len(texts)} texts", f"this run was trained on {data_spec(state).input_kind} data")
    settings = state["asked"]
    found = [words.encode(text) for text in texts]
    if "windows" not in settings:
        stops = np.cumsum([len(row) for row in found], dtype=np.int64)
        spans = np.stack([stops - [len(row) for row in found], stops], 1)
        ids = sequences.Ids(np.array([number for row in found for number in row], np.int64), spans)
        return Split(sequences.rows(ids, settings), None, form=sequences.form_of(settings))
    length = settings["windows"]["length"]
    short = next((text for text, row in zip(texts, found) if len(row) < length and words.padding is None), None)
    if short is not None:
        raise problem(repr(short), f"expected {length} {words.noun}s or more to begin with")
    rows = [[words.padding or 0] * (length - len(row)) + row[-length:] for row in found]
    form = Form(settings["form"], settings["size"] if settings["form"] == "one_hot" else 0)
    return Split(np.array(rows, np.int64).reshape(-1, length), None, form=form)


def is_table(state: dict[str, Any]) -> bool:
    """Whether the run was trained on a table whose columns have names."""
    asked = state["asked"]
    return asked.get("columns") is not None and "windows" not in asked and data_spec(state).input_kind == "table"


def cells_of(state: dict[str, Any], file: Path, say: Callable[[str], None]) -> Cells:
    """The cells of a file, by its suffix, else as a text file; read as the training's was.  Raises ConfigError."""
    from dlrun.data.cell_files import cells
    from dlrun.data.formats.column_places import check_width

    reading, names = state["asked"].get("reading", {}), [column["name"] for column in _columns(state, str(file))]
    found = cells(file, reading.get("separator", "auto"), reading.get("header", "auto"), expected=names)
    for note in found.notes:
        say(note)
    check_width(file, found, reading, names)
    return found


def of_cells(state: dict[str, Any], found: Cells, file: Path, say: Callable[[str], None]) -> Split:
    """Cells of a file as rows.  Raises ConfigError."""
    from dlrun.data.formats.columns import check_usable

    check_usable(file, found, (column["name"] for column in _columns(state, str(file))))
    return of_rows(state, found.names, found.rows, lines=found.lines, source=file, separator=found.separator, say=say,
                   unit=found.unit)


def of_table(state: dict[str, Any], file: Path, say: Callable[[str], None]) -> tuple[list[int], Split]:
    """The rows of a text file, read as the training's file was, and the line of each.  Raises ConfigError."""
    found = cells_of(state, file, say)
    return found.lines, of_cells(state, found, file, say)


def of_rows(state: dict[str, Any], names: Sequence[str], rows: Sequence[Sequence[str]], *,
            lines: Sequence[int] | None = None, source: Path | None = None, separator: str = "",
            say: Callable[[str], None] = lambda note: None, unit: str = "row") -> Split:
    """Rows of a table, cells as texts below the columns' `names`; read and filled as in training.

    Columns may stand in another order and beside others.  `say` gets a note for each column with unknown texts.
    Raises ConfigError for one that is not there or there twice, and for cells that are no numbers.
    """
    from dlrun.data.formats.table_inputs import inputs

    settings = state["asked"]
    columns = [Column(**column) for column in _columns(state, f"{len(rows)} rows")]
    x = inputs(columns, settings.get("reading", {}), names, rows, lines=lines, path=source or Path("rows"),
               separator=separator, unit=unit, untrained=settings.get("untrained", {}), say=say)
    return Split(filled(state, x), None)


def _columns(state: dict[str, Any], given: str) -> list[dict[str, Any]]:
    """The columns that a table had in training.  Raises ConfigError where something else was trained on."""
    columns: list[dict[str, Any]] | None = state["asked"].get("columns")
    if columns is None or not is_table(state):
        raise problem(given, f"this run was trained on {data_spec(state).input_kind} data")
    return columns


def filled(state: dict[str, Any], x: np.ndarray) -> np.ndarray:
    """A table without NaN, filled as in training."""
    fill = state["stand_in"]
    means = np.array(fill, np.float32) if fill is not None else scale(state).offset  # without one: the mean, scaled 0
    return np.where(np.isnan(x), means, x)


def of_arrays(state: dict[str, Any], x: Any) -> Split:
    """Inputs as an array (or tensor) of the form that a run was trained on: rows of a table, pictures, windows.

    Raises ConfigError for another shape, and for pictures of bytes in place of floats (or floats in place of bytes).
    """
    from dlrun.data.formats.objects import dataset_of

    spec, settings = data_spec(state), state["asked"]
    if state["vocabulary"] is not None:
        raise problem("x", "this run was trained on texts; expected texts")
    source = dataset_of({"x": x}, "x", layout="series" if spec.input_kind == "series" else "auto")
    if source.data_spec.input_shape != spec.input_shape:
        raise problem("x", f"its rows have the shape {source.data_spec.input_shape}; this run was trained on "
                           f"{spec.input_kind} rows of {spec.input_shape}")
    if spec.input_kind == "image" and (source.x.dtype == np.uint8) != (settings["levels"] != 1):
        raise problem("x", f"expected pictures of {'floats' if settings['levels'] == 1 else 'bytes (uint8)'}, as in "
                           f"training; they are {source.x.dtype}")
    return Split(filled(state, source.x) if spec.input_kind == "table" else source.x, None)


def of_series(state: dict[str, Any], series: np.ndarray) -> Split:
    """Every window of a series (steps, features), those too whose target lies beyond its end.  Raises ConfigError."""
    from dlrun.data.formats.series import carried

    settings = state["asked"]
    if "windows" not in settings or state["vocabulary"] is not None:
        raise problem("a series", f"this run was trained on {data_spec(state).input_kind} data")
    windows = Windows(**settings["windows"])
    span = (windows.length - 1) * windows.step + 1
    features = data_spec(state).input_shape[0]
    if series.ndim != 2 or series.shape[1] != features or len(series) < span:
        raise problem(f"a series of {series.shape}", f"expected {span:,} steps or more of {features} columns")
    series = carried(series.astype(np.float32))
    if not np.isfinite(series).all():
        raise problem("a series", f"expected finite numbers; step {int((~np.isfinite(series)).any(1).argmax())} has "
                                  "none, and no value before it to stand in")
    begins = np.arange(0, len(series) - span + 1, windows.stride, dtype=np.int64)
    return Split(series, None, begins, Form("values", windows=windows))
