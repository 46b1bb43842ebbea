"""From a run's folder to what a method finds in it: pictures, numbers, sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlrun.config.problem import problem
from dlrun.inference.ensemble.folder import load_trained
from dlrun.inference.trained_folder import unfinished
from dlrun.inspection.methods._base import Found, Method
from dlrun.inspection.subject import Subject
from dlrun.record.own_file import refuse_links
from dlrun.record.picture_events import add_pictures

FOLDER = "inspect"  # in the run's


@dataclass(frozen=True)
class Inspected:
    """What was found, and the pictures that were saved, by name."""

    found: Found
    pictures: dict[str, Path]
    folder: Path


def inspect_run(place: Path, into: Path, method: Method, files: Sequence[Path], weights: str, allow: tuple[str, ...],
                say: Callable[[str], None]) -> Inspected:
    """Look into the run in a folder, or the base of this name; pictures are saved below `into`.

    Raises ConfigError for a run or files that the method is not for.
    """
    run = load_trained(place, allow, weights)
    kind = run.data_spec.input_kind
    if method.inputs and kind not in method.inputs:
        raise problem(f"inspect {method.kind}", f"this run was trained on {kind} data; the method is for "
                                                f"{_listed(method.inputs)} data")
    if files and not method.files:
        raise problem(f"inspect {method.kind}", f"it looks at no files; expected none behind it ({files[0]})")
    if note := unfinished(place):
        say(note)
    folder = into / FOLDER
    refuse_links(folder, folder / method.kind)
    subject = Subject(run, folder / method.kind, files, say)
    found = method.inspect(subject)
    add_pictures(folder, {f"{method.kind}/{name}": path for name, path in subject.saved.items()})
    return Inspected(found, subject.saved, folder / method.kind)


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
