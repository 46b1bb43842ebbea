"""docs/books-bases.md: each of the books' systems on trained networks has a file, a command, or a reason."""

from __future__ import annotations

import re
from pathlib import Path

from dlrun.cli.method_options import method_of
from dlrun.cli.verb import verbs
from dlrun.config.compose.catalog import options
from dlrun.registry import names
from dlrun.report.experiments import book_experiments

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "books-bases.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    table = PAGE.partition(heading)[2].partition("\n##")[0]
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in table.splitlines()
            if re.match(r"\| (chollet|gulli|foster|buduma)/", line)]


def test_all_twenty_eight_are_there_once_with_a_command_or_a_reason() -> None:
    bases, inside = (rows(heading) for heading in ("## Twenty that want a base", "## Eight that look inside"))
    assert (len(bases), len(inside)) == (20, 8)
    assert len({row[0] for row in bases + inside}) == 28
    for system, _, here, reason in bases + inside:
        assert here or reason, system


def test_every_method_experiment_and_comparison_that_it_names_is_one() -> None:
    methods = re.findall(r"`dlrun inspect RUN (\w+)", PAGE)
    assert methods and set(methods) <= set(names("method"))
    for words in re.findall(r"`dlrun inspect RUN ([^`]*)`", PAGE):
        arguments = re.findall(r'\S+="[^"]*"|\S+', words)
        method_of([word.replace('"', "") for word in arguments if "=" in word or word in names("method")])
    assert set(re.findall(r"`dlrun (\w+) ", PAGE)) <= set(verbs())
    experiments = re.findall(r"experiment=([\w/-]+)", PAGE)
    assert experiments and set(experiments) <= set(options("experiment"))
    comparisons = set(re.findall(r"`(chollet/C\d+)`", PAGE))
    assert comparisons and comparisons <= {found.name for found in book_experiments()}
