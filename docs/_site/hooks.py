"""What `mkdocs build` makes of the repository beside the pages in docs/: the events that mkdocs calls.

Pages of the books, of keys, of the Python API and of the notebook are made of experiments/results, the registry,
docstrings and cells; README is the first page.  Nothing of it is stored.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

import book_pages
import key_pages
import links
import notebook_page
import python_page
from mkdocs.structure.files import File

ROOT = Path(__file__).parents[2]
TEXTS = {"index.md": "README.md", "changelog.md": "CHANGELOG.md", "contributing.md": "CONTRIBUTING.md",
         "security.md": "SECURITY.md", "books/absent.md": "experiments/absent.md"}
SHIM = "https://unpkg.com/iframe-worker/shim"  # that the theme's offline pages load
FILE = re.compile(r"^(```\w+) file=(\S+)$", re.MULTILINE)  # a block that the reader stores


def on_config(config: Any) -> Any:
    """The pages of books and of keys take their places among those that mkdocs.yml names."""
    pages = {"books": book_pages.navigation(ROOT / "experiments"), "keys": key_pages.navigation()}
    config.nav = _filled(config.nav, pages)
    return config


def _filled(nav: list[Any], pages: dict[str, list[Any]]) -> list[Any]:
    """`nav` with each ``{title: [..., generated:NAME]}`` replaced by the pages of that name."""
    filled: list[Any] = []
    for entry in nav:
        if isinstance(entry, str) and entry.startswith("generated:"):
            filled += pages[entry.removeprefix("generated:")]
        elif isinstance(entry, dict):
            filled.append({title: _filled(inner, pages) if isinstance(inner, list) else inner
                           for title, inner in entry.items()})
        else:
            filled.append(entry)
    return filled


def on_files(files: Any, config: Any) -> Any:
    """Add what is made of other files."""
    made = {place: (ROOT / source).read_text(encoding="utf-8") for place, source in TEXTS.items()}
    made |= book_pages.pages(ROOT / "experiments")
    made |= key_pages.pages()
    made |= {"assets/figures.css": book_pages.style(), "reference/python.md": python_page.page(),
             "tour.md": notebook_page.page(ROOT / "docs" / "tour.ipynb")}
    for place, text in made.items():
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Links of the repository lead to pages, and to nothing where the site has none; files are called by their name."""
    markdown = FILE.sub(r'\1 title="\2"', markdown)
    place = page.file.src_uri
    source = TEXTS.get(place, f"docs/{place}")
    return links.rewritten(markdown, source, place, {text: page for page, text in TEXTS.items()})


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Each page's Markdown lies beside it, as llms.txt says; the search from a file loads nothing from elsewhere."""
    target = Path(config.site_dir, page.file.src_uri)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page.markdown or "", encoding="utf-8")
    return output.replace(SHIM, posixpath.relpath("assets/worker-in-frame.js", posixpath.dirname(page.url) or "."))


def on_post_template(output: str, template_name: str, config: Any) -> str:
    """The page for what is not there lies at the top."""
    return output.replace(SHIM, "assets/worker-in-frame.js")
