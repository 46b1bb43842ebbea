"""The scripts that wait for a GPU, with tiny sizes on the CPU."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.book_queue import queue, seconds_of, train
from dlrun.report.experiments import book_experiments
from tests.cli.test_book import FILE, here

__all__ = ["here"]
SCRIPTS = Path(__file__).parents[2] / "benchmarks"


def figures(tmp_path: Path, *words: str) -> dict:
    file = tmp_path / "gpu.json"
    done = subprocess.run([sys.executable, SCRIPTS / "gpu.py", "--device", "cpu", "--repeats", "1", "--write", file,
                           *words], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(file.read_text())


def test_the_benchmark_measures_every_way_of_a_step(tmp_path: Path, real_data: Path) -> None:
    found = figures(tmp_path, "--steps", "8", "--members", "1", "3", "--nets", "boston", "--tables")
    steps = found["microseconds"]["boston"]
    assert list(steps) == ["plain", "eager", "graph", "pack of 1", "pack of 3"] and min(steps.values()) > 1
    assert found["tables"] == {} and found["device"] == "cpu"


@pytest.mark.slow
def test_the_benchmark_trains_tables_as_packs_until_its_minutes_are_over(tmp_path: Path, real_data: Path) -> None:
    found = figures(tmp_path, "--nets", "--tables", "gulli/C6", "--more", "epochs=1", "train_size=300", "seeds=2",
                    "--minutes", "3")
    assert found["tables"]["planned"] == found["tables"]["done"] == 8
    found = figures(tmp_path, "--nets", "--tables", "gulli/C6", "--minutes", "0.75")
    assert found["tables"]["done"] < found["tables"]["planned"] == 20 and found["tables"]["seconds"] < 60


def test_without_a_gpu_the_benchmark_says_so(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, SCRIPTS / "gpu.py", "--device", "cuda:97"], capture_output=True, text=True)
    assert done.returncode == 1 and "no CUDA device" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(("cost", "seconds"), [
    ("about 10 days on 2 cores", 864_000), ("79 s on 2 cores", 79), ("about 1.5 h on 2 cores", 5400), ("3 min", 180),
    ("the runs of chollet/C02", None), ("", None)])
def test_a_stated_cost_is_read(cost: str, seconds: float | None) -> None:
    assert seconds_of(cost) == seconds


def experiment(folder: Path, name: str, *changes: tuple[str, str]) -> None:
    text = FILE.replace("mine/C1", f"mine/{name}")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    (folder / "experiments" / "mine" / f"{name}.yaml").write_text(text)


def test_what_decides_most_in_an_hour_comes_first(here: Path) -> None:
    title = "  title: Depth\n"
    experiment(here, "C1", (title, title + "  cost: {full: 2 h, gpu: 1 min}\n"))
    experiment(here, "C3", (title, title + "  cost: {full: 30 min}\n"))  # C2 needs something that is not here
    experiment(here, "C4")
    experiment(here, "C5", (title, title + "  cost: {full: 40 min}\n  stand_in: other digits\n"))

    def found(gpu: bool) -> list[tuple[str, int, int, float]]:
        mine = [one for one in book_experiments() if one.name.startswith("mine/")]
        return [(one.experiment.name[5:], one.cells, one.claims, round(one.worth, 2))
                for one in queue(mine, here / "runs", gpu)]

    assert found(False) == [("C3", 1, 1, 4.0), ("C5", 0, 1, 1.5), ("C1", 1, 1, 1.0), ("C4", 1, 1, 0.0)]
    assert found(True)[0] == ("C1", 1, 1, 120.0)


def test_a_comparison_is_stopped_when_the_minutes_are_over_and_goes_on(here: Path) -> None:
    experiment(here, "C1", ("epochs: 2", "epochs: 400000"), ("epochs=3", "epochs=400000"), ("seeds: 2", "seeds: 1"))
    mine = [one for one in book_experiments() if one.name == "mine/C1"]
    runs = here / "runs"
    [waiting] = queue(mine, runs, gpu=False)
    assert train([waiting], runs, 0.0, []) == [] and not runs.exists()
    assert train([waiting], runs, 0.4, ["workers=1", "device=cpu", "threads=1"]) == []
    assert len(list(runs.glob("sweeps/mine-C1/plan.json"))) == 1 and queue(mine, runs, gpu=False) == [waiting]
