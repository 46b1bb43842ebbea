"""Data that a program holds: arrays, tensors, a DataFrame, a torch Dataset."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.config.problem import problem
from dlrun.config.schema.fields import MISSING, text
from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.sets._arrays import ArrayData, info_of
from dlrun.data.sets._base import Say
from dlrun.record.stored import Damaged
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config
    from dlrun.data.row_stream import InMemory
    from dlrun.data.source import RawDataset

_AGAIN = "give it again to dlrun.train(data=...)"
_held: dict[str, RawDataset] = {}  # given to this process
_copies: dict[str, RawDataset] = {}  # read from the cache; good as long as the entry is there: a damaged one is removed


@register("dataset", "memory")
@dataclass(frozen=True)
class Memory(ArrayData):
    """Data that a program holds, by the hash of its content.

    `hold` takes it; the cache keeps a copy, so that other processes (the workers of a sweep, a run that is resumed or
    used for predictions) have it too.
    """

    content: str = text(MISSING, "Hash of the data's content.")
    group: str = text("", "Its column of groups, or group: rows of one group are all in one part, and in one fold.")
    order: str = text("", "Its column of time, or order: the last rows are the test rows, those before them the "
                      "validation rows.")

    def info(self, data_dir: str) -> DatasetInfo:
        return info_of(self.read(data_dir, lambda line: None))

    def read_revision(self, config: Config) -> int:
        """2 for a run whose DataFrame dlrun once read otherwise: see dataset=csv."""
        from dlrun.data.reading_revision import of_reading
        from dlrun.data.split_revision import of_split

        return of_split(self, config, of_reading(self, config))

    def read(self, data_dir: str, say: Say) -> RawDataset:
        found = self._found()
        if self.group and found.groups is None:
            raise problem(f"dataset.group={self.group}", "expected  dlrun.train(data=..., group=...)")
        return found

    def _found(self) -> RawDataset:
        from dlrun.data import cache

        if self.content in _held:
            return _held[self.content]
        if not is_shared(self.content):
            _copies.pop(self.content, None)
        if self.content not in _copies:
            given = f"dataset.content={self.content}"
            try:
                found = cache.load(_entry(self.content), trust_older=True)
            except Damaged as damaged:
                raise problem(given, f"its copy in the cache is damaged ({damaged}); {_AGAIN}") from None
            if found is None:
                raise problem(given, "this data was held by a program that has ended, and the cache "
                                     f"{cache.folder()} has no copy of it; {_AGAIN}")
            _copies[self.content] = found
        return _copies[self.content]


def hold(data: Any, *, target: str | list[str] | None = None, test: Any = None, validation: Any = None,
         targets: str | tuple[str, ...] = "auto", layout: str = "auto", in_memory: InMemory = "auto",
         group: Any = None, order: Any = None, given: str = "data") -> str:
    """Hold data for this process and, by the cache, for others; its hash, which `dataset.content` takes.

    `data` is (x, y), x alone, a dict of arrays (x_train, y_train, ..., classes, features), a torch Dataset, or a
    DataFrame with the name of its `target` (or several).  `test` and `validation` are further splits: (x, y), or
    Datasets; beside a DataFrame `test` is another one with its columns, and there is no `validation`.  Rows of a
    Dataset or of `numpy.memmap` that are not held `in_memory` (auto: more than 2 GiB) are read when a step needs them
    (`data.row_stream`), and are of this process alone: no other can read them.  `group` (rows of which belong together)
    and `order` (when each was) have a value for each row, or name a column of the DataFrame.
    Raises ConfigError for what cannot be learned from.

    >>> hold(([[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1])) == hold(([[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1]))
    True
    """
    from dlrun.data import cache
    from dlrun.data.formats.frames import dataset_of_frame, is_frame
    from dlrun.data.formats.objects import dataset_of
    from dlrun.data.source import complete

    if is_frame(data):
        if validation is not None:
            raise problem("validation", "rows of one's own go with arrays (x, y); of a DataFrame expected how many are "
                                        "drawn, as 0.2 or 100")
        if in_memory is False:
            raise problem("in_memory=False", "the rows of a DataFrame are always held; expected it left out")
        source = dataset_of_frame(data, target, targets, given, _column("group", group), _column("order", order), test)
    else:
        if target is not None:
            raise problem(f"target={target}", "it names a column of a DataFrame; expected data=DataFrame")
        splits = {split: value for split, value in (("val", validation), ("test", test)) if value is not None}
        source = dataset_of(_with_splits(data, splits, given), given, targets, layout, in_memory)
        if group is not None or order is not None:
            from dlrun.data.formats.held_rows import with_held_rows

            source = with_held_rows(source, group, order)
    source = complete(source)
    spec = dataclasses.asdict(source.data_spec)
    about = json.dumps({key: value for key, value in spec.items() if value or key != "categories"}, sort_keys=True)
    about += "".join(f" {split} {stream.reader.code}" for split, stream in sorted(source.streams.items()))
    content = hashlib.sha256(f"{source.content} {about}".encode()).hexdigest()[:16]
    source = dataclasses.replace(source, content=hashlib.sha256(content.encode()).hexdigest())
    if not source.streams and not cache.is_there(_entry(content)):
        try:
            cache.store(_entry(content), source)
        except OSError as error:
            alone = (f"the cache folder {cache.folder()} can't be written ({error.strerror}); only this process has "
                     "the data")
            source = dataclasses.replace(source, notes=(*source.notes, alone))
    _held[content] = source
    return content


def _column(key: str, value: Any) -> str:
    if not isinstance(value, (str, type(None))):
        raise problem(key, "expected the name of a column of the DataFrame")
    return value or ""


def is_shared(content: str) -> bool:
    """Whether other processes can have the data: a copy of it lies in the cache."""
    return _entry(content).is_dir()


def _with_splits(data: Any, splits: dict[str, Any], given: str) -> Any:
    from dlrun.data.formats.objects import is_dataset

    if not splits:
        return data
    named = dict(data) if isinstance(data, dict) else {}
    if is_dataset(data):
        named = {"train": data}
    if not named:
        if not isinstance(data, tuple) or len(data) != 2:
            raise problem(given, "expected (x, y), a dict or a Dataset beside further splits")
        named = {"x_train": data[0], "y_train": data[1]}
    for split, value in splits.items():
        if is_dataset(value):
            named[split] = value
            continue
        if not isinstance(value, tuple) or len(value) != 2:
            raise problem({"val": "validation"}.get(split, split),
                          f"expected (x, y) or a Dataset, not a {type(value).__name__}")
        named[f"x_{split}"], named[f"y_{split}"] = value
    return named


def _entry(content: str) -> Path:
    from dlrun.data import cache

    return cache.entry("memory", content, [], "held")
