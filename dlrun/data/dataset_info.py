"""Seeing a data set without reading it: its spec and its rows, for checks that come before torch."""

from __future__ import annotations

from dlrun.config.schema.kinds import DatasetKind
from dlrun.config.schema.validation import Validation
from dlrun.data.dataset_spec import DatasetInfo


def dataset_info(dataset: DatasetKind, data_dir: str, *, validation: Validation = None, train_size: int | None = None,
                 seed: int = 0) -> DatasetInfo:
    """Spec and rows of a data set (see `dlrun.data.sets._base.Dataset`).

    The standard sets are constants; a user's own file is looked at (at once, when its decoded arrays are cached).
    Where the spec depends on what is fitted on the training rows (the characters of a text, the longest row),
    the data is prepared, and `validation`, `train_size` and `seed` are those of the run.
    Raises ConfigError for a file, column or class that is not there.  Unreadable pictures still count here.
    """
    found: DatasetInfo | None = dataset.info(data_dir)
    return found or _prepared_info(dataset, data_dir, validation, train_size, seed)


def _prepared_info(dataset: DatasetKind, data_dir: str, validation: Validation, train_size: int | None,
                   seed: int) -> DatasetInfo:
    from dlrun.data.prepare import prepare
    from dlrun.data.read import read

    def silent(line: str) -> None:
        """The run itself says it again."""

    prepared = prepare(dataset, data_dir, validation=validation, train_size=train_size, seed=seed, say=silent)
    source = read(dataset, data_dir, silent)
    arrays = {"train": source.x, "val": source.x_val, "test": source.x_test}
    return DatasetInfo(prepared.data_spec, {split: len(array) for split, array in arrays.items() if array is not None})
