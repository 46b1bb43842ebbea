"""The reference pages that follow from what verbs and kinds declare: ``python -m dlrun.cli.reference`` writes them.

docs/reference/verbs.md, docs/reference/words.md, and README's table of words between its two marks.
"""

from __future__ import annotations

import sys
from pathlib import Path

from dlrun.cli.verb import details, sentence, usage, verb, verbs
from dlrun.cli.verb_help import arguments
from dlrun.cli.words import headings, own_words

BEGIN, END = "<!-- words: written by python -m dlrun.cli.reference -->", "<!-- end of words -->"
_MADE = "<!-- Written by python -m dlrun.cli.reference; change the docstrings and fields that it is made of. -->"


def verbs_page() -> str:
    """Markdown: each verb with its usage, arguments and examples."""
    parts = [_MADE, "", "# Verbs", "", "`dlrun VERB --help` prints the same. A word that is wrong is answered with "
             "exit code 2; without a verb, `dlrun key=value ...` trains.", ""]
    for name in verbs():
        kind = verb(name)
        parts += [f"## dlrun {name}", "", sentence(kind), "", f"    {usage(name, kind)}", ""]
        parts += [details(kind), ""] if details(kind) else []
        rows = [f"| `{_cell(left)}` | {_cell(right)} |" for left, right in arguments(kind)]
        parts += ["| argument | meaning |", "|---|---|", *rows, ""] if rows else []
        parts += [f"- `{command}`: {text}" for command, text in getattr(kind, "examples", ())]
        parts += [""] if getattr(kind, "examples", ()) else []
    return "\n".join(parts).rstrip() + "\n"


def words_page() -> str:
    """Markdown: everything that dlrun brings to choose from, with its sentence; experiments have their own page."""
    parts = [_MADE, "", "# Words", "", "`dlrun list` prints the same, with experiments and options of your own.", ""]
    for heading, group in headings().items():
        rows = [f"| `{name}` | {_cell(text)} |" for name, text in own_words(group).items()]
        if group == "experiment" or not rows:
            continue
        parts += [f"## {heading}", "", "| word | what it is |", "|---|---|", *rows, ""]
    return "\n".join(parts).rstrip() + "\n"


def readme_with_words(readme: str) -> str:
    """README with its table of words as it should be now; raises ValueError where its marks are missing."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README has no {BEGIN} ... {END}")
    rows = [f"| `{group}` | {' '.join(f'`{name}`' for name in own_words(group))} |"
            for group in headings().values() if group != "experiment" and own_words(group)]
    return before + "\n".join([BEGIN, "| group | words |", "|---|---|", *rows, END]) + after


def write(root: Path) -> None:
    """Write the pages into the repository's folder `root`."""
    folder = root / "docs" / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "verbs.md").write_text(verbs_page(), encoding="utf-8")
    (folder / "words.md").write_text(words_page(), encoding="utf-8")
    readme = root / "README.md"
    readme.write_text(readme_with_words(readme.read_text(encoding="utf-8")), encoding="utf-8")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
