"""The small sets that come with scikit-learn, read from its files; importing scikit-learn would cost a second."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from dlrun.config.regular_file import read_inflated
from dlrun.data.dataset_spec import Column
from dlrun.data.sets._base import Dataset, Say

if TYPE_CHECKING:
    import numpy as np

    from dlrun.data.source import RawDataset

_read: dict[str, RawDataset] = {}  # by kind, for the whole process


class SklearnTable(Dataset):
    """A data set in files of scikit-learn: the columns of `source_files` side by side, the target the last one."""

    offline: ClassVar[bool] = True
    source_files: ClassVar[tuple[str, ...]]
    cells: ClassVar[str | None] = ","  # what separates the cells; None: blanks
    skip: ClassVar[int] = 1  # the first line of a table has its rows, columns and class names

    def read(self, data_dir: str, say: Say) -> RawDataset:
        """The rows, read once in a process."""
        if self.kind not in _read:  # no option changes what is stored
            _read[self.kind] = self._decode()
        return _read[self.kind]

    def arrange(self, rows: np.ndarray) -> np.ndarray:
        """The inputs of rows of numbers without their target, as they are stored."""
        import numpy as np

        return rows.astype(np.float32)

    def rows_of_files(self) -> tuple[np.ndarray, dict[str, str]]:
        """The numbers of the files side by side, and the files' SHA-256.  Raises ConfigError."""
        import numpy as np

        from dlrun.data import paths

        files = [self._file(name) for name in self.source_files]
        rows = np.concatenate([self._numbers(file) for file in files], 1)
        assert self.known is not None
        if rows.shape != (self.known.rows["train"], int(np.prod(self.known.data_spec.input_shape)) + 1):
            raise self.damaged(f"{files[0]} holds {rows.shape} numbers; another version of scikit-learn is needed")
        return rows, {file.name: paths.sha256(file) for file in files}

    def _decode(self) -> RawDataset:
        """The rows, as read-only arrays."""
        import numpy as np

        from dlrun.data.source import RawDataset, complete

        rows, files = self.rows_of_files()
        assert self.known is not None
        spec = self.known.data_spec
        x = self.arrange(rows[:, :-1])
        y = rows[:, -1].astype(np.float32 if spec.target_kind == "number" else np.int64)
        x.flags.writeable = y.flags.writeable = False
        columns = tuple(Column(name, "number") for name in spec.features) if spec.input_kind == "table" else ()
        return complete(RawDataset(spec, x, y, levels=self.levels, columns=columns, files=files))

    def _numbers(self, file: Path) -> np.ndarray:
        import numpy as np

        text = read_inflated(file)
        lines = text.decode().splitlines()[self.skip:]
        return np.array([line.split(self.cells) for line in lines], np.float64)

    def _file(self, name: str) -> Path:
        spec = importlib.util.find_spec("sklearn")
        if spec is None or not spec.submodule_search_locations:
            raise self.damaged("its file comes with scikit-learn, which is not installed")
        file = Path(spec.submodule_search_locations[0]) / "datasets" / "data" / name
        if not file.is_file():
            raise self.damaged(f"{file} is missing; scikit-learn is not installed whole")
        return file
