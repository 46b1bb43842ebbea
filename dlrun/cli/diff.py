"""`dlrun diff RUN RUN`: what two runs have in common and what not."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from dlrun.cli.say import columns, paint, split_keys
from dlrun.config.problem import problem
from dlrun.config.schema.root import Root


def main(words: Sequence[str]) -> int:
    from dlrun.report.diff import diff
    from dlrun.report.find import is_run, locate
    from dlrun.report.run import read_run

    values, places = split_keys(words, ("output_dir",))
    if len(places) != 2:
        raise problem(" ".join(["diff", *words]), "dlrun diff RUN RUN: two folders, or the first letters of two ids")
    below = Path(values.get("output_dir", Root.output_dir)).expanduser()
    folders = [locate(place, below) for place in places]
    for folder, place in zip(folders, places):
        if not is_run(folder):
            raise problem(place, f"{folder} is no run's folder (that holds result.json)")
    left, right = (read_run(folder.absolute()) for folder in folders)
    print("\n".join(columns([["", left.name, right.name]])))
    for part in diff(left, right):
        if part.equal:
            print(f"{paint(part.name, 'bold', sys.stdout)}  equal: {part.equal}")
        else:
            print(paint(part.name, "bold", sys.stdout))
        if part.rows:
            print("\n".join(columns(part.rows)))
        for note in part.notes:
            print(f"  {note}")
    return 0
