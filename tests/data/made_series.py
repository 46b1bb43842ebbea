"""Series with gaps, odd times, constant columns and damage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tests.data.made_files import MadeFile
from tests.data.made_tables import lines

STEPS = 24
P = [float(step) / 4 for step in range(STEPS)]
Q = [float((step * 7) % 11) - 3 for step in range(STEPS)]
NAN = float("nan")


def series(name: str, data: str | bytes, *columns: Sequence[float], y: Sequence[float] | None = None, says: str = "",
           chosen: Sequence[str] = (), target: str = "q", refused: bool = False) -> MadeFile:
    """A series of P and Q where no other columns are given."""
    x = None if refused else np.array(columns or (P, Q), np.float64).T.astype(np.float32)
    return MadeFile(f"{name}.csv" if "." not in name else name, data.encode() if isinstance(data, str) else data,
                    ("dataset=series", f"dataset.target={target}", "dataset.lookback=3", *chosen), x, y, says)


def made_series() -> list[MadeFile]:
    """All of them; the same ones at each call."""
    return [made for make in (_gaps, _times, _columns, _damaged) for made in make()]


def _file(*columns: Sequence[Any], names: Sequence[str] = ("p", "q"), **how: Any) -> str:
    return lines(columns or (P, Q), names, **how)


def _with(values: Sequence[float], gaps: Sequence[int], word: str = "") -> list[Any]:
    return [word if step in gaps else value for step, value in enumerate(values)]


def _carried(values: Sequence[float], gaps: Sequence[int]) -> list[float]:
    found: list[float] = []
    for step, value in enumerate(values):
        found.append(found[-1] if step in gaps else value)
    return found


def _gaps() -> Iterator[MadeFile]:
    for name, gaps in (("one gap", [5]), ("a long gap", range(5, 12)), ("gap at the end", [22, 23]),
            ("every second", range(1, STEPS, 2))):
        for word in ("", "NaN", "?"):
            yield series(f"{name} {word.replace('?', 'mark')}", _file(_with(P, gaps, word), Q), _carried(P, gaps), Q,
                         says=f"{len(gaps):,} missing values; each is the last one before it")
    yield series("chosen word", _file(_with(P, [5], "-999"), Q), _carried(P, [5]), Q,
                 chosen=["dataset.missing=['-999']"], says="1 missing values")
    yield series("leading gap", _file(_with(P, [0, 1]), Q), P[2:], Q[2:], says="the first 2 lines are left out")
    yield series("leading gap in all", _file(_with(P, [0]), _with(Q, [0])), P[1:], Q[1:],
                 says="the first 1 lines are left out")
    yield series("missing targets", _file(P, _with(Q, [5, 6])), P, _carried(Q, [5, 6]),
                 y=[NAN if n in (5, 6) else v for n, v in enumerate(Q)],
                 says='2 values of the target "q" are missing')
    yield series("no targets", _file(P, [""] * STEPS), says="expected a column of finite numbers", refused=True)
    yield series("an empty column", _file([""] * STEPS, Q), Q, says='"p" holds no numbers and is left out')


def _times() -> Iterator[MadeFile]:
    days = [f"2020-01-{step + 1:02d}" for step in range(STEPS)]
    seconds = [f"2020-01-01 00:00:{step:02d}" for step in range(STEPS)]
    zones = [f"2020-01-01T00:00:{step:02d}+02:00" for step in range(STEPS)]
    for name, times in (("days", days), ("seconds", seconds), ("zones", zones),
            ("german", [f"{step + 1:02d}.01.2020" for step in range(STEPS)])):
        yield series(name, _file(times, P, Q, names=("time", "p", "q")), says='"time" holds no numbers and is left out')
        yield series(f"{name} dropped", _file(times, P, Q, names=("time", "p", "q")), chosen=["dataset.drop=[time]"])
    swapped = [*days[:4], days[5], days[4], *days[6:]]
    for name, times, says in (("newest first", days[::-1], "line 3"), ("unsorted", swapped, "line 7"),
            ("newest seconds first", seconds[::-1], "line 3")):
        yield series(name, _file(times, P, Q, names=("time", "p", "q")), says=says, refused=True)
    yield series("a day twice", _file([*days[:4], days[3], *days[5:]], P, Q, names=("time", "p", "q")),
                 says='1 times of "time" are not later')
    yield series("a gap in time", _file([*days[:9], *(f"2021-01-{step + 1:02d}" for step in range(9, STEPS))], P, Q,
                 names=("time", "p", "q")), says="left out")
    yield series("numbered", _file(list(range(STEPS)), P, Q, names=("t", "p", "q")), list(range(STEPS)), P, Q)


def _columns() -> Iterator[MadeFile]:
    yield series("plain", _file())
    yield series("constant", _file([2.5] * STEPS, Q), [2.5] * STEPS, Q)
    yield series("constant target", _file(P, [2.5] * STEPS), P, [2.5] * STEPS)
    yield series("target alone", _file(Q, names=("q",)), Q)
    yield series("no header", _file(names=()), target="1")
    yield series("decimal comma", _file(mark=";", cell=lambda cell: str(cell).replace(".", ",")))
    yield series("decimal comma in quotes", _file(cell=lambda cell: '"' + str(cell).replace(".", ",") + '"'))
    yield series("windows", _file(end="\r\n"))
    yield series("old mac", _file(end="\r"))
    yield series("tab.tsv", _file(mark="\t"))
    yield series("utf-16", _file().encode("utf-16"))
    yield series("trailing", _file(end=",\n"), says='"column 2" holds no numbers and is left out')
    yield series("a text column", _file(["a", "b"] * 12, P, Q, names=("kind", "p", "q")),
                 says='"kind" holds no numbers and is left out')
    yield series("same name twice", _file(P, P, Q, names=("p", "p", "q")), P, P, Q)
    yield series("latin-1", _file(names=("p\xe9", "q")).encode("latin-1"), says="read as Latin-1")
    yield series("large", _file([value * 1e37 for value in P], Q), [value * 1e37 for value in P], Q)


def _damaged() -> Iterator[MadeFile]:
    for name, data, says in (
            ("a text among numbers", _file(_with(P, [5], "oops"), Q), "line 7, column \"p\": expected a number"),
            ("infinite", _file(_with(P, [5], "inf"), Q), "line 7, column \"p\""),
            ("too large", _file(_with(P, [5], "1e39"), Q), "line 7, column \"p\""),
            ("short line", _file().replace("1.25,", "", 1), "line 7 has 1"), ("three lines", "p,q\n1,2\n3,4\n5,6\n",
            "window"),
            ("one line", "p,q\n1,2\n", "window"), ("empty", "", "has no rows"),
            ("texts as target", _file(P, ["a", "b"] * 12), "expected a column of finite numbers"),
            ("unknown target", _file(names=("p", "r")), "no such column")):
        yield series(name, data, says=says, refused=True)
    yield series("binary", bytes(90), says="binary data", refused=True)
