"""What the long tests of faults have counted: kept in docs/faults.json, shown in docs/damaged-files.md.

``python -m tests.helpers.fault_figures`` writes the table of the document again.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
FILE, PAGE = DOCS / "faults.json", DOCS / "damaged-files.md"
BEGIN, END = "<!-- figures: from faults.json -->\n", "<!-- end of figures -->\n"
HEAD = "| what was done | count | wrong without a word | stack traces | seconds |\n|---|---:|---:|---:|---:|\n"


def store(key: str, *, what: str, count: int, wrong: int, traces: int, seconds: float, part: str = "") -> None:
    """Keep the figures of one test, or of one part of it; those of the others stay."""
    with _kept() as kept:
        found = {"what": what, "count": count, "wrong": wrong, "traces": traces, "seconds": round(seconds)}
        if part:  # the row of the document is the sum
            parts = {**kept.get(key, {}).get("parts", {}), part: {**found, "what": part}}
            sums = {name: sum(one[name] for one in parts.values()) for name in ("count", "wrong", "traces", "seconds")}
            found = {"what": what, **sums, "parts": dict(sorted(parts.items()))}
        kept[key] = found


def remark(key: str, sentence: str) -> None:
    """Keep a sentence that stands below the table."""
    with _kept() as kept:
        kept[key] = {"remark": sentence}


@contextmanager
def _kept() -> Iterator[dict[str, Any]]:
    """The figures, to be changed by one process at a time."""
    with open(FILE, "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        kept: dict[str, Any] = json.loads(file.read() or "{}")
        yield kept
        file.truncate(0)
        file.write(json.dumps(dict(sorted(kept.items())), indent=1, ensure_ascii=False) + "\n")


def table(figures: dict[str, dict[str, Any]]) -> str:
    """The rows of the document.

    >>> print(table({"a": {"what": "files cut", "count": 6030, "wrong": 0, "traces": 0, "seconds": 9}}).splitlines()[2])
    | files cut | 6,030 | 0 | 0 | 9 |
    """
    rows = [row for row in figures.values() if "remark" not in row]
    remarks = [f"\n{row['remark']}\n" for row in figures.values() if "remark" in row]
    return HEAD + "".join(
        f"| {row['what']} | {row['count']:,} | {row['wrong']:,} | {row['traces']:,} | {row['seconds']:,} |\n"
        for row in rows) + "".join(remarks)


def page() -> str:
    """The document with the figures that are kept."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    return before + BEGIN + table(json.loads(FILE.read_text(encoding="utf-8"))) + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE.name)
