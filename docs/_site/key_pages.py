"""Pages of all keys: for each group what every kind can be told, with default, range and meaning."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any

from dlrun.cli.group_options import headings
from dlrun.config.compose.catalog import option_files, sentence
from dlrun.config.schema.fields import rules
from dlrun.config.schema.quoting import show
from dlrun.config.schema.root import GROUPS, Root
from dlrun.config.schema.rule import Rule
from dlrun.registry import OPEN, kinds

PAGES = (*GROUPS, "layer")
HIDDEN = ("name", "target", "args", "source")  # of a class of the user's own, which _target_ chooses


def navigation() -> list[Any]:
    """The pages, as mkdocs' nav has them."""
    return [{"Root keys": "reference/keys/root.md"}, *({f"{_plural(group)}": f"reference/keys/{group}.md"}
                                                       for group in PAGES)]


def pages() -> dict[str, str]:
    """Markdown by its place among the pages."""
    made = {f"reference/keys/{group}.md": _page(group) for group in PAGES}
    root = ["# Root keys", "", "Set as `key=value`; those of a group as `group.key=value`. `dlrun explain ...` prints "
            "what a command comes to, with the origin of each value.", "", *_table(rules(Root).items())]
    return {**made, "reference/keys/root.md": "\n".join(root) + "\n"}


def _plural(group: str) -> str:
    return {of: heading for heading, of in headings().items()}[group].replace("_", " ").capitalize()


def _page(group: str) -> str:
    found = {name: kind for name, kind in kinds(group).items() if name != OPEN}
    common = _common(found)
    chosen = f"`{group}=NAME` chooses one, `{group}.key=value` sets a key." if group in GROUPS else (
        "In `model.layers` each is a word, `word: value` (its first key) or `{word: {key: value}}`.")
    parts = [f"# {_plural(group)}", "", chosen, ""]
    if common:
        parts += [f"## All {_plural(group).lower()}", "", *_table(common.items()), ""]
    for name, kind in found.items():
        own = [(key, rule) for key, rule in _rules(kind).items() if common.get(key) != rule]
        parts += [f"## {name}", "", _text(kind), "", *(_table(own) if own else ()), ""]
    if group in GROUPS and (presets := option_files(group)):
        parts += ["## Presets", "", "Files of `configs/`, each a kind above with other values.", ""]
        for name, file in presets.items():
            lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
            parts += [f"### {group}={name}", "", sentence(file), "", "```yaml", *lines, "```", ""]
    return "\n".join(parts).rstrip() + "\n"


def _rules(kind: Any) -> dict[str, Rule]:
    return {key: rule for key, rule in rules(kind).items() if key not in HIDDEN}


def _common(found: dict[str, Any]) -> dict[str, Rule]:
    """What every kind of a group has, unchanged."""
    first, *others = [_rules(kind) for kind in found.values()]
    return {key: rule for key, rule in first.items() if all(other.get(key) == rule for other in others)}


def _text(kind: Any) -> str:
    return inspect.cleandoc(kind.__doc__ or "").replace("<", "&lt;")


def _table(found: Iterable[tuple[str, Rule]]) -> Iterator[str]:
    yield "| key | default | expected | meaning |"
    yield "|---|---|---|---|"
    for key, rule in found:
        default = show(rule.default) if rule.default is not None else "null"
        yield f"| `{key}` | `{_cell(default)}` | {_cell(rule.describe())} | {_cell(rule.doc)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
