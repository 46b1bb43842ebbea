"""`dlrun cache [clean] [NAME ...]`: what the cache holds, with sizes; `clean` removes it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, ClassVar

from dlrun.cli.verb import Verb, positional
from dlrun.record.terminal import say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.cache_folder import Entry


@register("verb", "cache")
@dataclass(frozen=True)
class Cache(Verb):
    """What the cache holds (decoded data sets, baselines), with sizes; `clean` removes it.

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

    def run(self) -> int:
        from dlrun.data.cache import folder
        from dlrun.data.cache_folder import entries

        cleaning = self.arguments[:1] == ("clean",)
        chosen = _named(entries(), self.arguments[1:] if cleaning else self.arguments)
        if not chosen:
            say(f"nothing is cached in {folder()}")
            return 0
        if cleaning:
            for entry in chosen:
                entry.remove()
            say(f"removed {_total(chosen)} from {folder()}; it is made again when it is needed")
            return 0
        _list(chosen)
        return 0


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


def _list(found: Sequence[Entry]) -> None:
    from dlrun.data.cache import folder
    from dlrun.data.cache_folder import size
    from dlrun.record.terminal import columns, paint

    rows = [["what", "entries", "MB", "newest (UTC)"]]
    for what in dict.fromkeys(entry.what for entry in found):
        own = [entry for entry in found if entry.what == what]
        newest = datetime.fromtimestamp(max(entry.made for entry in own), timezone.utc)
        megabytes = f"{sum(entry.bytes for entry in own) / 1e6:,.1f}"
        rows.append([what, str(len(own)), megabytes, f"{newest:%Y-%m-%d %H:%M}"])
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
