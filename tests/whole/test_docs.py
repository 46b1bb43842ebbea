"""What the documents show is what happens: their files are written, their commands and their Python are run.

In a fenced block, ``python file=NAME`` (or yaml, csv, text) is a file that the reader makes, ``console`` has commands
after ``$``, and ``python`` alone is run in one namespace from the top of the document to its end.  A command may fail
only where the line after it says so: ``(exit code 2)``.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlrun.cli.main import main

DOCS = Path(__file__).parents[2] / "docs"
FENCE = re.compile(r"^```(\w+)[ ]?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN = sorted(path.name for path in DOCS.glob("*.md") if "<!-- run: yes -->" in path.read_text(encoding="utf-8"))


def blocks(name: str) -> Iterator[tuple[str, str, str]]:
    """Language, further words and content of each fenced block."""
    yield from FENCE.findall((DOCS / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", [*DOCS.glob("*.md"), *DOCS.parent.glob("*.md")], ids=lambda file: file.name)
def test_links_lead_to_files_that_are_there(file: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", file.read_text(encoding="utf-8"))
    assert [link for link in links if not (file.parent / link).exists()] == []


@pytest.mark.parametrize("name", RUN)
def test_a_document_does_what_it_says(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch,
                                      capfd: pytest.CaptureFixture[str],
                                      request: pytest.FixtureRequest) -> None:
    monkeypatch.syspath_prepend(str(folder))
    namespace: dict[str, object] = {"__name__": "document"}
    written: list[str] = []
    request.addfinalizer(lambda: [sys.modules.pop(name, None) for name in written])
    for language, more, content in blocks(name):
        if more.startswith("file="):
            path = folder / more.removeprefix("file=")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            written.append(path.stem)
            sys.modules.pop(path.stem, None)  # another test's module of this name
        elif language == "console":
            commands(content, capfd)
        elif language == "python":
            exec(compile(content, f"{name} (python)", "exec"), namespace)


def commands(content: str, capfd: pytest.CaptureFixture[str]) -> None:
    lines = content.splitlines()
    for place, line in enumerate(lines):
        if not line.startswith("$ dlrun"):
            continue
        shown = []
        for below in lines[place + 1:]:
            if below.startswith("$ "):
                break
            shown.append(below)
        expected = next((int(found[1]) for text in shown if (found := re.search(r"\(exit code (\d)\)", text))), 0)
        code = main(shlex.split(line.removeprefix("$ dlrun"), comments=True))
        out, err = capfd.readouterr()
        assert code == expected, f"{line}\n{out}\n{err}"
        for text in shown:
            if text.strip() and "..." not in text and "(exit code" not in text and not re.search(r"\d", text):
                printed = " ".join((out + err).split())
                assert " ".join(text.split()) in printed, f"{line} does not print: {text}\n{out}{err}"
