"""New rows as Python has them (arrays, data frames, texts, files) as a run's network sees them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.formats.frames import cell_of
from dlrun.data.new_pictures import of_images
from dlrun.data.prepared import Split


def inputs_of(kept: dict[str, Any], x: Any) -> Split:
    """The rows of `x`, preprocessed as the run's training rows were; raises ConfigError for what does not fit.

    `x` is an array, a tensor or a list of rows in the form of the training data (pictures with channels first or last,
    or none; tables in their own units; a series as (steps, columns)), a data frame, or a list of texts or of picture
    files.
    """
    spec = preprocessing.data_spec(kept)
    if hasattr(x, "columns") and hasattr(x, "to_numpy"):
        rows = [["" if _missing(cell) else cell_of(cell) for cell in row] for row in x.to_numpy().tolist()]
        return preprocessing.of_rows(kept, [str(name) for name in x.columns], rows, source=Path("DataFrame"), say=_warn)
    if isinstance(x, (str, Path)):
        x = [x]
    if isinstance(x, Sequence) and x and all(isinstance(row, (str, Path)) for row in x):
        if spec.input_kind == "image":
            return of_images(kept, [Path(file) for file in x], _warn)
        return preprocessing.of_texts(kept, [str(text) for text in x])
    array = as_array(x, "x")
    if "windows" in kept["asked"] and kept["vocabulary"] is None:
        return preprocessing.of_series(kept, array)
    return _ids(spec, array) if spec.input_kind == "tokens" else preprocessing.of_arrays(kept, array)


def as_array(values: Any, given: str) -> np.ndarray:
    """A tensor, data frame, list or array as an array without Python objects; ConfigError for rows of several shapes.

    `given` is whom that is about.
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    elif hasattr(values, "to_numpy"):
        values = values.to_numpy()
    try:
        array = np.asarray(values)
    except ValueError:
        raise problem(given, "expected rows of one shape; they have several") from None
    if array.dtype == object:
        array = np.array([str(value) for value in array.ravel().tolist()]).reshape(array.shape)
    return array


def _ids(spec: DatasetSpec, x: np.ndarray) -> Split:
    """Rows of token ids (rows, length), as they are."""
    if x.dtype.kind not in "iu" or x.shape[1:] != spec.input_shape:
        raise problem(f"rows of the shape {x.shape[1:]}", f"expected ids in rows of the shape {spec.input_shape}")
    if x.min(initial=0) < 0 or x.max(initial=0) >= spec.vocabulary:
        raise problem("token ids", f"expected ids from 0 to {spec.vocabulary - 1}")
    return Split(np.ascontiguousarray(x, np.int64), None)


def _warn(note: str) -> None:
    warnings.warn(note, stacklevel=5)


def _missing(cell: Any) -> bool:
    """Whether a cell is None, NaN, or pandas' NaT or NA, which is not even unlike itself."""
    return cell is None or (isinstance(cell, float) and cell != cell) or type(cell).__name__ in ("NaTType", "NAType")
