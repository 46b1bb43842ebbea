"""The colours of everything that dlrun draws: pictures, plots, pages, the terminal."""

from __future__ import annotations

from typing import Any

INK, FRAME, LABEL = "#222222", "#444444", "#333333"  # text in pictures, frames around them, text below tiles
PAPER = "#e6e6e6"  # between tiles; gray: an image that is white at its border still has a border
FAINT, MUTED, STRONG = "0.7", "0.6", "0.2"  # grays of plots: single folds; guides and truth; a marked value
FOLD, GUIDE = "#b3b3b3", "#999999"  # FAINT and MUTED, as Pillow writes them
PALE_FIRST, PALE_SECOND = "#8fb4d9", "#e0a95f"  # beside FIRST, where two numbers make it up

# Lines of a page, on white and on black: told apart by people who are colour-blind, readable as text.
SERIES = ("#0072b2", "#c24d00", "#007a58", "#aa3f8f", "#94690a", "#3a8fc7", "#6a4fb3", "#555d66")
SERIES_ON_DARK = ("#56b4e9", "#ff9248", "#35c99d", "#e58fcb", "#e6b422", "#a5d8ff", "#b39ff0", "#c3cad1")
FIRST = SERIES[0]  # the one line or bar of a plot

PAGE = {"paper": "#fff", "ink": "#1c2127", "soft": "#5b6570", "line": "#dfe3e8", "band": "#f5f7f9",
        "accent": "#0b62a8", "good": "#0a6b4b", "bad": "#b3261e"}
PAGE_ON_DARK = {"paper": "#14181c", "ink": "#e6e9ec", "soft": "#9aa4ae", "line": "#2d343b", "band": "#1b2026",
                "accent": "#6db8f2", "good": "#58cfa4", "bad": "#ff8a80"}
REST, REST_ON_DARK = "#b9c0c8", "#48515a"  # rows without a colour of their own

SHARES = ((247, 251, 255), (198, 219, 239), (107, 174, 214), (33, 113, 181), (8, 48, 107))  # ColorBrewer's blues

# The terminal's styles by what they mean.
GOOD, BAD, WARNING, NOTED, GIVEN_UP = "green", "red", "yellow", "cyan", "magenta"


def class_colours(count: int) -> list[tuple[float, float, float]]:
    """A colour (red, green, blue from 0 to 1) for each of `count` classes; they repeat after 20."""
    from matplotlib import colormaps

    colours: Any = colormaps["tab10" if count <= 10 else "tab20"]
    return [tuple(colours(number % colours.N)[:3]) for number in range(count)]


def css_variables(dark: bool) -> str:
    """The colours of a page as CSS: ``--paper: #fff; ... --c0: #0072b2; ...``."""
    page, series, rest = (PAGE_ON_DARK, SERIES_ON_DARK, REST_ON_DARK) if dark else (PAGE, SERIES, REST)
    named = " ".join(f"--{name}: {colour};" for name, colour in page.items())
    numbered = " ".join(f"--c{number}: {colour};" for number, colour in enumerate(series))
    return f"{named}\n  {numbered} --rest: {rest};"
