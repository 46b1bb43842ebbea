"""Where the columns that a command names stand in a file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.config.problem import ConfigError, did_you_mean, problem

if TYPE_CHECKING:
    from dlrun.data.formats.separated import Cells


def check_named(names: list[str], **asked: str | Sequence[str]) -> None:
    """Raise ConfigError with every column that is ``asked`` for (by the data set's key) and is not there."""
    wrong = []
    for key, given in asked.items():
        for name in (given,) if isinstance(given, str) else given:
            try:
                place_of(names, name, f"dataset.{key}")
            except ConfigError as error:
                wrong += error.problems
    if wrong:
        raise ConfigError(wrong)


def places_of(names: list[str], given: str | Sequence[str]) -> list[int]:
    """The places of the columns to predict, of which there is at least one."""
    places = [place_of(names, name, "dataset.target") for name in ((given,) if isinstance(given, str) else given)]
    if len(set(places)) < len(places):
        twice = next(place for place in places if places.count(place) > 1)
        raise problem(given_as(given), f'the column "{names[twice]}" is named twice')
    return places


def given_as(target: str | Sequence[str]) -> str:
    """The target as it is given on the command line."""
    return f"dataset.target={target}" if isinstance(target, str) else f"dataset.target=[{','.join(target)}]"


def place_of(names: list[str], given: str, key: str) -> int:
    """The place of a column by name, else by number from 0, or from -1 backwards."""
    if names.count(given) > 1:
        places = ", ".join(str(place) for place, name in enumerate(names) if name == given)
        raise problem(f"{key}={given}", f"several columns have this name; give a number ({places})")
    if given in names:
        return names.index(given)
    try:
        return range(len(names))[int(given)]
    except ValueError:
        shown = ", ".join(names[:8]) + (" ..." if len(names) > 8 else "")
        close = did_you_mean(given, names) or f"; the columns are {shown}"
        raise problem(f"{key}={given}", f"no such column{close}") from None
    except IndexError:
        raise problem(f"{key}={given}", f"there are {len(names)} columns, 0 to {len(names) - 1}") from None


def check_width(path: Path, found: Cells, reading: Mapping[str, Any], inputs: Collection[str],
                there: Collection[str] = ()) -> None:
    """Raises ConfigError for a further file with fewer columns than the training's, where no line names either's.

    Columns are then known by their places, and one that is absent before an input moves those behind it.  `reading`
    says how the training's file was read; columns that are no `inputs` may be absent, but those `there`.
    """
    if found.named or reading.get("named", True):
        return
    others = {*reading.get("target", ()), *reading.get("dropped", ()), reading.get("group"), reading.get("order")}
    place = {name: int(name.removeprefix("column ")) for name in {*others, *inputs} if name}
    width, last = 1 + max(place.values()), max(place[name] for name in inputs)
    if len(found.names) < width and any(place[name] < last for name in {*place} - {*inputs, *there}):
        names = ", ".join(sorted(inputs, key=place.__getitem__)[:8])
        raise problem(str(path), f"it has {len(found.names)} columns without names, the training's file had {width}; "
                                 "which of them these are is not known; expected all, or a first line that names them "
                                 f"({names} for the inputs)")
