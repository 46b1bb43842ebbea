"""`dlrun list [what]`: what can be chosen, each with its one sentence."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from dlrun.cli import offers
from dlrun.cli.verb import Verb, positional
from dlrun.record.terminal import say
from dlrun.registry import register

_FEW = 5  # experiments of one folder that are listed each


@register("verb", "list")
@dataclass(frozen=True)
class List(Verb):
    """What can be chosen (data sets, models, layers, experiments, ...), each with one line."""

    what: tuple[str, ...] = positional(
        "[GROUP ...] [NAME ...]", "The groups to list (all, where none is given); other texts list names with them.",
        offers=offers.groups)
    synonyms: ClassVar[dict[str, str]] = {"ls": "list", "options": "list", **{
        group: f"list {group}" for group in ("datasets", "models", "layers", "tasks", "optimizers", "schedules",
                                             "losses", "metrics", "callbacks", "launchers", "experiments")}}
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun list", "everything"),
        ("dlrun list models optimizers", "two groups"),
        ("dlrun list experiments gulli", "the experiments of one book"),
    )

    def run(self) -> int:
        from dlrun.cli.group_options import empty, headings, more, options_of
        from dlrun.record.terminal import columns, paint

        chosen, parts = _sorted(self.what)
        known = headings()
        shown = 0
        for heading, group in known.items():
            if chosen and group not in chosen:
                continue
            found = options_of(group)
            named = {name: text for name, text in found.items() if not parts or any(part in name for part in parts)}
            if parts and not named:
                continue
            if group == "experiment" and not self.what:
                named = _by_folder(named)
            chooses = "" if group in _other_groups() else f"{group}="
            rows = [[f"{chooses}{name}", text] for name, text in named.items()]
            say(("\n" if shown else "") + paint(heading, "bold", sys.stdout))
            say("\n".join(columns(rows)) if rows else f"  {empty(group)}")
            if (further := more(group)) and not parts:
                say(f"  {further}")
            shown += 1
        if not shown:
            _refuse(parts, chosen)
        return 0


def _sorted(what: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The groups among the arguments, in any number, and the other texts."""
    from dlrun.cli.group_options import headings

    names = {**{group: group for group in headings().values()}, **headings()}
    names |= {"early_stops": "early_stop", "augments": "augment", "augmentations": "augment"}
    chosen = [names[text] for text in what if text in names]
    return chosen, [text for text in what if text not in names]


def _by_folder(experiments: dict[str, str]) -> dict[str, str]:
    """The experiments with those of one folder (a book) in a line, where these are many."""
    counts = Counter(name.partition("/")[0] for name in experiments if "/" in name)
    many = {book: count for book, count in counts.items() if count > _FEW}
    return {name: text for name, text in experiments.items() if name.partition("/")[0] not in many} | {
        f"{book}/...": f"{count} experiments:  dlrun list experiments {book}" for book, count in many.items()}


def _other_groups() -> tuple[str, ...]:
    from dlrun.cli.group_options import OTHERS

    return tuple(OTHERS)


def _refuse(parts: list[str], chosen: list[str]) -> None:
    """Raises ConfigError where no name contains the texts."""
    from dlrun.cli.group_options import headings, options_of
    from dlrun.config.problem import did_you_mean, problem

    if chosen:
        names = [name for group in chosen for name in options_of(group)]
        raise problem(" ".join(parts), f"no {' or '.join(chosen)} has this in its name{did_you_mean(parts[0], names)}")
    hint = did_you_mean(parts[0], headings())
    raise problem(" ".join(parts), f"expected a group ({', '.join(headings())}) or a part of a name{hint}")
