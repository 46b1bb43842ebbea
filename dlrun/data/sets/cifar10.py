"""CIFAR-10: the original batches, unpacked or in their archive, else a folder archive of JPEG copies."""

from __future__ import annotations

import io
import pickle
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.problem import problem
from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.sets._base import Say
from dlrun.data.sets._images import ClassImages, pictures
from dlrun.registry import register

if TYPE_CHECKING:
    import numpy as np

    from dlrun.data.source import DatasetFiles, RawDataset

ARCHIVE, FOLDER, COPY = "cifar-10-python.tar.gz", "cifar-10-batches-py", "CIFAR-10-images.tar.xz"
BATCHES = ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch")
THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
ROWS = {"train": 50000, "test": 10000}
_NUMBERED = re.compile(r"(train|test)/(\w+)/(\d+)\.jpe?g$")


@register("dataset", "cifar10")
@dataclass(frozen=True)
class Cifar10(ClassImages):
    """50,000 + 10,000 small photographs, 32x32 colour, 10 classes (Krizhevsky 2009)."""

    known: ClassVar[DatasetInfo] = pictures((3, 32, 32), THINGS, **ROWS)
    rows_of_class: ClassVar[dict[str, tuple[int, ...]]] = {"train": (5000,) * 10, "test": (1000,) * 10}
    hashes: ClassVar[dict[str, str]] = {
        "cifar-10-python.tar.gz": "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        "CIFAR-10-images.tar.xz": "3183ba6aefb2384cccad788b6bedcca0242cf0d72e3d23bf867cf888cc65f5b9",
    }

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        """The best form that is there: the batches, their archive, the JPEG copy; else a download of the archive."""
        from dlrun.data import paths
        from dlrun.data.formats.download import download

        found = _find(paths.roots(data_dir))
        if found is None:
            needed = f"{FOLDER}/ or {ARCHIVE}"
            download(self.kind, "CIFAR10", data_dir, needed, say)
            found = _find(paths.roots(data_dir))
            if found is None:
                raise paths.absent(self.kind, data_dir, needed, "the download did not bring them")
        return found


def _find(roots: list[Path]) -> DatasetFiles | None:
    from dlrun.data.source import DatasetFiles

    places = [place for root in roots for place in (root, root / "CIFAR10")]
    for place in places:
        batches = [place / FOLDER / name for name in BATCHES]
        if all(batch.is_file() for batch in batches):
            return DatasetFiles(batches, partial(_batches, batches))
    for name, decode in ((ARCHIVE, _archive), (COPY, _jpeg_copy)):
        for place in places:
            if (place / name).is_file():
                return DatasetFiles([place / name], partial(decode, place / name))
    return None


class _Batch(pickle.Unpickler):
    """Reads what a batch is made of (containers, bytes, numbers, NumPy arrays) and refuses every other name."""

    def find_class(self, module: str, name: str) -> Any:
        import numpy as np

        if name == "_reconstruct" and module in ("numpy.core.multiarray", "numpy._core.multiarray"):
            return np.empty(0).__reduce__()[0]
        if module == "numpy" and name in ("ndarray", "dtype"):
            return getattr(np, name)
        raise pickle.UnpicklingError(f"the name {module}.{name} does not belong into a CIFAR batch")


def batch(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 3, 32, 32) uint8 and labels (N,) int64 of one pickled batch.  Raises UnpicklingError, KeyError."""
    import numpy as np

    content = _Batch(io.BytesIO(data), encoding="bytes").load()
    content = {key.decode() if isinstance(key, bytes) else key: value for key, value in content.items()}
    images = np.asarray(content["data"], np.uint8).reshape(-1, 3, 32, 32)
    return images, np.asarray(content["labels"], np.int64)


def _batches(files: list[Path], say: Say) -> RawDataset:
    return _original(file.read_bytes() for file in files)


def _archive(archive: Path, say: Say) -> RawDataset:
    return _original(_members(archive))


LARGEST = 1 << 28  # bytes of one batch, which has 31 million


def _members(archive: Path) -> Iterator[bytes]:
    with tarfile.open(archive, "r:gz") as tar:
        found = {Path(member.name).name: member for member in tar if member.isfile()}
        for name in BATCHES:
            if found[name].size > LARGEST:
                raise ValueError(f"{name} has {found[name].size:,} bytes")
            file = tar.extractfile(found[name])
            assert file is not None  # a regular file always opens
            yield file.read()


def _original(batches: Iterator[bytes]) -> RawDataset:
    import numpy as np

    from dlrun.data.source import RawDataset

    try:
        read = [batch(data) for data in batches]
    except (pickle.UnpicklingError, KeyError, ValueError, EOFError, AttributeError, tarfile.TarError, OSError) as error:
        raise problem("dataset=cifar10", f"its files are damaged ({error})") from None
    x, y = (np.concatenate([pair[i] for pair in read[:-1]]) for i in (0, 1))
    return RawDataset(Cifar10.known.data_spec, x, y, x_test=read[-1][0], y_test=read[-1][1], levels=Cifar10.levels)


def _jpeg_copy(archive: Path, say: Say) -> RawDataset:
    """Pictures that went through JPEG; NNNNN of train/<class>/NNNNN.jpg is the place in the original order."""
    import numpy as np
    from PIL import Image

    from dlrun.data.source import RawDataset

    say("cifar10: decoding 60,000 JPEG copies once; the original files are not here")
    x = {split: np.zeros((rows, 32, 32, 3), np.uint8) for split, rows in ROWS.items()}
    y = {split: np.full(rows, -1, np.int64) for split, rows in ROWS.items()}
    try:
        with tarfile.open(archive, "r|xz") as tar:  # as a stream: each byte is unpacked once
            for member in tar:
                match = _NUMBERED.search(member.name)
                file = tar.extractfile(member) if match else None
                if match is None or file is None:
                    continue
                split, name, place = match[1], match[2], int(match[3])
                x[split][place] = np.asarray(Image.open(file).convert("RGB"))
                y[split][place] = THINGS.index(name)
    except (tarfile.TarError, EOFError, OSError, ValueError, IndexError) as error:
        raise problem("dataset=cifar10", f"{archive} is damaged ({error})") from None
    for split in y:
        if missing := int((y[split] < 0).sum()):
            raise problem("dataset=cifar10", f"{archive} lacks {missing:,} of {len(y[split]):,} {split} pictures")
    channels_first = {split: np.ascontiguousarray(images.transpose(0, 3, 1, 2)) for split, images in x.items()}
    return RawDataset(
        Cifar10.known.data_spec, channels_first["train"], y["train"], x_test=channels_first["test"], y_test=y["test"],
        levels=Cifar10.levels, label="JPEG copy",
    )
