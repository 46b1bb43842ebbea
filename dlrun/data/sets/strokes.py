"""A user's own drawings as strokes of the pen."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.problem import ConfigError, problem
from dlrun.config.schema.fields import choice, files, integer
from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.sets import _options as options
from dlrun.data.sets import _words as words
from dlrun.data.sets._arrays import info_of
from dlrun.data.sets._base import Dataset, Say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.file_rows import FileRows
    from dlrun.data.source import DatasetFiles, RawDataset

PREFIXES = ("full_simplified_", "full_raw_", "sketchrnn_")  # of the names of QuickDraw's files


@register("dataset", "strokes")
@dataclass(frozen=True)
class Strokes(Dataset):
    """Your own drawings by strokes, ndjson as QuickDraw's: dataset.path={cat: cat.ndjson, dog: dog.ndjson}.

    The path may be a folder of such files, too, a class each called by its file, or one file whose drawings have their
    class as `word`.  A drawing is a series of steps: dx and dy from the point before (the drawing's longer side is 1),
    and 1 where the pen then rises.
    """

    suggests: ClassVar[Mapping[str, Any]] = options.SUGGESTED
    name: str = options.name()
    path: str | dict[str, str] = files(
        "???", "A file for each class, {cat: cat.ndjson, dog: dog.ndjson}, a folder of them, or one file; ~ is the "
        "home folder.", identity=False)
    length: int = integer(96, "Steps of a drawing: longer ones are cut behind, shorter ones filled up with 0.", low=2)
    padding: str = words.padding()
    rows: int | None = integer(None, "Drawings of each file, the first ones; null: all.", low=2, optional=True)
    scale: str = choice("none", ("none", "standard"), "How steps are scaled: not at all, or to mean 0 and deviation 1 "
                        "over the training rows.")
    test: float = options.test()
    split_seed: int | str = options.split_seed()
    stratify: bool = options.stratify()

    suffixes: ClassVar[tuple[str, ...]] = (".ndjson", ".npz")

    @classmethod
    def claims(cls, path: Path) -> bool:
        """Whether the first line, or row, is a drawing: files of the same ending are tables and arrays."""
        from dlrun.data.formats import sketch_rnn
        from dlrun.data.formats.strokes import drawings

        try:
            if path.suffix == sketch_rnn.SUFFIX:
                return bool(sketch_rnn.splits(path, 1))
            return next(drawings(path, 1), None) is not None
        except (OSError, ConfigError):
            return False

    @classmethod
    def file_rows(cls) -> FileRows:
        from dlrun.data.new_strokes import ROWS

        return ROWS

    def info(self, data_dir: str) -> DatasetInfo:
        """Spec and rows; where files are called as their class the drawings are counted, not decoded."""
        from dlrun.data import cache
        from dlrun.data.formats.strokes import count

        named = self._named()
        known = cache.dataset_info(cache.entry(self.kind, self._settings(named), [path for _, path in named]))
        if known is not None:
            return known
        if not all(name for name, _ in named) or _has_splits(named):
            return info_of(self.read(data_dir, lambda line: None))
        rows = sum(count(path, self.rows) for _, path in named)
        return DatasetInfo(self._spec([name for name, _ in named]), {"train": rows})

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        from dlrun.data.source import DatasetFiles

        named = self._named()
        return DatasetFiles([path for _, path in named], lambda say: self._decode(named, say),
                            self._settings(named))

    def _settings(self, named: list[tuple[str, Path]]) -> list[object]:
        return [self.length, self.padding, self.rows, [name for name, _ in named]]

    def _spec(self, classes: Sequence[str]) -> DatasetSpec:
        from dlrun.data.formats.strokes import FEATURES

        return DatasetSpec((len(FEATURES), self.length), "series", "classes", tuple(classes), FEATURES)

    def _named(self) -> list[tuple[str, Path]]:
        """The class of each file, empty where its drawings name it, and the file.  Raises ConfigError."""
        from dlrun.data import paths
        from dlrun.data.formats import sketch_rnn
        from dlrun.data.formats.strokes import SUFFIXES

        if isinstance(self.path, dict):
            return [(name, paths.own(self.path[name])) for name in sorted(self.path)]
        if not Path(self.path).expanduser().is_dir():
            path = paths.own(self.path)
            return [(_class_of(path) if path.suffix == sketch_rnn.SUFFIX else "", path)]
        endings = (*SUFFIXES, sketch_rnn.SUFFIX)
        found = {_class_of(path): path for path in Path(self.path).expanduser().iterdir()
                 if path.name.endswith(endings) and path.is_file()}
        if not found:
            raise problem(f"dataset.path={self.path}", f"expected files of drawings ({', '.join(endings)}) in this "
                                                       "folder, one for each class")
        return sorted(found.items())

    def _decode(self, named: list[tuple[str, Path]], say: Say) -> RawDataset:
        import numpy as np

        from dlrun.data.formats import sketch_rnn
        from dlrun.data.formats.strokes import StrokeForm, drawings, padded
        from dlrun.data.source import RawDataset

        form = StrokeForm(self.length, self.padding)
        rows: dict[str, list[np.ndarray]] = {}
        labels: dict[str, list[str]] = {}
        apart = _has_splits(named)
        for name, path in named:
            say(f"{path.name}: decoding its drawings once")
            if (path.suffix == sketch_rnn.SUFFIX) != apart:
                raise problem(str(path), "expected files of one kind: those of sketch-rnn (.npz) have test drawings of "
                                         "their own, the others have none")
            if apart:
                for split, found in sketch_rnn.splits(path, self.rows).items():
                    rows.setdefault(split, []).extend(found)
                    labels.setdefault(split, []).extend([name] * len(found))
                continue
            for drawing in drawings(path, self.rows):
                if not (name or drawing.word):
                    raise problem(str(path), f'line {drawing.line} has no "word"; expected one, or the class before '
                                             f"the file:  dataset.path={{cat: {path.name}, ...}}")
                rows.setdefault("train", []).append(drawing.steps)
                labels.setdefault("train", []).append(name or drawing.word)
        classes = sorted(set(labels["train"]))
        place = {label: number for number, label in enumerate(classes)}
        count = sum(map(len, rows.values()))
        cut = sum(len(steps) > form.length for part in rows.values() for steps in part)
        notes = [f"{cut:,} of {count:,} drawings have more than {form.length} steps and are cut behind "
                 f"(dataset.length)"] if cut else []
        x = {split: padded(part, form) for split, part in rows.items()}
        y = {split: np.array([place[label] for label in part], np.int64) for split, part in labels.items()}
        return RawDataset(
            self._spec(classes), x["train"], y["train"], x_val=x.get("val"), y_val=y.get("val"), x_test=x.get("test"),
            y_test=y.get("test"), grouped=True, reading={"strokes": dataclasses.asdict(form)}, notes=tuple(notes))


def _has_splits(named: Sequence[tuple[str, Path]]) -> bool:
    """Whether the files are those of sketch-rnn, which have validation and test drawings of their own."""
    from dlrun.data.formats import sketch_rnn

    return named[0][1].suffix == sketch_rnn.SUFFIX


def _class_of(path: Path) -> str:
    """``cat`` of full_simplified_cat.ndjson."""
    name = path.name.removesuffix(".gz").removesuffix(".ndjson").removesuffix(".npz")
    return next((name.removeprefix(prefix) for prefix in PREFIXES if name.startswith(prefix)), name)
