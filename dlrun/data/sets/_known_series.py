"""Series in files that are known: columns and steps are constants, and the file must have them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun.config.regular_file import read_inflated
from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.sets._base import Say
from dlrun.data.sets._series import Windowed

if TYPE_CHECKING:
    import numpy as np

    from dlrun.data.source import DatasetFiles, RawDataset

NO_VALUE = -9999.0  # in the files of Jena's weather station


@dataclass(frozen=True)
class KnownSeries:
    """A series: the places that its file may have below a data folder, its columns, the one that is predicted."""

    files: tuple[str, ...]
    features: tuple[str, ...]
    target: str
    unit: str
    steps: int
    label: str = ""


class KnownWindows(Windowed):
    """A data set of series of which `chosen` gives the one that the options mean."""

    def chosen(self) -> KnownSeries:
        """The series that is read."""
        raise NotImplementedError

    def info(self, data_dir: str) -> DatasetInfo:
        known = self.chosen()
        return self.seen(known.features, known.target, known.unit, known.steps)

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        from dlrun.data.source import DatasetFiles

        known = self.chosen()
        path = self.located(data_dir, *known.files)
        return DatasetFiles([path], lambda _: self._decode(known, path), [known.target, known.steps])

    def _decode(self, known: KnownSeries, path: Path) -> RawDataset:
        import numpy as np

        from dlrun.data.formats.series import without_gaps

        try:
            x = _numbers(known, path)
        except (OSError, EOFError, ValueError, IndexError) as error:
            raise self.damaged(f"{path} can't be read ({error})") from None
        if x.shape != (known.steps, len(known.features)):
            raise self.damaged(f"{path} holds {x.shape} numbers; expected {known.steps:,} steps")
        x = np.where(x == NO_VALUE, np.nan, x).astype(np.float32)
        spec = DatasetSpec((len(known.features),), "series", "number", features=known.features,
                           target_name=known.target, unit=known.unit)
        return replace(without_gaps(spec, x, path.name), label=known.label)


def _numbers(known: KnownSeries, path: Path) -> np.ndarray:
    import numpy as np

    if path.suffix == ".npy":
        stored: np.ndarray = np.load(path, allow_pickle=False)
        return stored.reshape(-1, 1)
    data = read_inflated(path)
    lines = data.decode("latin-1").splitlines()
    names = [name.strip('" ') for name in lines[0].split(",")]
    if any(name not in names for name in known.features):
        raise ValueError(f"its columns are {', '.join(names)}")
    places = [names.index(name) for name in known.features]
    return np.loadtxt(lines[1:], delimiter=",", usecols=places, ndmin=2)
