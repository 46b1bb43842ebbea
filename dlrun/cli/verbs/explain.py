"""`dlrun explain [overrides]`: every value, where it came from and what is allowed; then the loop in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypedDict

from dlrun.cli import offers
from dlrun.cli.verb import Answer, Verb, positional
from dlrun.record.terminal import say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config
    from dlrun.config.schema.rule import Rule
    from dlrun.preflight.checked import Checked
    from dlrun.preflight.undecided import Decision


class ValueAnswer(TypedDict):
    """A key with its value."""

    key: Annotated[str, "As it is typed: optimizer.lr."]
    value: Any
    origin: Annotated[str, "default, command line, a file and line, or what decided it."]
    expected: Annotated[str, "Type and range."]
    meaning: str


class ExplainAnswer(TypedDict):
    """A command that is right, and what it would do."""

    id: Annotated[str, "The run's id."]
    folder: Annotated[str, "Where the run would lie, or lies."]
    rows: Annotated[dict[str, int], "Rows of each part, as far as they are known."]
    values: list[ValueAnswer]
    loop: Annotated[list[str], "What the run does, in order."]


@register("verb", "explain")
@dataclass(frozen=True)
class Explain(Verb):
    """Every value: where it came from, what is allowed; then the loop in order."""

    overrides: tuple[str, ...] = positional(
        "key=value ...", "The overrides of the run.", overrides=True, offers=offers.overrides)
    synonyms: ClassVar[dict[str, str]] = dict.fromkeys(("show", "validate", "config", "info"), "explain")
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun explain model=lenet optimizer.lr=0.1", "nothing is trained; problems are printed, exit code 2"),)

    answers: ClassVar[Any] = ExplainAnswer

    def answer(self) -> Answer:
        from dlrun.preflight.preflight import preflight

        checked = preflight(self.overrides)
        return Answer(partial(_data, checked, self.overrides), partial(_show, checked, self.overrides))


def _data(checked: Checked, overrides: Sequence[str]) -> ExplainAnswer:
    from pathlib import Path

    from dlrun.cli.loop import loop
    from dlrun.config.compose.origins import Origins
    from dlrun.config.identity import identity, run_name
    from dlrun.config.schema.root import GROUPS

    config, origins = checked.config, Origins(overrides)
    decided = {decision.key: decision for decision in checked.decisions}
    rows = [(f"{group}.{key}", value, rule) for group in GROUPS
            for key, value, rule in _rows(config, group, getattr(config, group))] + _root_rows(config)
    chosen: list[ValueAnswer] = [
        {"key": group, "value": getattr(config, group).name or getattr(config, group).kind,
         "origin": _origin(group, origins, decided), "expected": "an option, see  dlrun list",
         "meaning": (type(getattr(config, group)).__doc__ or "").strip().splitlines()[0]} for group in GROUPS]
    values: list[ValueAnswer] = [
        {"key": key, "value": value, "origin": _origin(key, origins, decided), "expected": rule.describe(),
         "meaning": rule.doc} for key, value, rule in rows]
    run_id = identity(config)
    return {"id": run_id, "folder": str(Path(config.output_dir).expanduser() / run_name(config) / run_id),
            "rows": dict(checked.rows), "values": chosen + values, "loop": list(loop(config, checked.rows))}


def _show(checked: Checked, overrides: Sequence[str]) -> None:
    import sys

    from dlrun.cli.loop import loop
    from dlrun.config.compose.origins import Origins
    from dlrun.config.schema.root import GROUPS
    from dlrun.record.terminal import paint

    config, origins = checked.config, Origins(overrides)
    decided = {decision.key: decision for decision in checked.decisions}
    for group in GROUPS:
        values = getattr(config, group)
        name = values.name or (values.kind if values.kind != group else "")
        first = (type(values).__doc__ or "").strip().splitlines()[0]
        why = f"   (auto: {decided[group].reason})" if group in decided else ""
        say(paint(f"{group} {name}".strip(), "bold", sys.stdout) + f"{why}   {first}")
        _table(_rows(config, group, values), f"{group}.", origins, decided)
        say()
    say(paint("root keys", "bold", sys.stdout))
    _table(_root_rows(config), "", origins, decided)
    say("\n" + paint("the loop", "bold", sys.stdout))
    say("\n".join(loop(config, checked.rows)))


def _root_rows(config: Config) -> list[tuple[str, Any, Rule]]:
    from dlrun.config.schema.fields import rules
    from dlrun.config.schema.root import Root

    return [(key, (config.plain or {}).get(key), rule) for key, rule in rules(Root).items()]


def _origin(key: str, origins: Any, decided: Mapping[str, Decision]) -> str:
    return f"auto: {decided[key].reason}" if key in decided else str(origins.of(key))


def _rows(config: Config, group: str, values: Any) -> list[tuple[str, Any, Rule]]:
    from dlrun.config.schema.fields import rules
    from dlrun.config.schema.groups import OF_TARGET, TARGET, of_target
    from dlrun.config.schema.rule import Rule

    own: list[tuple[str, Any, Rule]] = []
    if of_target(values):
        free = Rule("free", "An argument of your class.")
        own = [(TARGET, values.target, free), *((key, value, free) for key, value in (values.args or {}).items())]
    hidden = ("name", *(OF_TARGET if own else ()))
    return own + [(key, getattr(values, key), rule) for key, rule in rules(type(values)).items() if key not in hidden]


def _table(rows: Sequence[tuple[str, Any, Rule]], prefix: str, origins: Any, decided: Mapping[str, Decision]) -> None:
    """A line for each value, with the reason of those that were auto, and below it what the key means."""
    import shutil
    import sys
    import textwrap

    from dlrun.config.schema.quoting import show
    from dlrun.record.palette import NOTED
    from dlrun.record.terminal import columns, paint

    cells = []
    for key, value, rule in rows:
        origin = _origin(f"{prefix}{key}", origins, decided)
        cells.append([f"{prefix}{key}", show(value)[:40], origin, rule.describe()])
    docs = [rule.doc for _, _, rule in rows]
    width = shutil.get_terminal_size((120, 24)).columns
    for line, doc, (_, _, origin, _) in zip(columns(cells), docs, cells):
        say(line if origin == "default" else paint(line, NOTED, sys.stdout))
        for part in textwrap.wrap(doc, max(40, width - 8)):
            say(paint(f"      {part}", "dim", sys.stdout))
