"""`dlrun cache [clean] [NAME ...]`: what the cache holds, with sizes; `clean` removes it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypedDict

from dlrun.cli.verb import Answer, Verb, positional
from dlrun.record.terminal import say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.cache_folder import Entry


class CachedAnswer(TypedDict):
    """What is kept of one data set, or computation."""

    name: str
    entries: int
    bytes: int
    newest: Annotated[str, "When the newest was made, in ISO 8601."]


class CacheAnswer(TypedDict):
    """What the cache holds, or has held."""

    folder: str
    cached: list[CachedAnswer]
    removed: Annotated[bool, "Whether these entries were removed."]


@register("verb", "cache")
@dataclass(frozen=True)
class Cache(Verb):
    """What the cache holds (decoded data sets, baselines, bases, compiled steps, trials), with sizes; `clean` removes.

    It lies in the folder that DLRUN_CACHE names, else in the user's cache folder. All of it is made again when it is
    needed; data files in its folder `data` are yours, and stay.
    """

    arguments: tuple[str, ...] = positional(
        "[clean] [NAME ...]", "Names of data sets, as the list has them, all without one; with `clean` first they are "
        "removed.")
    synonyms: ClassVar[dict[str, str]] = {"clean": "cache clean", "clear": "cache clean", "du": "cache"}
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun cache", "sizes"),
        ("dlrun cache clean mnist", "removes what was decoded of one data set"),
    )

    answers: ClassVar[Any] = CacheAnswer

    def answer(self) -> Answer:
        from dlrun.data.cache_folder import entries

        cleaning = self.arguments[:1] == ("clean",)
        chosen = _named(entries(), self.arguments[1:] if cleaning else self.arguments)
        if cleaning:
            for entry in chosen:
                entry.remove()
        return Answer(partial(_data, chosen, cleaning), partial(_show, chosen, cleaning))


def _named(found: Sequence[Entry], names: Sequence[str]) -> list[Entry]:
    """The entries of these names; raises ConfigError for a name that none has."""
    from dlrun.config.problem import ConfigError, Problem, did_you_mean

    known = list(dict.fromkeys(entry.what for entry in found))
    there = f"it has {', '.join(known)}" if known else "it is empty"
    wrong = [Problem(name, f"the cache has nothing of this name; {there}{did_you_mean(name, known)}") for name in names
             if name not in known]
    if wrong:
        raise ConfigError(wrong)
    return [entry for entry in found if not names or entry.what in names]


def _data(found: Sequence[Entry], removed: bool) -> CacheAnswer:
    from dlrun.data.cache import folder

    cached: list[CachedAnswer] = []
    for what in dict.fromkeys(entry.what for entry in found):
        own = [entry for entry in found if entry.what == what]
        newest = datetime.fromtimestamp(max(entry.made for entry in own), timezone.utc)
        cached.append({"name": what, "entries": len(own), "bytes": sum(entry.bytes for entry in own),
                       "newest": newest.isoformat(timespec="seconds")})
    return {"folder": str(folder()), "cached": cached, "removed": removed}


def _show(found: Sequence[Entry], removed: bool) -> None:
    from dlrun.data.cache import folder
    from dlrun.data.cache_folder import size
    from dlrun.record.terminal import columns, paint

    if not found:
        say(f"nothing is cached in {folder()}")
        return
    if removed:
        say(f"removed {_total(found)} from {folder()}; it is made again when it is needed")
        return
    rows = [["what", "entries", "MB", "newest (UTC)"]]
    rows += [[one["name"], str(one["entries"]), f"{one['bytes'] / 1e6:,.1f}", one["newest"][:16].replace("T", " ")]
             for one in _data(found, removed)["cached"]]
    lines = columns(rows, right=[1, 2])
    say(paint(lines[0], "bold", sys.stdout))
    say("\n".join(lines[1:]))
    say(f"\n{_total(found)} in {folder()}")
    if (data := folder() / "data").is_dir():
        say(f"{data} has {size(data) / 1e6:,.1f} MB of data files, which are yours and stay")
    say("dlrun cache clean    dlrun cache clean NAME")


def _total(found: Sequence[Entry]) -> str:
    count = len(found)
    return f"{count} entr{'y' if count == 1 else 'ies'}, {sum(entry.bytes for entry in found) / 1e6:,.1f} MB"
