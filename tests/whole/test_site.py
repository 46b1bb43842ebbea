"""The site is built without a warning, every link between its pages leads somewhere, and it loads nothing from outside.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.helpers.documents import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make docs` builds it."""
    pytest.importorskip("material")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run([sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder)], cwd=ROOT,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_comparison_key_group_and_verb_has_its_place(site: Path) -> None:
    from dlrun.cli.verb import verbs
    from dlrun.config.schema.root import GROUPS
    from dlrun.report.experiments import book_experiments

    for one in book_experiments():
        if one.comparison:
            assert (site / "books" / f"{one.name}.html").is_file(), one.name
    assert all((site / "reference" / "keys" / f"{group}.html").is_file() for group in GROUPS)
    page = (site / "reference" / "verbs.html").read_text(encoding="utf-8")
    assert all(f"dlrun {name}<" in page for name in verbs())


def test_pages_load_nothing_from_outside(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 150
    for page in pages:
        loaded = re.findall(r"<(?:script|img|iframe)[^>]* src=[\"']?(https?:[^\"' >]+)|<link[^>]* rel=[\"']?stylesheet"
                            r"[^>]* href=[\"']?(https?:[^\"' >]+)", page.read_text(encoding="utf-8"))
        assert loaded == [], page


def test_every_fenced_block_is_one(site: Path) -> None:
    pages = [page for page in site.rglob("*.html") if "```" in page.read_text(encoding="utf-8")]
    assert pages == []


def test_what_a_page_names_is_there(site: Path) -> None:
    for page in site.rglob("*.html"):
        if page.name == "404.html":  # at any depth of a server
            continue
        for target in re.findall(r"(?:href|src)=\"([^\"#?]+)", page.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:", target):
                assert (page.parent / unquote(target)).exists(), f"{page.relative_to(site)}: {target}"


def test_each_page_of_llms_txt_is_there_as_markdown(site: Path) -> None:
    links = re.findall(r"\]\(([^)]+)\)", (site / "llms.txt").read_text(encoding="utf-8"))
    assert len(links) > 20 and all((site / link).is_file() for link in links)
