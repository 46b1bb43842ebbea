"""`dlrun explain [overrides]`: every value, where it came from and what is allowed; then the loop in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.cli import offers
from dlrun.cli.verb import Verb, positional
from dlrun.record.terminal import say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config
    from dlrun.config.schema.rule import Rule
    from dlrun.preflight.undecided import Decision


@register("verb", "explain")
@dataclass(frozen=True)
class Explain(Verb):
    """Every value: where it came from, what is allowed; then the loop in order."""

    overrides: tuple[str, ...] = positional(
        "key=value ...", "The overrides of the run.", overrides=True, offers=offers.overrides)
    synonyms: ClassVar[dict[str, str]] = dict.fromkeys(("check", "show", "validate", "config", "info"), "explain")
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun explain model=lenet optimizer.lr=0.1", "nothing is trained; problems are printed, exit code 2"),)

    def run(self) -> int:
        import sys

        from dlrun.cli.loop import loop
        from dlrun.config.compose.origins import Origins
        from dlrun.config.schema.fields import rules
        from dlrun.config.schema.root import GROUPS, Root
        from dlrun.preflight.preflight import preflight
        from dlrun.record.terminal import paint

        checked = preflight(self.overrides)
        config = checked.config
        origins = Origins(self.overrides)
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
        _table([(key, (config.plain or {}).get(key), rule) for key, rule in rules(Root).items()], "", origins,
               decided)
        say("\n" + paint("the loop", "bold", sys.stdout))
        say("\n".join(loop(config, checked.rows)))
        return 0


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
        found = decided.get(f"{prefix}{key}")
        origin = f"auto: {found.reason}" if found else origins.of(f"{prefix}{key}")
        cells.append([f"{prefix}{key}", show(value)[:40], origin, rule.describe()])
    docs = [rule.doc for _, _, rule in rows]
    width = shutil.get_terminal_size((120, 24)).columns
    for line, doc, (_, _, origin, _) in zip(columns(cells), docs, cells):
        say(line if origin == "default" else paint(line, NOTED, sys.stdout))
        for part in textwrap.wrap(doc, max(40, width - 8)):
            say(paint(f"      {part}", "dim", sys.stdout))
