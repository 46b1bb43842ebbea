"""A user's own arrays in files."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from dlrun.config.schema.fields import choice, file, files, integers, text
from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.sets import _options as options
from dlrun.data.sets._arrays import ArrayData, info_of
from dlrun.data.sets._base import Say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.formats.arrays import Arrays
    from dlrun.data.source import DatasetFiles, RawDataset


@register("dataset", "npz")
@dataclass(frozen=True)
class Npz(ArrayData):
    """Your own NumPy arrays: dataset.path=FILE.npz with x_train, y_train (and x_test, y_test), or x, y, or only x.

    Arrays of other names are chosen by `x` and `y`.  A .npy file holds the inputs alone; `targets_path` names that of
    their targets.  A file for each class, ``dataset.path={cat: cats.npy, dog: dogs.npy}``, makes the name the target.
    Inputs are a table (rows, features), pictures (rows, height, width[, channels]) of bytes or of floats, or with
    `layout` series (rows, steps, features).  Targets of the shape (rows, several) are labels where all are 0 or 1, else
    a target for each column.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".npz", ".npy")
    path: str | dict[str, str] = files(
        "???", "The file, or one for each class: {cat: cats.npy, dog: dogs.npy}; ~ is the home folder.", identity=False)
    test_path: str | dict[str, str] = files("", "A file of test rows, or one for each class, beside those of the "
                                           "training.")
    test_targets_path: str = file("", "A .npy file of their targets, beside a .npy file of inputs.")
    targets_path: str = file("", "A .npy file of the targets, beside a .npy file of inputs.")
    x: str = text("", "The array of inputs in a .npz file, where it is neither x nor x_train.")
    y: str = text("", "The array of targets in a .npz file, where it is neither y nor y_train.")
    group: str = options.group("array of a .npz file")
    order: str = options.order("array of a .npz file,")
    shape: tuple[int, ...] = integers((), "The shape of one input, [28,28], where rows are stored flat.", low=1,
                                      empty=True)
    in_memory: Literal["auto", True, False] = choice(
        "auto", ("auto", True, False), "Whether a .npy file's inputs are held in memory, or read when a step needs "
        "them; auto: up to 2 GiB.", identity=False)

    def info(self, data_dir: str) -> DatasetInfo:
        """Spec and rows; of the inputs only the shapes are read."""
        from dlrun.data import cache

        if self._later() or self.group or self.order:
            return info_of(self.read(data_dir, lambda line: None))
        known = cache.dataset_info(cache.entry(self.kind, self._settings(), self._paths()))
        return known if known is not None else self._arrays().info()

    def new_rows(self) -> NewArrays:
        return NewArrays(**{one.name: getattr(self, one.name) for one in fields(Npz)})

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        from dlrun.data.source import DatasetFiles

        return DatasetFiles(self._paths(), lambda _: self._source(self._arrays().source()), self._settings())

    def read(self, data_dir: str, say: Say) -> RawDataset:
        """The arrays as they are stored; those of a .npy file that is not held row by row."""
        from dlrun.data.formats.array_files import check_unit, read_later

        source = self._source(read_later(self)) if self._later() else super().read(data_dir, say)
        if self.scale in ("auto", "unit", "symmetric"):
            check_unit(source)
        return source

    def _paths(self) -> list[Path]:
        from dlrun.data.formats.array_places import places

        return [file for place in places(self) for file in place.files()]

    def _source(self, source: RawDataset) -> RawDataset:
        """The arrays; test rows that lie apart are said, and the others shuffled as if test rows were taken of them."""
        if self.group or self.order:
            from dlrun.data.formats.row_arrays import with_row_arrays

            source = with_row_arrays(source, self)
        if not self.test_path or source.x_test is None:
            return source
        names = ", ".join(Path(name).name for name in (
            self.test_path.values() if isinstance(self.test_path, dict) else [self.test_path]))
        notes = (*source.notes, f"the {len(source.x_test):,} test rows are those of {names}")
        return replace(source, notes=notes, grouped=True)

    def _settings(self) -> list[Any]:
        """What decoding depends on; as in earlier versions where nothing newer is asked for."""
        classes = sorted(self.path) if isinstance(self.path, dict) else []
        newer = [self.x, self.y, list(self.shape), self.layout, classes]
        older = not any((*newer[:3], self.layout != "auto", classes, self.test_path))
        apart = ["test"] if self.test_path else []
        rows = [self.group, self.order] if self.group or self.order else []
        one = ["one class"] if self.fewest < 2 else []
        return [self.targets, *([] if older else newer), *apart, *rows, *one]

    def _later(self) -> bool:
        if isinstance(self.path, dict) or Path(self.path).suffix != ".npy":
            return False
        from dlrun.data import paths
        from dlrun.data.row_stream import is_held

        return not is_held(paths.own(self.path).stat().st_size, self.in_memory)

    def _arrays(self) -> Arrays:
        from dlrun.data.formats.array_files import arrays_of

        return arrays_of(self)


@dataclass(frozen=True)
class NewArrays(Npz):
    """The same for rows that nothing is trained on."""

    fewest: ClassVar[int] = 1
