"""What the documents show is what happens: their files are written, their commands and their Python are run."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path

import pytest

from dlrun.cli.main import main
from tests.helpers.documents import DOCS, GUIDES, ROOT, blocks, exit_code, made_by, newest_run, typed, written

RUN = sorted(path.name for path in DOCS.glob("*.md") if "<!-- run: yes -->" in path.read_text(encoding="utf-8"))
BUILT = re.compile(r"(books/|reference/(keys/|python\.md)|(tour|changelog|contributing)\.md)")  # by docs/_site


@pytest.mark.parametrize("file", [*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "experiments").glob("*.md")],
                         ids=lambda file: str(file.relative_to(ROOT)))
def test_links_lead_to_files_that_are_there(file: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", file.read_text(encoding="utf-8"))
    missing = [link for link in links if not (file.parent / link).exists()]
    inside = [os.path.relpath(file.parent / link, DOCS) for link in missing]
    assert [link for link, place in zip(missing, inside) if not BUILT.match(place)] == []


def test_pages_that_the_code_names_are_there() -> None:
    """In messages, docstrings and comments."""
    files = [file for folder in ("dlrun", "configs", "experiments", "benchmarks", ".ci") for file in
             (ROOT / folder).rglob("*") if file.suffix in (".py", ".yaml", ".html", "")]
    named = {(place, str(file.relative_to(ROOT))) for file in [*files, ROOT / "Makefile"] if file.is_file()
             for place in re.findall(r"\bdocs/[\w./-]+\.(?:md|ipynb|svg|json)", file.read_text(encoding="utf-8"))}
    assert len(named) > 5 and sorted(one for one in named if not (ROOT / one[0]).is_file()) == []


def test_every_page_has_its_place_in_the_site() -> None:
    placed = set(re.findall(r"[\w/-]+\.md$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE))
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert sorted(pages - placed) == [], "name it in the nav of mkdocs.yml"


@pytest.mark.parametrize("name", [*RUN, *(pytest.param(page, marks=pytest.mark.slow) for page in GUIDES)])
def test_a_document_does_what_it_says(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch,
                                      capfd: pytest.CaptureFixture[str], quick_workers: None,
                                      request: pytest.FixtureRequest) -> None:
    monkeypatch.syspath_prepend(str(folder))
    namespace: dict[str, object] = {"__name__": "document"}
    modules: list[str] = []
    request.addfinalizer(lambda: [sys.modules.pop(name, None) for name in modules])
    for language, more, content in blocks(name):
        if more.startswith("file="):
            modules.append(written(more, content).stem)
            sys.modules.pop(modules[-1], None)  # another test's module of this name
        elif language == "console":
            run_all(content, capfd)
        elif language == "python":
            exec(compile(content, f"{name} (python)", "exec"), namespace)


def run_all(content: str, capfd: pytest.CaptureFixture[str]) -> None:
    for command, shown in typed(content):
        if made_by(command):
            continue
        assert command.startswith("dlrun"), f"{command} is run by nothing"
        words = shlex.split(re.sub(r" > [\w./-]+$", "", command.removeprefix("dlrun")), comments=True)
        code = main([newest_run() if word == "RUN" else word for word in words])
        out, err = capfd.readouterr()
        assert code == exit_code(shown), f"{command}\n{out}\n{err}"
        for text in shown:  # numbers are those of a machine, but for those of a refusal
            if text.strip() and "..." not in text and "(exit code" not in text and (
                    code == 2 or not re.search(r"\d", text)):
                printed = " ".join((out + err).split())
                assert " ".join(text.split()) in printed, f"{command} does not print: {text}\n{out}{err}"
