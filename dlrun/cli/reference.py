"""The reference pages that follow from what verbs and kinds declare: ``python -m dlrun.cli.reference`` writes them.

docs/reference/verbs.md, docs/reference/options.md, and README's table of options between its two marks.
"""

from __future__ import annotations

import sys
from pathlib import Path

from dlrun.cli.group_options import headings, own_options
from dlrun.cli.verb import details, sentence, usage, verb, verbs
from dlrun.cli.verb_help import arguments

BEGIN, END = "<!-- options: written by python -m dlrun.cli.reference -->", "<!-- end of options -->"
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


def readme_with_options(readme: str) -> str:
    """README with its table of options as it should be now; raises ValueError where its marks are missing."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README has no {BEGIN} ... {END}")
    rows = [f"| `{group}` | {' '.join(f'`{name}`' for name in own_options(group))} |"
            for group in headings().values() if group != "experiment" and own_options(group)]
    return before + "\n".join([BEGIN, "| group | options |", "|---|---|", *rows, END]) + after


def write(root: Path) -> None:
    """Write the pages into the repository's folder `root`."""
    folder = root / "docs" / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "verbs.md").write_text(verbs_page(), encoding="utf-8")
    (folder / "options.md").write_text(options_page(), encoding="utf-8")
    readme = root / "README.md"
    readme.write_text(readme_with_options(readme.read_text(encoding="utf-8")), encoding="utf-8")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
