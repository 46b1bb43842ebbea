"""From a run's folder to its exported files and the model card."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dlrun.config.flat import flatten
from dlrun.config.problem import ConfigError
from dlrun.inference.evaluate_run import Options, evaluate_run
from dlrun.inference.export import Sample, Written, check_export, export, sample, write_preprocessing
from dlrun.inference.load import AGAIN, Loaded, load_run
from dlrun.inference.model_card import model_card
from dlrun.inference.trained_folder import trained_folder, unfinished
from dlrun.record.folder import RunFolder, write_text
from dlrun.record.stored import read_yaml_mapping

RESAMPLES = 200  # of the test rows, for the intervals of the card


@dataclass(frozen=True)
class ExportedRun:
    """What was written, and the rows that outputs were compared on."""

    written: list[Written]
    sample: Sample
    card: Path


def export_run(place: Path, formats: Sequence[str], into: Path, weights: str, allow: tuple[str, ...],
               say: Callable[[str], None]) -> ExportedRun:
    """Write a run in each of the formats, its preprocessing and its model card into a folder.

    Raises ConfigError; the folder is then as it was.
    """
    run = load_run(place, allow, weights)
    run.check_predicts()
    found = sample(run, say)
    for how in formats:
        check_export(run, found, how)
    result, origin = _about(place)
    about = {"dlrun_run": f"{result['name']}/{result['id']}", "classes": "\n".join(run.data_spec.classes)}
    written = _files(run, found, formats, into, about)
    write_preprocessing(run, into)
    evaluation = None
    if found.real and (result.get("rows") or {}).get("test"):
        try:
            evaluation = evaluate_run(place, "", Options(weights=weights, resamples=RESAMPLES, allow=allow), say)
        except ConfigError as wrong:
            say(f"no intervals in the model card: {wrong.line}")
    card = into / "README.md"
    write_text(card, model_card(result, origin, run.data_spec, written, found, evaluation))
    return ExportedRun(written, found, card)


def _about(place: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The result and the provenance of a run; what a run that was killed has instead, and {} for no provenance."""
    folder = RunFolder(place)
    result = folder.result()
    if result is None:
        config = flatten(read_yaml_mapping(trained_folder(place).config, AGAIN))
        result = {"name": place.absolute().parent.name, "id": place.absolute().name, "config": config,
                  "stop_reason": unfinished(place)}
    try:
        return result, folder.origin(AGAIN)
    except FileNotFoundError:
        return result, {}


def _files(run: Loaded, found: Sample, formats: Sequence[str], into: Path, about: Mapping[str, str]) -> list[Written]:
    """All of the files or none: they take their names when each has been compared with the run."""
    new = not into.exists()
    into.mkdir(parents=True, exist_ok=True)
    try:
        with TemporaryDirectory(prefix=".export-", dir=into) as place:
            written = [export(run, found, how, Path(place), about) for how in formats]
            return [dataclasses.replace(one, path=one.path.replace(into / one.path.name)) for one in written]
    except ConfigError:
        if new:
            into.rmdir()
        raise
