"""`dlrun -m`: one run for each combination, all checked before the first begins."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

from dlrun.config.problem import Problems


def main(words: Sequence[str]) -> int:
    from dlrun.cli.say import columns
    from dlrun.config.compose import hydra_started
    from dlrun.run.preflight import preflight
    from dlrun.sweep.grid import grid

    varying, jobs, problems = grid(words)
    checked = []
    with hydra_started():
        for job in jobs:
            try:
                checked.append(preflight(job))
            except Problems as wrong:
                problems += wrong.problems
    if problems:  # a problem that many jobs share is one problem
        raise Problems(problems)
    print(f"{len(jobs)} job{'' if len(jobs) == 1 else 's'}" + (f" over {', '.join(varying)}" if varying else ""))
    rows, failed = [], 0
    for number, (job, ready) in enumerate(zip(jobs, checked), 1):
        shown = [word for word in job if word.split("=")[0].lstrip("+") in varying]
        print(f"\njob {number} of {len(jobs)}: {' '.join(shown)}\n")
        code, result = _run(ready, job)
        if code in (130, 143):
            return code
        failed += code != 0
        rows.append([" ".join(shown), *_outcome(result)])
    print()
    print("\n".join(columns([["job", "status", "test"], *rows])))
    return 1 if failed else 0


def _run(ready: object, job: Sequence[str]) -> tuple[int, dict[str, object]]:
    """Train one job; a job that fails does not stop the others."""
    from dlrun.record.lock import Busy
    from dlrun.run.one import run

    try:
        outcome = run(ready, ["dlrun", *job])  # type: ignore[arg-type]
        return outcome.exit_code, outcome.result
    except Busy as busy:
        print(busy, file=sys.stderr)
        return 1, {"status": "busy"}
    except Problems as wrong:
        from dlrun.cli.say import say_problems

        say_problems(wrong.problems, after="this job was not started")
        return 1, {"status": "not started"}
    except Exception:
        traceback.print_exc()
        return 1, {"status": "failed"}


def _outcome(result: dict[str, object]) -> list[str]:
    from dlrun.record.words import metrics

    test = result.get("test")
    return [str(result.get("status")), metrics(test) if isinstance(test, dict) and test else ""]
