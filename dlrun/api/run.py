"""A trained run as an object: everything comes from its folder."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.api.history import History
from dlrun.config.problem import problem
from dlrun.record.folder import RunFolder
from dlrun.record.metrics import read

if TYPE_CHECKING:
    from dlrun.inference.load import Loaded


class Run:
    """The run in a folder.

    `result` is the content of result.json (metrics under "train", "val", "test"; accuracies are fractions), `history`
    the curves.  Nothing of torch is loaded before the model is used.

    >>> run = open_run("runs/digits-cnn-adam/9153d70c0c")  # doctest: +SKIP
    >>> run.result["test"]["accuracy"], min(run.history["val/loss"])  # doctest: +SKIP
    (0.9889, 0.0457)
    """

    def __init__(self, folder: Path, allow: tuple[str, ...] = ()):
        self.folder = Path(folder)
        self._allow = allow

    @property
    def id(self) -> str:
        return str(self.result.get("id", self.folder.name))

    @property
    def status(self) -> str:
        """finished, stopped, diverged, out_of_memory, interrupted or failed; "unfinished" while there is no result."""
        return str(self.result.get("status", "unfinished"))

    @property
    def result(self) -> dict[str, Any]:
        """The content of result.json, read anew each time; empty while the run has none."""
        return RunFolder(self.folder).result() or {}

    @property
    def config(self) -> dict[str, Any]:
        """The resolved configuration by dotted key."""
        return dict(self.result.get("config", {}))

    @property
    def history(self) -> History:
        """The curves so far: ``run.history["val/loss"]``."""
        return History.of(read(RunFolder(self.folder).metrics))

    @cached_property
    def _loaded(self) -> Loaded:
        from dlrun.inference.load import load_run

        return load_run(self.folder, self._allow)

    def __repr__(self) -> str:
        from dlrun.record.metric import metrics_of

        result = self.result
        part = next((part for part in ("test", "val", "train") if result.get(part)), "")
        told = f", {part} {metrics_of(result).sentence(result[part])}" if part else ""
        return f"<Run {self.folder.parent.name}/{self.folder.name} {self.status}{told}>"

    def _repr_html_(self) -> str:
        from dlrun.api.display import table

        result = self.result
        parts = [part for part in ("train", "val", "test") if result.get(part)]
        names = list(dict.fromkeys(name for part in parts for name in result[part]))
        rows = [[part, *(result[part].get(name) for name in names)] for part in parts]
        return f"<p>{self.folder.parent.name}/{self.folder.name}: {self.status}</p>{table(['', *names], rows)}"


def open_run(folder_or_id: str | Path, output_dir: str | Path = "runs", allow: str | tuple[str, ...] = ()) -> Run:
    """The run in a folder, or the one below `output_dir` whose id begins with these letters.

    `allow` names the module of a class of your own.  Raises ConfigError where there is no such run, or several.
    """
    from dlrun.report.find import locate

    folder = Path(folder_or_id).expanduser()
    if not folder.is_dir():
        folder = locate(str(folder_or_id), Path(output_dir).expanduser())
    if not (folder / "config.yaml").is_file():
        raise problem(str(folder_or_id), "expected the folder of a run; it has no config.yaml")
    return Run(folder, (allow,) if isinstance(allow, str) else tuple(allow))
