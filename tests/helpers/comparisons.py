"""A comparison of a book with made runs: its file's content, and the folders and plan of its rows."""

from __future__ import annotations

import json
from pathlib import Path

from dlrun.record.plan import Job, Plan

ACCURACY = {"sgd": [0.9420, 0.9440, 0.9430], "adam": [0.9790, 0.9796, 0.9793]}
BOOK = {
    "id": "gulli/C3", "title": "Optimizer", "where": "Gulli & Pal, ch. 1",
    "printed": [{"row": "sgd", "metric": "test/accuracy", "value": 94.25, "unit": "%", "decimals": 2},
                {"row": "adam", "metric": "test/accuracy", "value": 97.2, "unit": "%", "decimals": 1}],
    "claims": [{"says": "adam > sgd", "check": "adam > sgd"}, {"says": "rmsprop > sgd", "check": "rmsprop > sgd"}]}


def plan(folder: Path, rows: dict[str, list[float]] = ACCURACY, label: str = "") -> Plan:
    """Finished runs with these test accuracies, a list (by seed) for each row, and the plan that they are jobs of."""
    jobs = []
    for row, values in rows.items():
        for seed, value in enumerate(values):
            run = folder / row / str(seed)
            run.mkdir(parents=True)
            result = {"id": f"{row}{seed}", "status": "finished", "config": {"seed": seed}, "seconds": 2.0,
                      "test": {"accuracy": value}, "device": "cpu (1 thread)", "data_label": label}
            (run / "result.json").write_text(json.dumps(result))
            jobs.append(Job(len(jobs) + 1, f"{row}{seed}", f"{row}/{seed}", seed, {}, (), {"seed": seed}, row))
    return Plan("book-gulli-C3", folder, {}, [0, 1, 2], jobs)
