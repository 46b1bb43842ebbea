"""What is measured of a short run: far more rows than it trains on, where nobody says otherwise.  No torch."""

from __future__ import annotations

from dlrun.preflight.checked import Checked
from dlrun.preflight.steps import run_steps
from dlrun.preflight.threads import work

LONG = 1e12  # multiply-adds: about a minute of a core
TIMES = 10  # as much work as the training's
FEW = 1000  # rows that are enough to see something


def measuring_note(checked: Checked) -> str:
    """What to say of a run that a core would measure for minutes, and train for a fraction of that; else empty.

    Each validation row counts once, for the one or two epochs of a short run.
    """
    config, rows = checked.config, checked.rows
    step = work(checked)
    if step is None or not rows:
        return ""
    steps = run_steps(config, rows["train"])
    measured = {name: rows[name] for name in ("val", "test")}
    ours, theirs = step * steps, step / 3 / config.batch_size * sum(measured.values())
    if theirs < LONG or theirs < TIMES * ours:
        return ""
    keys = {"val": f"validation={FEW}", "test": f"test_size={FEW}"}
    fewer = " and ".join(keys[name] for name, count in measured.items() if count > FEW)
    what = {"val": "validation", "test": "test"}
    told = " and ".join(f"{count:,} {what[name]}" for name, count in measured.items() if count)
    return (f"measuring {told} rows takes about {theirs / ours:,.0f} times the work of {steps:,} training steps"
            + (f"; {fewer} measure fewer" if fewer else ""))
