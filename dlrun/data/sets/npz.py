"""A user's own arrays in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from dlrun.config.schema.fields import choice
from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.sets import _options as options
from dlrun.data.sets._base import Dataset, Say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.source import DatasetFiles


@register("dataset", "npz")
@dataclass(frozen=True)
class Npz(Dataset):
    """Your own NumPy arrays: dataset.path=FILE with x_train, y_train (and x_test, y_test), or x, y, or only x.

    Targets of the shape (rows, several) are labels where all are 0 or 1, else a target for each column.
    """

    kind: ClassVar[str] = "npz"
    suffixes: ClassVar[tuple[str, ...]] = (".npz",)
    name: str = options.name()
    path: str = options.path("The file")
    targets: str = options.targets()
    target_scale: str = options.target_scale()
    scale: str = choice(
        "auto", ("auto", "unit", "standard", "symmetric", "none"),
        "How stored values are scaled; auto: unit for images, standard for tables.",
    )
    test: float = options.test()
    split_seed: int = options.split_seed()
    stratify: bool = options.stratify()

    def info(self, data_dir: str) -> DatasetInfo:
        """Signature and rows; of the inputs only the shapes are read."""
        from dlrun.data import cache, paths

        path = paths.own(self.path)
        known = cache.dataset_info(cache.entry(self.kind, [self.targets], [path]))
        if known is not None:
            return known
        from dlrun.data.formats.npz import arrays

        return arrays(path, self.targets, f"dataset.path={self.path}").info()

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        from dlrun.data import paths
        from dlrun.data.formats.npz import arrays
        from dlrun.data.source import DatasetFiles

        path = paths.own(self.path)
        given = f"dataset.path={self.path}"
        return DatasetFiles([path], lambda _: arrays(path, self.targets, given).source(), [self.targets])
