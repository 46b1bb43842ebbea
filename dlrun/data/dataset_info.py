"""Seeing a data set without reading it: the signature and the rows, for checks that come before torch."""

from __future__ import annotations

from typing import Any

from dlrun.data import class_filter as only
from dlrun.data import known, known_series, known_texts, shape
from dlrun.data.dataset_spec import DatasetInfo


def dataset_info(cfg: Any, data_dir: str, *, validation: Any = None, train_size: int | None = None,
                 seed: int = 0) -> DatasetInfo:
    """Signature and rows of the data set of a configuration.

    The standard sets are constants; a user's own file is looked at (at once, when its decoded arrays are cached).
    Where the signature depends on what is fitted on the training rows (the characters of a text, the longest row),
    the data is prepared, and `validation`, `train_size` and `seed` are those of the run.
    Raises ConfigError for a file, column or class that is not there.  Unreadable pictures still count here.
    """
    about = known.dataset_info(cfg) or _sentences(cfg)
    if about is not None:
        return only.dataset_info(cfg, about)
    if cfg.kind in ("jena", "electricity"):
        return known_series.dataset_info(cfg)
    if cfg.kind == "csv":
        from dlrun.data import table

        return table.dataset_info(cfg)
    if cfg.kind == "npz":
        from dlrun.data import npz

        return npz.dataset_info(cfg)
    if cfg.kind == "image_folder":
        from dlrun.data import image_folder

        return image_folder.dataset_info(cfg)
    if cfg.kind == "series":
        from dlrun.data import series

        return series.dataset_info(cfg)
    if cfg.kind == "cats_and_dogs":
        from dlrun.data import pets

        return pets.dataset_info(cfg)
    if cfg.kind == "celeba":
        from dlrun.data import celeba

        return celeba.dataset_info(cfg, data_dir)
    return _fitted(cfg, data_dir, validation, train_size, seed)


def _sentences(cfg: Any) -> DatasetInfo | None:
    """A standard set of sentences; None for others, and where the shape depends on the rows."""
    bag = getattr(cfg, "form", "tokens") == "multi_hot"
    if cfg.kind not in known_texts.ROWS or cfg.num_words is None or (cfg.maxlen is None and not bag):
        return None
    base = known_texts.data_spec(cfg.kind)
    return DatasetInfo(shape.of_sentences(cfg, base, cfg.num_words, cfg.maxlen or 0), dict(known_texts.ROWS[cfg.kind]))


def _fitted(cfg: Any, data_dir: str, validation: Any, train_size: int | None, seed: int) -> DatasetInfo:
    from dlrun.data.prepare import prepare
    from dlrun.data.read import read

    def silent(line: str) -> None:
        """The run itself says it again."""

    prepared = prepare(cfg, data_dir, validation=validation, train_size=train_size, seed=seed, say=silent)
    source = read(cfg, data_dir, silent)
    arrays = {"train": source.x, "val": source.x_val, "test": source.x_test}
    return DatasetInfo(prepared.data_spec, {part: len(array) for part, array in arrays.items() if array is not None})
