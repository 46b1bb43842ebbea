"""The reference pages are what the declarations give; a verb's help says all its arguments."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlrun.cli.reference import json_page, methods_page, options_page, schema_text, schemas, verbs_page
from dlrun.cli.route import route
from dlrun.cli.verb import keys, verb, verbs

ROOT = Path(__file__).parents[2]
WRITE = "`make reference` writes it again"


@pytest.fixture(autouse=True)
def _no_options_of_a_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_pages_are_current() -> None:
    assert (ROOT / "docs/reference/verbs.md").read_text() == verbs_page(), WRITE
    assert (ROOT / "docs/reference/options.md").read_text() == options_page(), WRITE
    assert (ROOT / "docs/reference/methods.md").read_text() == methods_page(), WRITE
    assert (ROOT / "docs/reference/json.md").read_text() == json_page(), WRITE
    files = {path.stem: path.read_text() for path in (ROOT / "docs/reference/json").iterdir()}
    assert files == {name: schema_text(schema) for name, schema in schemas().items()}, WRITE


@pytest.mark.parametrize("name", verbs())
def test_a_verbs_help_has_its_sentence_and_every_key(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([name, "--help"], ["help", name], [name, "x", "-h"]):
        assert route(words) == 0
        said = capsys.readouterr().out
        assert said.startswith(f"usage   dlrun {name}")
        assert " ".join((verb(name).__doc__ or "").strip().partition("\n")[0].split()) in " ".join(said.split())
        assert all(f"{key}=..." in said or f"--{key}" in said for key in keys(verb(name)))


def test_all_verbs_are_in_the_overview(capsys: pytest.CaptureFixture[str]) -> None:
    assert route(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(f"\n  {name} " in said for name in verbs())
