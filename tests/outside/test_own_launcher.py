"""A launcher of a module that ``allow=`` names: typed, in an experiment's file, and as the document has it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlrun.cli.main import main
from dlrun.registry import lookup

DOCUMENT = Path(__file__).parents[2] / "docs" / "own-code.md"
TURNS = '''
from dataclasses import dataclass
from pathlib import Path

from dlrun.api.kinds import Launcher, register, run_job
from dlrun.record.recorder import Recorder


@register.launcher("turns")
@dataclass(frozen=True)
class Turns:
    """One job after another, each noted in a file."""

    kind, package, queues_all, arguments = "turns", "", False, ""

    def build(self, options, slots, logs):
        return TurnsLauncher(slots)


class TurnsLauncher(Launcher):
    def __init__(self, slots):
        self.slots, self.waiting = slots, []

    def ready(self, jobs, threads):
        return min(jobs, 1 - len(self.waiting))

    def submit(self, message):
        self.waiting.append(message)

    def events(self, seconds):
        found = []
        while self.waiting:
            message = self.waiting.pop()
            with Path("turns.txt").open("a") as file:
                file.write(message["id"] + "\\n")
            found.append((message["id"], run_job(message, Recorder())))
        return found

    def stop(self, run_id): ...

    def cancel(self, run_id): ...

    def close(self): ...
'''
SWEEP = ["-m", "dataset=iris", "model=linear", "epochs=1", "device=cpu", "threads=1", "seed=0,1"]


@pytest.fixture
def turns(write: Callable[[dict[str, str]], None]) -> Iterator[None]:
    write({"turns.py": TURNS})
    yield
    sys.modules.pop("turns", None)
    lookup._registered.pop(("launcher", "turns"), None)


def jobs(folder: Path) -> set[str]:
    return {json.loads(path.read_text())["id"] for path in folder.glob("*/*/result.json")}


def test_a_launcher_of_an_allowed_module_runs_the_jobs(turns: None, folder: Path) -> None:
    assert main([*SWEEP, "launcher=turns", "allow=turns"]) == 0
    ids = (folder / "turns.txt").read_text().split()
    assert len(ids) == 2 and set(ids) == jobs(folder / "runs")


def test_an_experiment_names_it_and_the_command_allows_it(turns: None, folder: Path, write, capsys) -> None:
    write({"experiments/pair.yaml": "defaults:\n  - override /dataset: iris\n  - override /model: linear\n"
                                    "epochs: 1\ndevice: cpu\nthreads: 1\n"
                                    "sweep:\n  launcher: turns\n  axes: {seed: [0, 1]}\n"})
    assert main(["experiment=pair"]) == 2
    refused = capsys.readouterr().err
    assert "launcher=turns" in refused and "local" in refused and not jobs(folder / "runs")
    assert main(["experiment=pair", "allow=turns"]) == 0
    assert set((folder / "turns.txt").read_text().split()) == jobs(folder / "runs")


def test_an_unknown_one_is_refused_with_those_that_there_are(folder: Path, capsys) -> None:
    assert main([*SWEEP, "launcher=torns"]) == 2
    refused = capsys.readouterr().err
    assert all(name in refused for name in ("inline", "joblib", "local", "ray", "submitit"))


@pytest.mark.engines
def test_the_launcher_of_the_document_runs_jobs_in_its_processes(folder: Path) -> None:
    (text,) = re.findall(r"^```python file=pool.py\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    (folder / "pool.py").write_text(text)
    done = subprocess.run([sys.executable, "-m", "dlrun", *SWEEP, "launcher=pool", "allow=pool", "workers=2"],
                          capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(jobs(folder / "runs")) == 2
