"""CIFAR-10: the original batches, unpacked or in their archive, else a folder archive of JPEG copies."""

from __future__ import annotations

import io
import pickle
import re
import tarfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.data import known, paths
from dlrun.data.download import download
from dlrun.data.source import DatasetFiles, RawDataset

ARCHIVE, FOLDER, COPY = "cifar-10-python.tar.gz", "cifar-10-batches-py", "CIFAR-10-images.tar.xz"
_NUMBERED = re.compile(r"(train|test)/(\w+)/(\d+)\.jpe?g$")


def find(cfg: Any, data_dir: str, say: Callable[[str], None]) -> DatasetFiles:
    """The best form that is there: the batches, their archive, the JPEG copy; else a download of the archive."""
    found = _find(data_dir)
    if found is None:
        wanted = f"{FOLDER}/ or {ARCHIVE}"
        download("cifar10", data_dir, wanted, say)
        found = _find(data_dir)
        if found is None:
            raise paths.absent("cifar10", data_dir, wanted, "the download did not bring them")
    return found


def _find(data_dir: str) -> DatasetFiles | None:
    places = [place for root in paths.roots(data_dir) for place in (root, root / "CIFAR10")]
    for place in places:
        batches = [place / FOLDER / name for name in known.CIFAR_BATCHES]
        if all(batch.is_file() for batch in batches):
            return DatasetFiles(batches, partial(_batches, batches))
    for place in places:
        archive = place / ARCHIVE
        if archive.is_file():
            return DatasetFiles([archive], partial(_archive, archive))
    for place in places:
        copy = place / COPY
        if copy.is_file():
            return DatasetFiles([copy], partial(_jpeg_copy, copy))
    return None


class _Batch(pickle.Unpickler):
    """Reads what a batch is made of (containers, bytes, numbers, NumPy arrays) and refuses every other name."""

    def find_class(self, module: str, name: str) -> Any:
        if name == "_reconstruct" and module in ("numpy.core.multiarray", "numpy._core.multiarray"):
            return np.empty(0).__reduce__()[0]
        if module == "numpy" and name in ("ndarray", "dtype"):
            return getattr(np, name)
        raise pickle.UnpicklingError(f"the name {module}.{name} does not belong into a CIFAR batch")


def batch(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 3, 32, 32) uint8 and labels (N,) int64 of one pickled batch.  Raises UnpicklingError, KeyError."""
    content = _Batch(io.BytesIO(data), encoding="bytes").load()
    content = {key.decode() if isinstance(key, bytes) else key: value for key, value in content.items()}
    images = np.asarray(content["data"], np.uint8).reshape(-1, 3, 32, 32)
    return images, np.asarray(content["labels"], np.int64)


def _batches(files: list[Path], say: Callable[[str], None]) -> RawDataset:
    return _original(file.read_bytes() for file in files)


def _archive(archive: Path, say: Callable[[str], None]) -> RawDataset:
    return _original(_members(archive))


def _members(archive: Path) -> Iterator[bytes]:
    with tarfile.open(archive, "r:gz") as tar:
        found = {Path(member.name).name: member for member in tar if member.isfile()}
        for name in known.CIFAR_BATCHES:
            file = tar.extractfile(found[name])
            assert file is not None  # a regular file always opens
            yield file.read()


def _original(batches: Iterator[bytes]) -> RawDataset:
    try:
        parts = [batch(data) for data in batches]
    except (pickle.UnpicklingError, KeyError, ValueError, EOFError, AttributeError, tarfile.TarError, OSError) as error:
        raise problem("dataset=cifar10", f"its files are damaged ({error})") from None
    about = known.SETS["cifar10"]
    x, y = (np.concatenate([part[i] for part in parts[:-1]]) for i in (0, 1))
    return RawDataset(about.data_spec, x, y, x_test=parts[-1][0], y_test=parts[-1][1], levels=about.levels)


def _jpeg_copy(archive: Path, say: Callable[[str], None]) -> RawDataset:
    """Pictures that went through JPEG; NNNNN of train/<class>/NNNNN.jpg is the place in the original order."""
    from PIL import Image

    about = known.SETS["cifar10"]
    say("cifar10: decoding 60,000 JPEG copies once; the original files are not here")
    x = {part: np.zeros((rows, 32, 32, 3), np.uint8) for part, rows in about.rows.items()}
    y = {part: np.full(rows, -1, np.int64) for part, rows in about.rows.items()}
    try:
        with tarfile.open(archive, "r|xz") as tar:  # as a stream: each byte is unpacked once
            for member in tar:
                match = _NUMBERED.search(member.name)
                file = tar.extractfile(member) if match else None
                if match is None or file is None:
                    continue
                part, name, place = match[1], match[2], int(match[3])
                x[part][place] = np.asarray(Image.open(file).convert("RGB"))
                y[part][place] = about.data_spec.classes.index(name)
    except (tarfile.TarError, EOFError, OSError, ValueError, IndexError) as error:
        raise problem("dataset=cifar10", f"{archive} is damaged ({error})") from None
    for part in y:
        if missing := int((y[part] < 0).sum()):
            raise problem("dataset=cifar10", f"{archive} lacks {missing:,} of {len(y[part]):,} {part} pictures")
    channels_first = {part: np.ascontiguousarray(images.transpose(0, 3, 1, 2)) for part, images in x.items()}
    return RawDataset(
        about.data_spec, channels_first["train"], y["train"], x_test=channels_first["test"], y_test=y["test"],
        levels=about.levels, label="JPEG copy",
    )
