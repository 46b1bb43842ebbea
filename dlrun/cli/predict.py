"""`dlrun predict RUN FILE...`: a finished run on new rows, texts or pictures; CSV on standard output."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dlrun.config.problem import problem


def main(words: Sequence[str]) -> int:
    allow = tuple(word.split("=", 1)[1] for word in words if word.startswith("allow="))
    places = [word for word in words if not word.startswith("allow=")]
    if len(places) < 2:
        raise problem(" ".join(["predict", *words]), "dlrun predict RUN FILE...: a run's folder, then tables (.csv), "
                                                     "texts (.txt, a line each) or pictures")
    from dlrun.inference.load import load_run

    run = load_run(Path(places[0]).expanduser(), allow)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    head: list[str] = []
    for names, part in _parts(run, [Path(place).expanduser() for place in places[1:]]):
        for name, values in zip(names, run.cells(run.outputs(part))):
            if not head:
                head = ["input", *values]
                writer.writerow(head)
            writer.writerow([name, *values.values()])
    return 0


def _parts(run: Any, files: list[Path]) -> Iterator[tuple[list[str], Any]]:
    """New rows with a name for each, file by file; all pictures as one part."""
    from dlrun.data import preprocessing_state as fitted

    for file in files:
        if not file.is_file():
            raise problem(str(file), "no such file")
    if run.data_spec.input_kind == "image":
        yield [str(file) for file in files], fitted.of_images(run.kept, files)
        return
    for file in files:
        if run.kept["vocabulary"] is not None:
            lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
            yield lines, fitted.of_texts(run.kept, lines)
            continue
        from dlrun.data.separated import cells

        table = cells(file, "auto", "auto")
        yield [f"{file.name}:{line}" for line in table.lines], fitted.of_rows(run.kept, table.names, table.rows)
