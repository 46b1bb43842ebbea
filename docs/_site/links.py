"""Links between the repository's texts, as they are on the site."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
_OUTSIDE = re.compile(r"[a-z]+:|#")
_CODE = re.compile(r"(^```.*?^```|`[^`\n]*`)", re.MULTILINE | re.DOTALL)


def rewritten(markdown: str, source: str, place: str, pages: Mapping[str, str]) -> str:
    """The text of `source`, a file of the repository, as the page `place`.

    A link to a file in docs/, or to one that is itself a page (`pages`), becomes one between pages; the text of any
    other stays without its link.

    >>> rewritten("[a](docs/a.md), [b](b.py)", "README.md", "index.md", {})
    '[a](a.md), b'
    """
    def link(found: re.Match[str]) -> str:
        mark, text, target = found.groups()
        if _OUTSIDE.match(target):
            return found[0]
        path, _, anchor = target.partition("#")
        file = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        inside = pages.get(file, file.removeprefix("docs/") if file.startswith("docs/") else "")
        if file == "experiments/README.md":
            inside = "books/index.md"
        if not inside:
            return text
        relative = posixpath.relpath(inside, posixpath.dirname(place) or ".")
        return f"{mark}[{text}]({relative}{'#' + anchor if anchor else ''})"

    parts = _CODE.split(markdown)
    return "".join(part if place_ % 2 else _LINK.sub(link, part) for place_, part in enumerate(parts))
