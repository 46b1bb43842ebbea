"""`dlrun list [what]`: what can be chosen, each with its one sentence."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar, TypedDict

from dlrun.cli import offers
from dlrun.cli.verb import Answer, Verb, positional
from dlrun.record.terminal import say
from dlrun.registry import register

_FEW = 5  # experiments of one folder that are listed each


class OptionAnswer(TypedDict):
    """What can be chosen."""

    name: str
    sentence: Annotated[str, "What it is."]


class GroupAnswer(TypedDict):
    """A group of options."""

    group: Annotated[str, "Its key, as dataset."]
    chosen_by: Annotated[str | None, "The override that chooses one, as dataset=NAME; null where none does."]
    options: list[OptionAnswer]
    more: Annotated[str, "What else can be chosen; empty for nothing."]


class ListAnswer(TypedDict):
    """The groups, in the order of the printed list."""

    groups: list[GroupAnswer]


@register("verb", "list")
@dataclass(frozen=True)
class List(Verb):
    """What can be chosen (data sets, models, layers, experiments, ...), each with one line."""

    what: tuple[str, ...] = positional(
        "[GROUP ...] [NAME ...]", "The groups to list (all, where none is given); other texts list names with them.",
        offers=offers.groups)
    synonyms: ClassVar[dict[str, str]] = {"ls": "list", "options": "list", **{
        group: f"list {group}" for group in ("datasets", "models", "layers", "tasks", "optimizers", "schedules",
                                             "losses", "metrics", "callbacks", "launchers", "recorders",
                                             "experiments")}}
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun list", "everything"),
        ("dlrun list models optimizers", "two groups"),
        ("dlrun list experiments gulli", "the experiments of one book"),
    )

    answers: ClassVar[Any] = ListAnswer

    def answer(self) -> Answer:
        from dlrun.cli.group_options import headings, options_of

        chosen, parts = _sorted(self.what)
        found: dict[str, dict[str, str]] = {}
        for group in headings().values():
            if not chosen or group in chosen:
                named = {name: text for name, text in options_of(group).items()
                         if not parts or any(part in name for part in parts)}
                if named or not parts:
                    found[group] = named
        if not found:
            _refuse(parts, chosen)
        return Answer(partial(_data, found, parts), partial(_show, found, parts, whole=not self.what))


def _data(found: dict[str, dict[str, str]], parts: list[str]) -> ListAnswer:
    from dlrun.cli.group_options import more

    return {"groups": [
        {"group": group, "chosen_by": None if group in _other_groups() else f"{group}=NAME",
         "options": [{"name": name, "sentence": text} for name, text in named.items()],
         "more": "" if parts else more(group)} for group, named in found.items()]}


def _show(found: dict[str, dict[str, str]], parts: list[str], whole: bool) -> None:
    from dlrun.cli.group_options import empty, headings, more
    from dlrun.record.terminal import columns, paint

    shown = {group: heading for heading, group in headings().items()}
    for place, (group, named) in enumerate(found.items()):
        chooses = "" if group in _other_groups() else f"{group}="
        few = _by_folder(named) if group == "experiment" and whole else named
        rows = [[f"{chooses}{name}", text] for name, text in few.items()]
        say(("\n" if place else "") + paint(shown[group], "bold", sys.stdout))
        say("\n".join(columns(rows)) if rows else f"  {empty(group)}")
        if (further := more(group)) and not parts:
            say(f"  {further}")


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
