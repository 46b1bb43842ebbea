"""``debug=tiny``, ``debug=overfit``, ``debug=profile``: short runs that say whether something works, and are no result.

They lie in the folder ``debug`` below output_dir, which no report looks into, and are trained anew each time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.config.places import DEBUG
from dlrun.config.problem import did_you_mean, problem
from dlrun.record.terminal import say

if TYPE_CHECKING:
    from dlrun.preflight.checked import Checked
    from dlrun.run.run import Outcome

Train = Callable[[], "tuple[int, Outcome | None]"]  # trains; the exit code, and the outcome where there is one
KEY = "debug="
MODES = {
    "tiny": ("train_size=20", "test_size=20", "epochs=2", "max_steps=2", "early_stop=none"),
    "overfit": ("validation=0", "test_size=20", "augment=none", "early_stop=none", "schedule=constant", "epochs=30",
                "steps_per_epoch=10", "max_steps=null"),
    "profile": ("epochs=1", "max_steps=20", "test_size=200"),
}
LEARNT = 0.05  # of its first loss that a network comes to on a single batch, if it can learn at all
ROWS = 15  # lines of the profiler's table


def debugged(overrides: Sequence[str]) -> str:
    """The mode that is asked for; empty without one.  Raises ConfigError for one that is none."""
    mode = next((text.removeprefix(KEY) for text in reversed(overrides) if text.startswith(KEY)), "")
    if mode and mode not in MODES or not mode and any(text == KEY for text in overrides):
        raise problem(f"{KEY}{mode}", f"expected one of {', '.join(MODES)}{did_you_mean(mode, MODES)}")
    return mode


def prepare(mode: str, overrides: Sequence[str]) -> tuple[Checked, list[str]]:
    """The command that a mode makes of the overrides, checked, and its overrides: what is typed counts before its own.

    Raises ConfigError.
    """
    from dlrun.preflight.preflight import preflight
    from dlrun.sweep.request.to_override import to_override

    typed = [text for text in overrides if not text.startswith(KEY)]
    keys = {text.partition("=")[0].lstrip("+~") for text in typed}
    own = [text for text in MODES[mode] if text.partition("=")[0] not in keys]
    config = preflight([*typed, *own]).config
    if mode == "overfit":
        if config.model.computed:
            raise problem("debug=overfit", f"{config.model.given} is computed, not trained by steps")
        if "train_size" not in keys:
            own.append(f"train_size={config.batch_size * config.optimizer.accumulate}")
    rest = [text for text in typed if not text.startswith(("output_dir=", "force="))]
    found = [*rest, *own, to_override("output_dir", str(Path(config.output_dir) / DEBUG)), "force=true"]
    return preflight(found), found


def debug(mode: str, checked: Checked, train: Train) -> int:
    """Train, and say what the mode is for; the exit code, 1 also where a network does not learn a single batch."""
    say(f"{KEY}{mode}: {' '.join(MODES[mode])}; no result, nothing else reads it")
    if mode == "profile":
        return _profiled(checked, train)
    code, found = train()
    return code if mode != "overfit" or found is None or code else _judged(found)


def _judged(found: Outcome) -> int:
    """What the losses of one batch say."""
    from dlrun.record.metrics import read
    from dlrun.record.palette import BAD, GOOD
    from dlrun.record.terminal import paint

    losses = [row["train/loss"] for row in read(found.folder / "metrics.jsonl") if "train/loss" in row]
    if len(losses) < 2:
        raise problem("debug=overfit", "this task has no single loss that could go to zero")
    first, last, rows = losses[0], losses[-1], found.result["rows"]["train"]
    learnt = last <= LEARNT * first or found.result["train"].get("accuracy", 0.0) >= 1.0
    fell = (f"on one batch of {rows:,} rows the loss went from {first:.4g} (mean of the first ten steps) to {last:.4g} "
            f"(of the last ten of {found.result['steps']:,})")
    if learnt:
        say(paint(f"{fell}: this network can learn", GOOD, sys.stdout))
        return 0
    say(paint(f"{fell}: it does not come near zero, as it can where one target is right for a row; try another "
              "optimizer.lr, fewer layers, no dropout, and look at scale and targets of the data", BAD, sys.stdout))
    return 1


def _profiled(checked: Checked, train: Train) -> int:
    """Train under torch's profiler: its table is printed, and lies with the trace in the run's folder."""
    from dlrun.record.folder import write_text

    with _profiler() as profiler:
        code, found = train()
    if found is None or code:
        return code
    averages = profiler.key_averages()
    sort = "self_cuda_time_total" if checked.config.device.startswith("cuda") else "self_cpu_time_total"
    table = averages.table(sort_by=sort, row_limit=ROWS, max_name_column_width=40)
    write_text(found.folder / "profile.txt", averages.table(sort_by=sort, row_limit=-1, max_name_column_width=80))
    trace = found.folder / "trace.json"
    profiler.export_chrome_trace(str(trace))
    say("\n".join(line.rstrip() for line in table.splitlines()))
    say(f"\n{found.folder / 'profile.txt'}\n{trace}  (open it in https://ui.perfetto.dev or chrome://tracing)")
    return 0


def _profiler() -> Any:
    from torch.profiler import ProfilerActivity, profile
    from torch.profiler import supported_activities as supported

    known = {ProfilerActivity.CPU, ProfilerActivity.CUDA}
    return profile(activities=list(known & supported()))
