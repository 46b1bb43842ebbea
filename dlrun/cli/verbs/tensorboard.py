"""`dlrun tensorboard [FOLDER ...]`: TensorBoard on some runs, named by the settings that differ and their seed."""

from __future__ import annotations

import hashlib
import os
import shlex
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypedDict

from dlrun.cli import offers
from dlrun.cli.verb import Answer, Verb, positional
from dlrun.config.problem import problem
from dlrun.config.schema.fields import flag, integer
from dlrun.config.schema.root import Root
from dlrun.record.terminal import say
from dlrun.registry import register


class TensorBoardAnswer(TypedDict):
    """The links that were made; TensorBoard itself is not started under json=true."""

    runs: Annotated[int, "How many runs there are links to."]
    folder: str
    command: Annotated[list[str], "What starts it."]


@register("verb", "tensorboard")
@dataclass(frozen=True)
class TensorBoard(Verb):
    """TensorBoard on a sweep or any folders of runs, where a run is called by what tells it apart.

    `tensorboard --logdir runs` shows the same runs under their ids. Here they are called by the settings in which they
    differ, and their seed; links with these names are made in the cache folder.
    """

    folders: tuple[str, ...] = positional(
        "FOLDER ...", f"Folders of runs or sweeps, names of sweeps, or first letters of ids; {Root.output_dir} without "
        "one.", offers=offers.run_folders)
    port: int = integer(6006, "The port that it answers on.", low=1, high=65535)
    start: bool = flag(True, "Start it; false makes the links and prints the command.")
    synonyms: ClassVar[dict[str, str]] = {"tb": "tensorboard", "board": "tensorboard"}
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun tensorboard runs/sweeps/mine", "the runs of one sweep, by the settings that differ"),
        ("dlrun tensorboard start=false", "the links alone"),
    )

    answers: ClassVar[Any] = TensorBoardAnswer

    def answer(self) -> Answer:
        from dlrun.config.places import cache_dir
        from dlrun.report.find import gather, locate
        from dlrun.report.named_links import link_all
        from dlrun.report.run import NOT_STARTED

        runs = Path(Root.output_dir)
        if not self.folders and not runs.is_dir():
            raise problem("tensorboard", f"no folder {runs} is here; name one:  dlrun tensorboard FOLDER")
        paths = [locate(place, runs) for place in self.folders] or [runs]
        found = [run for run in gather(paths)[0] if run.status != NOT_STARTED]
        key = "\n".join(str(path.absolute()) for path in paths)
        into = cache_dir() / "tensorboard" / hashlib.sha256(key.encode()).hexdigest()[:12]
        link_all(found, into)
        command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(into), "--port", str(self.port)]
        data: TensorBoardAnswer = {"runs": len(found), "folder": str(into), "command": command}
        return Answer(lambda: data, partial(_show, data, self.start))


def _show(data: TensorBoardAnswer, start: bool) -> None:
    say(f"{data['runs']} run{'' if data['runs'] == 1 else 's'} in {data['folder']}")
    say(f"tensorboard {shlex.join(data['command'][3:])}", flush=True)
    if start:
        os.execv(data["command"][0], data["command"])
