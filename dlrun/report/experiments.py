"""The experiments that books tell of: their files, and the numbers that are kept of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dlrun.config.compose.catalog import option_files
from dlrun.config.compose.yaml_file import read_yaml
from dlrun.config.problem import ConfigError, Problem, containing, did_you_mean, problem
from dlrun.config.schema.books import PROFILES, Book, Cell, read_book
from dlrun.record.folder import json_text, write_text
from dlrun.record.metric import Metrics
from dlrun.record.stored import read_json
from dlrun.report.measurements import Measurements, read_measurements
from dlrun.report.verdicts import Verdicts, verdicts_on

RESULTS = "results"  # the folder beside the experiments that keeps numbers
SEEDS = 5  # of a comparison whose file says none
_NUMBERS = re.compile(r"\[\n([\d\s,.e+-]+)\n *\]")  # a list of numbers, of which json.dumps makes a line each
_TAKEN = "/experiment/"  # how a defaults list names another experiment


@dataclass(frozen=True)
class BookExperiment:
    """An experiment with what its book says; `sweep` is its key of that name, `metric` what its rows stand for."""

    name: str
    file: Path
    book: Book
    sweep: dict[str, Any]

    @property
    def comparison(self) -> bool:
        """Whether it has several rows."""
        return any(self.sweep.get(key) for key in ("rows", "axes", "pairs"))

    @property
    def metric(self) -> str:
        """The key that the rows stand for: the sweep's own, else that of the first printed cell."""
        return str(self.sweep.get("metric") or (self.book.printed[0].metric if self.book.printed else "test/accuracy"))

    @property
    def claim_seeds(self) -> tuple[int, ...]:
        """The seeds that its claims are judged by: those of its file, which stood before anything was measured."""
        seeds = self.sweep.get("seeds") or SEEDS
        return tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds)


def book_experiments() -> list[BookExperiment]:
    """Every experiment with a `book`, in the order of names; raises ConfigError for those that cannot be read."""
    found, wrong = [], []
    files = option_files("experiment")
    for name in sorted(files, key=in_order):
        try:
            experiment = _experiment(name, files)
        except ConfigError as problems:
            wrong += problems.problems
            continue
        if experiment is not None:
            found.append(experiment)
    if wrong:
        raise ConfigError(wrong)
    return found


def book_experiment(name: str) -> BookExperiment:
    """The experiment of that name (``gulli/C3``, in any case); raises ConfigError with the nearest names."""
    files = option_files("experiment")
    known = {known.lower(): known for known in files}
    chosen = known.get(name.lower())
    if chosen is None:
        near = did_you_mean(name, files) or containing(name, files)
        raise problem(name, f"no such experiment{near}; `dlrun book` shows the comparisons")
    experiment = _experiment(chosen, files)
    if experiment is None:
        raise problem(chosen, f"this experiment has no `book`; `dlrun experiment={chosen}` runs it")
    return experiment


def _experiment(name: str, files: dict[str, Path]) -> BookExperiment | None:
    """One of the files of experiments; None where it says nothing of a book."""
    values = read_yaml(files[name])
    if not isinstance(values.get("book"), dict):
        return None
    try:
        book = _with_best(read_book(values["book"]))
    except ConfigError as wrong:
        raise ConfigError(Problem(p.given, p.expected, p.origin or f"experiment {name}")
                          for p in wrong.problems) from None
    return BookExperiment(name, files[name], book, _sweep(values, files))


def _with_best(book: Book) -> Book:
    """Cells that are the best of all epochs as ``lowest/val/loss`` or ``highest/val/accuracy``."""
    metrics = Metrics()

    def named(cell: Cell) -> Cell:
        extreme = "highest" if metrics.of(cell.metric).direction == "max" else "lowest"
        return replace(cell, metric=f"{extreme}/{cell.metric}", best=False) if cell.best else cell

    return replace(book, printed=tuple(named(cell) for cell in book.printed))


def _sweep(values: dict[str, Any], files: dict[str, Path]) -> dict[str, Any]:
    """A file's key `sweep` over those of the experiments that it starts from, as composition merges them."""
    found: dict[str, Any] = {}
    taken = [str(word).removeprefix(_TAKEN) for word in values.get("defaults") or () if str(word).startswith(_TAKEN)]
    for sweep in [*(_sweep(read_yaml(files[name]), files) for name in taken), values.get("sweep") or {}]:
        for key, value in sweep.items():
            before = found.get(key)
            found[key] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
    return found


def in_order(name: str) -> tuple[Any, ...]:
    """A key that sorts C2 before C10."""
    parts: list[tuple[int, int, str]] = []
    digits = ""
    for sign in [*name, ""]:
        if sign.isdigit():
            digits += sign
            continue
        if digits:
            parts.append((0, int(digits), ""))
            digits = ""
        parts.append((1, 0, sign))
    return tuple(parts)


def kept_file(experiments: Path, name: str) -> Path:
    """Where the numbers of an experiment are kept."""
    return experiments / RESULTS / f"{name}.json"


def kept(experiments: Path, name: str) -> dict[str, Measurements]:
    """The kept numbers of an experiment by profile; none where there is no file."""
    file = kept_file(experiments, name)
    if not file.is_file():
        return {}
    plain = read_json(file)
    return {profile: read_measurements(plain[profile]) for profile in PROFILES if profile in plain}


def kept_beside(experiment: BookExperiment) -> dict[str, Measurements]:
    """The kept numbers in the folder that its file lies in: dlrun's own, or ``./experiments``."""
    return kept(experiment.file.parents[experiment.name.count("/")], experiment.name)


def keep(experiments: Path, name: str, measurements: Measurements) -> Path:
    """Store the numbers of one profile beside those of the other; a narrowed comparison is not kept.

    Raises ValueError for one.
    """
    if measurements.partial:
        raise ValueError(f"{name} was narrowed by {' '.join(measurements.partial)}")
    file = kept_file(experiments, name)
    plain = read_json(file) if file.is_file() else {}
    plain[measurements.profile] = measurements.plain()
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json_text({profile: plain[profile] for profile in PROFILES if profile in plain})
    write_text(file, _NUMBERS.sub(lambda found: f"[{' '.join(found[1].split())}]", text))
    return file


def kept_verdicts(experiment: BookExperiment, measurements: Measurements) -> Verdicts:
    """The verdicts by kept numbers."""
    return verdicts_on(experiment.book, measurements,
                       lambda row, metric: measurements.values_of(row, metric, experiment.metric), experiment.metric,
                       experiment.claim_seeds)
