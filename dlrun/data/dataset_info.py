"""Seeing a data set without reading it: its spec and its rows, for checks that come before torch."""

from __future__ import annotations

import dataclasses

from dlrun.config.schema.kinds import DatasetKind
from dlrun.config.schema.validation import Validation
from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.form import BYTE_PAIRS


def dataset_info(dataset: DatasetKind, data_dir: str, *, validation: Validation = None, train_size: int | None = None,
                 seed: int = 0) -> DatasetInfo:
    """Spec and rows of a data set (see `dlrun.data.sets._base.Dataset`).

    The standard sets are constants; a user's own file is looked at (at once, when its decoded arrays are cached).
    Where the spec depends on what is fitted on the training rows (the characters of a text, the longest row),
    the data is prepared, and `validation`, `train_size` and `seed` are those of the run.
    Raises ConfigError for a file, column or class that is not there.  Unreadable pictures still count here.
    """
    found: DatasetInfo | None = dataset.info(data_dir)
    if found and dataset.group:
        return _grouped_info(found, dataset, data_dir, validation, train_size, seed)
    return found or _prepared_info(dataset, data_dir, validation, train_size, seed)


def _grouped_info(found: DatasetInfo, dataset: DatasetKind, data_dir: str, validation: Validation,
                  train_size: int | None, seed: int) -> DatasetInfo:
    """With the rows of the splits, which are known when the groups are."""
    from dlrun.data.read import read
    from dlrun.data.rows import split_indices
    from dlrun.data.split import split_rows

    counts = split_rows(found.rows, dataset, validation, train_size)
    source = read(dataset, data_dir, lambda line: None)
    indices, _ = split_indices(dataset, source, validation, train_size, seed, counts)
    rows = {name: len(indices.get(name, ())) for name in counts}
    if "val" not in indices and counts["val"]:  # k-fold: about as many in each fold
        rows |= {"train": rows["train"] - counts["val"], "val": counts["val"]}
    return dataclasses.replace(found, split=rows)


def _prepared_info(dataset: DatasetKind, data_dir: str, validation: Validation, train_size: int | None,
                   seed: int) -> DatasetInfo:
    from dlrun.data.prepare import prepare
    from dlrun.data.read import read

    def silent(line: str) -> None:
        """The run itself says it again."""

    prepared = prepare(dataset, data_dir, validation=validation, train_size=train_size, seed=seed, say=silent)
    source = read(dataset, data_dir, silent)
    arrays = {"train": source.x, "val": source.x_val, "test": source.x_test}
    # Of a text in byte pairs the steps are tokens, and those of each piece are known when it is cut into them.
    parts = {"train": prepared.train, "val": prepared.val, "test": prepared.test}
    split = {name: 0 if part is None else len(part) for name, part in parts.items()} if (
        dataset.windows() is not None and dataset.unit == BYTE_PAIRS) else None
    return DatasetInfo(prepared.data_spec, {split: len(array) for split, array in arrays.items() if array is not None},
                       split=split)
