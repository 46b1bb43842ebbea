"""The whole table of dlrun's speed: what, goal, measured; it is kept in docs/speed.json and shown in docs/speed.md.

    python -m benchmarks.speed                     # all, about ten minutes on two idle cores
    python -m benchmarks.speed dense others        # some; rows of the others stay as they were measured
    python -m benchmarks.speed --processor         # a busy machine: single networks by processor time on one thread

`speed_sweeps.py` and `speed_singles.py` say what is measured.  A measurement that fails is a stack trace here; the
table is without its rows, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # benchmarks and tests, also where this file is run by its path

FIGURES = Path(__file__).parents[1] / "docs" / "speed.json"
BEGIN, END = "<!-- figures: from speed.json -->\n", "<!-- end of figures -->\n"
HEAD = "| what | goal | measured | | how |\n|---|---:|---:|---|---|\n"


def table(figures: Mapping[str, Any]) -> str:
    """The part of the page that shows the figures, in the order in which they are measured."""
    parts = []
    for machine in dict.fromkeys(figures[name]["machine"] for name in figures):
        rows = [row for kept in figures.values() if kept["machine"] == machine for row in kept["rows"]]
        seconds = sum(kept["seconds"] for kept in figures.values() if kept["machine"] == machine)
        parts.append(f"On {machine}; {seconds / 60:.0f} minutes.\n\n{HEAD}" + "".join(
            f"| {row['what']} | {row['limit']:g}{row['unit']} | {shown(row)} | {'met' if row['met'] else 'missed'} | "
            f"{against(row)}{row['conditions']} |\n" for row in rows))
    return "\n".join(parts)


def shown(row: Mapping[str, Any]) -> str:
    """The measured value with as many digits as a goal needs.

    >>> shown({"value": 0.0412, "unit": "", "limit": 0.05}), shown({"value": 17.26, "unit": " min", "limit": 30})
    ('0.041', '17.3 min')
    """
    value = row["value"]
    digits = 1 if value >= 10 else 3 if row["limit"] < 0.2 or value < 0.1 else 2
    return f"{value:.{digits}f}{row['unit']}"


def against(row: Mapping[str, Any]) -> str:
    return f"of {row['other']}; " if row["other"] else ""


def page(text: str, figures: Mapping[str, Any]) -> str:
    """The page with these figures in it."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + table(figures) + END + rest.split(END)[1]


def machine(clock: bool) -> str:
    """What the figures are of, as the page says it."""
    import torch

    from dlrun.engine.compiled.compiler import NoCompiler, find
    from dlrun.record.cores import cores
    from dlrun.record.provenance import cpu_model

    try:
        compiler = find()[1].partition(", ")[0]
    except NoCompiler:
        compiler = "no compiler"
    load = os.getloadavg()[0]
    state = "an idle machine" if load < 0.5 else f"a machine with a load of {load:.1f} before"
    return (f"{cpu_model()}, {cores()} cores, torch {torch.__version__}, {compiler}, {time.strftime('%Y-%m-%d')}, "
            f"{state}{'' if clock else '; single networks by processor time on one thread'}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and keep each measurement as soon as it is done."""
    from benchmarks.speed_rows import MEASUREMENTS
    from benchmarks.speed_sizes import TINY, Sizes

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASUREMENTS))
    parser.add_argument("--processor", action="store_true", help="processor time on one thread for single networks")
    parser.add_argument("--tiny", action="store_true", help="as little as possible: does it run?")
    parser.add_argument("--figures", type=Path, default=FIGURES, help="the file; the page lies beside it as .md")
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.names if name not in MEASUREMENTS]
    if unknown:
        parser.error(f"no measurement {', '.join(unknown)}; expected {', '.join(MEASUREMENTS)}")
    sizes = replace(TINY if chosen.tiny else Sizes(), clock=not chosen.processor)
    place, failed = machine(sizes.clock), False
    print(f"{place}\n", flush=True)
    for name, measure in MEASUREMENTS.items():
        if chosen.names and name not in chosen.names:
            continue
        began = time.perf_counter()
        try:
            rows = [{**asdict(row), "met": row.met} for row in measure(sizes)]
        except Exception:  # the other measurements are worth having
            traceback.print_exc()
            failed, rows = True, []
        for row in rows:
            print(f"{shown(row):>9}  goal {row['limit']:g}{row['unit']:4} {'' if row['met'] else 'MISSED '}"
                  f"{row['what']}  ({against(row)}{row['conditions']})", flush=True)
        keep(chosen.figures, name, list(MEASUREMENTS),
             {"machine": place, "seconds": round(time.perf_counter() - began, 1), "rows": rows})
        print(f"{name}: {time.perf_counter() - began:.0f} s\n", flush=True)
    return int(failed)


def keep(file: Path, name: str, order: Sequence[str], found: Mapping[str, Any]) -> None:
    """Put a measurement in the place of its old one, in the file and in the page."""
    figures = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    figures[name] = found
    if not found["rows"]:
        del figures[name]
    figures = {known: figures[known] for known in order if known in figures}
    file.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    text = file.with_suffix(".md")
    text.write_text(page(text.read_text(encoding="utf-8"), figures), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
