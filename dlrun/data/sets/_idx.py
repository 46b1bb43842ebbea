"""MNIST and its successors: four IDX files, gzipped or unpacked, in torchvision's layout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from dlrun.data.sets._base import Say
from dlrun.data.sets._images import ClassImages

if TYPE_CHECKING:
    from dlrun.data.source import DatasetFiles, RawDataset

# train images, train labels, test images, test labels
FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


@dataclass(frozen=True)
class IdxImages(ClassImages):
    """Grey pictures in IDX files below the folder `torchvision`/raw, the name of torchvision's class."""

    torchvision: ClassVar[str]

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        """The four files, below the data folder or the cache; downloaded into the cache where they are missing."""
        from dlrun.data.formats.download import found_or_downloaded
        from dlrun.data.source import DatasetFiles

        needed = f"{self.torchvision}/raw/ with {', '.join(f'{name}.gz' for name in FILES)}"
        files = found_or_downloaded(self.kind, self.torchvision, data_dir, needed, say, self._in)
        return DatasetFiles(files, lambda _: self._decode(files))

    def _in(self, root: Path) -> list[Path] | None:
        folder = root / self.torchvision / "raw"
        there = [next(filter(Path.is_file, (folder / f"{name}.gz", folder / name)), None) for name in FILES]
        files = [file for file in there if file is not None]
        return files if len(files) == len(FILES) else None

    def _decode(self, files: list[Path]) -> RawDataset:
        import numpy as np

        from dlrun.data.formats.idx import idx
        from dlrun.data.source import RawDataset

        x, y, x_test, y_test = (idx(file) for file in files)
        assert self.known is not None
        spec = self.known.data_spec
        for images, labels, file in ((x, y, files[0]), (x_test, y_test, files[2])):
            if images.ndim != 3 or images.shape[1:] != spec.input_shape[1:] or labels.shape != images.shape[:1]:
                raise self.damaged(f"{file} holds {images.shape} images and {labels.shape} labels")
            if labels.max(initial=0) >= len(spec.classes):
                raise self.damaged(f"a label beside {file.name} is above {len(spec.classes) - 1}")
        return RawDataset(spec, x[:, None], y.astype(np.int64), x_test=x_test[:, None], y_test=y_test.astype(np.int64),
                          levels=self.levels)
