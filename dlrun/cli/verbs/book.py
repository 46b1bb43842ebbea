"""`dlrun book [NAME ...]`: the books' comparisons; what is missing is run, then printed stands beside measured."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.cli import offers
from dlrun.cli.book_answer import BookAnswer, ComparisonAnswer, ListedAnswer, answer, comparison_answer, refused
from dlrun.cli.exit_codes import STOPPED
from dlrun.cli.verb import Answer, Verb, positional, usage
from dlrun.config.compose.catalog import options
from dlrun.config.problem import ConfigError, problem
from dlrun.config.schema.books import PROFILES
from dlrun.config.schema.fields import choice, flag, text
from dlrun.config.schema.root import Root
from dlrun.record.terminal import say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.report.experiments import BookExperiment


@register("verb", "book")
@dataclass(frozen=True)
class Book(Verb):
    """The books' comparisons: run what is missing, printed beside measured, verdicts.

    Without a name it lists them, with a book's name alone (gulli) those of that book; `--kept` prints their
    verdicts. An override that narrows a comparison, or changes a setting, makes a table that says so.
    """

    arguments: tuple[str, ...] = positional(
        "[NAME ...] [key=value ...]", "Comparisons, then overrides for them (seeds=3).", overrides=True,
        offers=offers.experiments)
    profile: str | None = choice(None, PROFILES, "full, or quick: fewer rows and seeds; full without it, quick for "
                                                 "--tour.")
    all: bool = flag(False, "Run all comparisons.")
    tour: bool = flag(False, "Run ten of all books, in about five minutes.")
    kept: bool = flag(False, "Print the numbers that are kept of them (dlrun ships those of the books), with their "
                             "verdicts; nothing is trained.")
    write: bool = flag(False, "Take the numbers of the runs and write README.md of the experiments.")
    into: str = text("experiments", "The folder that --write writes to.")
    output_dir: str | None = text(None, f"The folder of all runs; {Root.output_dir} without it.")
    synonyms: ClassVar[dict[str, str]] = {"books": "book", "reproduce": "book", "comparisons": "book"}
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun book gulli/C6", "trains what is missing, five seeds"),
        ("dlrun book gulli/C6 profile=quick", "fewer rows and seeds"),
        ("dlrun book gulli/C6 --kept", "the numbers that ship with dlrun; nothing is trained"),
        ("dlrun book --tour", "ten comparisons of all books"),
    )

    answers: ClassVar[Any] = BookAnswer

    def answer(self) -> Answer:
        from dlrun.report.experiments import book_experiment, book_experiments

        names = [text for text in self.arguments if "=" not in text]
        overrides = list({text.partition("=")[0]: text for text in self.arguments if "=" in text}.values())
        runs = Path(self.output_dir or Root.output_dir).expanduser()
        if self.write:
            if self.arguments or self.kept:
                raise problem([*self.arguments, "--kept"][0], "--write takes output_dir=RUNS and into=EXPERIMENTS")
            return _write(runs, Path(self.into).expanduser())
        if self.kept:
            return self._kept(names, overrides)
        if not names and not self.all and not self.tour:
            if overrides:
                raise problem(" ".join(["book", *self.arguments]), f"expected  {usage('book', Book)}")
            return _listed(runs)
        if self.output_dir is not None:
            overrides.append(f"output_dir={self.output_dir}")
        profile = self.profile or ("quick" if self.tour else "full")
        if self.all or self.tour:
            chosen = [experiment for experiment in book_experiments()
                      if experiment.comparison and (self.all or experiment.book.tour)]
            return _many(chosen, profile, overrides)
        if len(names) == 1 and (below := _of_book(names[0])):
            if overrides:
                raise problem(" ".join(["book", *self.arguments]), f"{names[0]} are {len(below)} comparisons; name "
                              f"those that are to be run, as  dlrun book {below[0].name}")
            return _listed(runs, below)
        if len(names) > 1:
            return _many([book_experiment(name) for name in names], profile, overrides)
        from dlrun.cli.comparison import run_comparison

        experiment = book_experiment(names[0])
        found = run_comparison(experiment, profile, overrides)
        return _answer([comparison_answer(experiment.name, found.verdicts, found.code, found.folder)], found.code)

    def _kept(self, names: Sequence[str], overrides: Sequence[str]) -> Answer:
        from dlrun.cli.kept_comparisons import kept_answer
        from dlrun.report.experiments import book_experiment

        if overrides:
            raise problem(overrides[0], "--kept trains nothing: it takes names, and profile=full or quick")
        if not names or self.all or self.tour:
            raise problem("--kept", "expected names of comparisons, or of a book; `dlrun book` lists them")
        chosen: list[tuple[BookExperiment, bool]] = []
        for name in names:
            below = [(one, False) for one in _of_book(name)]
            chosen += below or [(book_experiment(name), True)]
        return kept_answer(chosen, self.profile)


def _answer(compared: list[ComparisonAnswer], code: int) -> Answer:
    """The answer of comparisons, which were printed one by one."""
    return Answer(lambda: answer(compared=compared), lambda: None, code)


def _many(chosen: Sequence[BookExperiment], profile: str, overrides: Sequence[str]) -> Answer:
    """One comparison after another; one that fails does not stop the others."""
    from dlrun.cli.comparison import run_comparison
    from dlrun.cli.problems import print_problems

    failed = []
    compared: list[ComparisonAnswer] = []
    for number, experiment in enumerate(chosen, 1):
        say(f"\n{'-' * 8} {number} of {len(chosen)}: {experiment.name} {'-' * 8}\n", flush=True)
        if experiment.book.needs:
            say(f"left out: it needs {experiment.book.needs}")
            compared.append(refused(experiment.name, 0, f"it needs {experiment.book.needs}"))
            continue
        try:
            found = run_comparison(experiment, profile, overrides)
            code = found.code
            compared.append(comparison_answer(experiment.name, found.verdicts, found.code, found.folder))
        except ConfigError as wrong:
            print_problems(wrong.problems, after="this comparison was not started")
            code = 2
            compared.append(refused(experiment.name, code, wrong.line))
        if code in STOPPED:
            return _answer(compared, code)
        if code:
            failed.append(experiment.name)
    say(f"\n{len(chosen) - len(failed)} of {len(chosen)} comparisons without a failure"
        + (f"; look at {', '.join(failed)}" if failed else ""))
    return _answer(compared, 1 if failed else 0)


def _of_book(name: str) -> list[BookExperiment]:
    """The comparisons of a book (a folder of experiments); [] where the name is none."""
    from dlrun.report.experiments import book_experiments

    book = name.lower().rstrip("/")
    if "/" in book or not any(text.startswith(f"{book}/") for text in map(str.lower, options("experiment"))):
        return []
    return [one for one in book_experiments() if one.name.lower().startswith(f"{book}/")]


def _listed(runs: Path, chosen: Sequence[BookExperiment] | None = None) -> Answer:
    """The chosen comparisons (or all) with state, cost and what their last verdicts were."""
    found = _comparisons(runs, chosen)
    return Answer(lambda: answer(listed=found), lambda: _show(found))


def _comparisons(runs: Path, chosen: Sequence[BookExperiment] | None) -> list[ListedAnswer]:
    from dlrun.cli.comparison import measured_in
    from dlrun.record.stored import read_json
    from dlrun.report.experiments import book_experiments, kept_beside, kept_verdicts
    from dlrun.report.measurements import read_measurements

    rows: list[ListedAnswer] = []
    for experiment in book_experiments() if chosen is None else chosen:
        if not experiment.comparison and not experiment.book.needs:
            continue
        here = {profile: read_measurements(read_json(path))
                for profile, path in measured_in(runs, experiment).items()}
        found = {**kept_beside(experiment), **here}
        profile = next((name for name in ("full", "quick") if name in found), None)
        rows.append({
            "name": experiment.name, "title": experiment.book.title, "rows": _rows(experiment) or None,
            "cost": str((experiment.book.cost or {}).get("full", "")), "needs": experiment.book.needs,
            "profile": profile, "verdicts": profile and kept_verdicts(experiment, found[profile]).summary()})
    return rows


def _show(found: Sequence[ListedAnswer]) -> None:
    from dlrun.record.terminal import columns, paint

    rows = [["comparison", "what", "rows", "cost", "last verdicts"]]
    for one in found:
        verdict = f"needs {one['needs']}" if one["needs"] else "not run yet"
        if one["profile"]:
            verdict = f"{one['profile']}: {one['verdicts']}"
        rows.append([one["name"], one["title"], str(one["rows"] or ""), one["cost"], verdict])
    lines = columns(rows, right=[2])
    say(paint(lines[0], "bold", sys.stdout))
    say("\n".join(lines[1:]) if len(rows) > 1 else "  none yet: an experiment with `book:` and `sweep:` is one")
    say("\ndlrun book NAME    dlrun book NAME profile=quick    dlrun book NAME --kept (the last verdicts, nothing is "
        "trained)\ndlrun book --tour (ten of them, in five minutes)")


def _rows(experiment: BookExperiment) -> int:
    """Rows of the full profile, where the file alone tells them."""
    count = len(experiment.sweep.get("rows") or {}) or 1
    for values in (experiment.sweep.get("axes") or {}).values():
        if not isinstance(values, list):
            return 0
        count *= len(values)
    return 0 if experiment.sweep.get("pairs") else count


def _write(runs: Path, into: Path) -> Answer:
    """Take the numbers of the runs below output_dir into ``results/`` and make README.md of them all."""
    from dlrun.cli.comparison import measured_in, read_measured
    from dlrun.record.folder import write_text
    from dlrun.report.book_readme import readme
    from dlrun.report.experiments import book_experiments, keep

    if not into.is_dir():
        raise problem(f"into={into}", "expected the folder of the experiments (experiments/)")
    found = book_experiments()
    written = [keep(into, experiment.name, read_measured(path, experiment))
               for experiment in found for path in measured_in(runs, experiment).values()]
    write_text(into / "README.md", readme(found, into))
    written.append(into / "README.md")
    return Answer(lambda: answer(written=list(map(str, written))), lambda: say(*written, sep="\n"))
