"""The reference pages that follow from what verbs and kinds declare: ``python -m dlrun.cli.reference`` writes them.

docs/reference/verbs.md, options.md, methods.md and json.md, and a JSON Schema for each command in docs/reference/json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from dlrun.cli.group_options import headings, own_options
from dlrun.cli.json_output import RUN
from dlrun.cli.json_schema import document, of_verb
from dlrun.cli.method_options import GROUP, option_rows
from dlrun.cli.run_answers import RunAnswer
from dlrun.cli.verb import details, sentence, usage, verb, verbs
from dlrun.cli.verb_help import arguments

_MADE = "<!-- Written by python -m dlrun.cli.reference; change the docstrings and fields that it is made of. -->"


def verbs_page() -> str:
    """Markdown: each verb with its usage, arguments and examples."""
    parts = [_MADE, "", "# Verbs", "", "`dlrun VERB --help` prints the same. A wrong argument is answered with "
             "exit code 2; without a verb, `dlrun key=value ...` trains.", ""]
    for name in verbs():
        kind = verb(name)
        parts += [f"## dlrun {name}", "", sentence(kind), "", f"    {usage(name, kind)}", ""]
        parts += [details(kind), ""] if details(kind) else []
        rows = [f"| `{_cell(left)}` | {_cell(right)} |" for left, right in arguments(kind)]
        parts += ["| argument | meaning |", "|---|---|", *rows, ""] if rows else []
        parts += [f"- `{command}`: {text}" for command, text in kind.examples]
        parts += [""] if kind.examples else []
    return "\n".join(parts).rstrip() + "\n"


def options_page() -> str:
    """Markdown: everything that dlrun brings to choose from, with its sentence; experiments have their own page."""
    parts = [_MADE, "", "# Options", "", "`dlrun list` prints the same, with experiments and options of your own.", ""]
    for heading, group in headings().items():
        rows = [f"| `{name}` | {_cell(text)} |" for name, text in own_options(group).items()]
        if group == "experiment" or not rows:
            continue
        parts += [f"## {heading}", "", "| option | what it is |", "|---|---|", *rows, ""]
    return "\n".join(parts).rstrip() + "\n"


def methods_page() -> str:
    """Markdown: each method of `dlrun inspect` with its options."""
    parts = [_MADE, "", "# Methods of dlrun inspect", "", "`dlrun inspect METHOD --help` prints the same; "
             "[inspect.md](../inspect.md) has pictures.", ""]
    for name, text in own_options(GROUP).items():
        rows = [f"| `{_cell(left)}` | {_cell(right)} |" for left, right in option_rows(name)]
        parts += [f"## {name}", "", text, "", "| option | meaning |", "|---|---|", *rows, ""]
    return "\n".join(parts).rstrip() + "\n"


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of each command; those without a verb are called run."""
    return {RUN: document(RUN, RunAnswer, 1), **{name: of_verb(name, verb(name)) for name in verbs()}}


def json_page() -> str:
    """Markdown: how to read what ``json=true`` prints, and the keys of each answer."""
    parts = [_MADE, "", "# JSON", "", _JSON, ""]
    for name, schema in schemas().items():
        head = f"dlrun {name}" if name != RUN else "dlrun key=value ... (a run, or a sweep)"
        data = schema["oneOf"][0]["properties"]["data"]
        parts += [f"## {head}", "", f"{data.get('description', '')} [json/{name}.json](json/{name}.json)", "",
                  "| key of `data` | type | meaning |", "|---|---|---|", *_json_rows(data, ""), ""]
    return "\n".join(parts).rstrip() + "\n"


def _json_rows(schema: dict[str, Any], before: str) -> list[str]:
    """A line for each key; those of objects in a list are ``key[].inner``."""
    rows = []
    for key, inner in schema.get("properties", {}).items():
        places = [inner, *inner.get("anyOf", ())]
        below = next((one for one in places if one.get("type") == "array" or "properties" in one), inner)
        items = below.get("items", below)
        rows.append(f"| `{before}{key}` | {_cell(_json_type(inner))} | {_cell(inner.get('description', ''))} |")
        rows += _json_rows(items, f"{before}{key}[]." if below is not items else f"{before}{key}.")
    return rows


def _json_type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(map(_json_type, schema["anyOf"]))
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"array of {_json_type(schema['items'])}"
    return str(schema.get("type", "any"))


_JSON = """`json=true` (or `--json`) behind any command, also one that trains, makes it print one JSON document on
standard output; what is said beside goes to standard error. The exit code is the same as without it.

    {"command": "runs", "schema": 1, "exit_code": 0, "data": {...}}
    {"command": "runs", "schema": 1, "exit_code": 2, "problems": [{"given": "...", "expected": "...", "origin": ""}]}

`data` is the answer, `problems` is there in its place where the command was wrong and nothing was started. `schema` is
the version of `data`: it is counted up when a key goes or means something else; keys may be added at any time. Numbers
that JSON does not have (NaN, infinity) are null, and all signs but ASCII are escaped. A command that is ended by a
signal prints no document. The schemas are JSON Schema (draft 2020-12)."""


def write(root: Path) -> None:
    """Write the pages into the repository's folder `root`."""
    folder = root / "docs" / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "verbs.md").write_text(verbs_page(), encoding="utf-8")
    (folder / "options.md").write_text(options_page(), encoding="utf-8")
    (folder / "methods.md").write_text(methods_page(), encoding="utf-8")
    (folder / "json.md").write_text(json_page(), encoding="utf-8")
    (folder / "json").mkdir(exist_ok=True)
    for name, schema in schemas().items():
        (folder / "json" / f"{name}.json").write_text(schema_text(schema), encoding="utf-8")


def schema_text(schema: dict[str, Any]) -> str:
    """The file of a schema."""
    return json.dumps(schema, indent=1) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
