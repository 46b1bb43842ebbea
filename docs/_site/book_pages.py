"""Pages of the books: one of all, one a book, one a comparison with its table, its runs as a picture, its verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from dlrun.record.palette import css_variables
from dlrun.report.book_page import as_parts
from dlrun.report.book_readme import Told, escaped, summary_lines, table_lines, told
from dlrun.report.experiments import book_experiments
from dlrun.report.page import environment
from dlrun.report.verdicts import FULL, QUICK

BOOKS = {
    "gulli": ("Gulli & Pal", "Deep Learning with Keras"), "chollet": ("Chollet", "Deep Learning with Python"),
    "foster": ("Foster", "Generative Deep Learning"), "buduma": ("Buduma & Locascio", "Fundamentals of Deep Learning"),
    "slides": ("Slides", "A course's slides"), "ours": ("Ours", "Networks of none of the books"),
}
INTRO = """# The books' tables, measured again

The experiments of four deep-learning books, trained again with several seeds: every printed number beside what was
measured, every sentence that runs can check beside a verdict. [What the words mean](../verdicts.md);
[what is not here, and why](absent.md). The numbers on these pages lie in `experiments/results`:
`dlrun book NAME --kept` prints a comparison of them, `dlrun book NAME` trains what is missing.
"""


@cache
def _told(experiments: Path) -> tuple[Told, ...]:
    return tuple(told(book_experiments(), experiments))


@cache
def _books(experiments: Path) -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = {}
    for one in _told(experiments):
        found.setdefault(one.experiment.name.partition("/")[0], []).append(one)
    return {book: found[book] for book in [*(name for name in BOOKS if name in found),
                                           *(name for name in found if name not in BOOKS)]}


def navigation(experiments: Path) -> list[Any]:
    """The pages, as mkdocs' nav has them."""
    return [{_name(book): [f"books/{book}/index.md", *({_short(one): f"books/{one.experiment.name}.md"} for one in of)]}
            for book, of in _books(experiments).items()]


def _name(book: str) -> str:
    return BOOKS.get(book, (book, ""))[0]


def _short(one: Told) -> str:
    return f"{one.experiment.name.partition('/')[2]} {one.experiment.book.title}".strip()


def pages(experiments: Path) -> dict[str, str]:
    """Markdown by its place among the pages."""
    books = _books(experiments)
    lines = [INTRO, *summary_lines(_told(experiments)), "", "## The books", "", "| book | comparisons | measured |",
             "|---|---:|---:|"]
    lines += [f"| [{_name(book)}, *{BOOKS.get(book, ('', book))[1]}*]({book}/index.md) | {len(of)} | "
              f"{sum(bool(one.found) for one in of)} |" for book, of in books.items()]
    made = {"books/index.md": "\n".join(lines) + "\n"}
    for book, of in books.items():
        head = [f"# {_name(book)}: {BOOKS.get(book, ('', book))[1]}", ""]
        made[f"books/{book}/index.md"] = "\n".join(
            [*head, *table_lines(of, lambda name: f"{name.partition('/')[2]}.md")]) + "\n"
        for one in of:
            made[f"books/{one.experiment.name}.md"] = "\n".join(_page(one)) + "\n"
    return made


def style() -> str:
    """The rules for the pictures on these pages, in the theme's two schemes."""
    rules = environment().get_template("figures.css").render()
    return f':root {{ {css_variables(False)} }}\n[data-md-color-scheme="slate"] {{ {css_variables(True)} }}\n{rules}'


def _page(one: Told) -> Iterator[str]:
    experiment, book = one.experiment, one.experiment.book
    yield "---\nhide: [toc]\n---\n"  # the pictures take its room
    yield f"# {escaped(book.title or experiment.name)}"
    yield ""
    yield "  \n".join(filter(None, [f"`{experiment.name}` · {escaped(book.where)}", escaped(book.fixed)]))
    yield ""
    for profile, measurements in one.found.items():
        verdicts = one.verdicts[profile]
        if profile == QUICK:
            yield "## Quick profile"
            yield ""
        html = as_parts(book, measurements, verdicts,
                        lambda row, metric, of=measurements: of.values_of(row, metric, experiment.metric),
                        one.verdicts.get(FULL) if profile == QUICK else None)
        yield f'<div class="book-parts {profile}">\n{_lower(html)}</div>'
        yield ""
    if not one.found:
        yield f"**{escaped(one.state[0].upper() + one.state[1:])}.**"
        yield ""
        yield from _expected(one)
    yield "## The experiment"
    yield ""
    yield f"`dlrun book {experiment.name}` runs it, `dlrun explain experiment={experiment.name}` says its every value."
    yield ""
    yield f'```yaml title="experiments/{experiment.name}.yaml"'
    yield experiment.file.read_text(encoding="utf-8").rstrip()
    yield "```"


def _lower(html: str) -> str:
    """A page has one h2 for each profile; blank lines would end the block for Markdown, and nobody searches numbers."""
    for before, after in (("<h2>", "<h3>"), ("</h2>", "</h3>"), ("<table>", "<table data-search-exclude>")):
        html = html.replace(before, after)
    lines = html.splitlines()
    return "\n".join(line.strip() for line in lines if line.strip()) + "\n"


def _expected(one: Told) -> Iterator[str]:
    """What the book prints and says, where nothing was measured."""
    book = one.experiment.book
    if book.printed:
        yield "| row | measure | printed |"
        yield "|---|---|---:|"
        for cell in book.printed:
            yield f"| {escaped(cell.row or '')} | {escaped(cell.metric)} | {cell.value:g} |"
        yield ""
    for claim in book.claims:
        yield f"- {escaped(claim.says)}"
    yield ""
