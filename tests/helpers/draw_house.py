"""Draws the floors of the house from the imports of the code: `python -m tests.helpers.draw_house` writes the picture.

`docs/architecture.svg` is what it writes; a test holds the two together.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from tests.helpers.house import FLOORS, imports, modules, room

FILE = Path(__file__).parents[2] / "docs" / "architecture.svg"
WIDTH, HEIGHT, GAP, MARGIN = 150, 44, 26, 24
LINE = 74  # from one floor to the next, beside the height of a room
Lane = tuple[float, float, float]  # where an arrow goes straight down: x, from y, to y


def draw() -> str:
    """The picture as SVG: a box for each room, arrows to the rooms that it uses.

    An arrow to a room that is reached over others anyway is left out.
    """
    rooms = {name for floor in FLOORS for name in floor}
    arrows = reduced({(room(module), room(target)) for module in modules() for target in imports(module)
                      if room(module) != room(target) and room(module) in rooms and room(target) in rooms})
    most = max(map(len, FLOORS))
    width = 2 * MARGIN + most * WIDTH + (most - 1) * GAP
    height = 2 * MARGIN + len(FLOORS) * HEIGHT + (len(FLOORS) - 1) * LINE
    places = {}
    for number, floor in enumerate(FLOORS):
        left = (width - len(floor) * WIDTH - (len(floor) - 1) * GAP) / 2
        for place, name in enumerate(floor):
            places[name] = (left + place * (WIDTH + GAP), height - MARGIN - HEIGHT - number * (HEIGHT + LINE))
    taken: list[float] = []  # of the page, by arrows that pass floors
    lines = [_arrow(places[start], places[end], _lane(places, start, end, taken)) for start, end in arrows]
    boxes = [_box(name, *places[name]) for name in places]
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        'text-anchor="middle">',
        "<title>The rooms of dlrun on their floors; arrows go to the rooms that one uses</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#7b8794"/></marker></defs>', *lines, *boxes, "</svg>", ""])


def reduced(arrows: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """The arrows that no way over other rooms stands for (there are no circles).

    >>> reduced({("a", "b"), ("b", "c"), ("a", "c")})
    [('a', 'b'), ('b', 'c')]
    """
    def reaches(start: str, end: str) -> bool:
        return any(here == start and (there == end or reaches(there, end)) for here, there in arrows)

    return sorted((start, end) for start, end in arrows
                  if not any(reaches(other, end) for here, other in arrows if here == start and other != end))


def _box(name: str, x: float, y: float) -> str:
    return (f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#eef4fb" stroke="#2f6db0"/>'
            f'<text x="{x + WIDTH / 2:g}" y="{y + 28:g}" font-size="17" fill="#12304f">{escape(name)}</text>')


def _passed(places: dict[str, tuple[float, float]], start: str, end: str) -> list[tuple[float, float]]:
    """The rooms on the floors between two."""
    return [place for place in places.values() if places[start][1] < place[1] < places[end][1]]


def _lane(places: dict[str, tuple[float, float]], start: str, end: str, taken: list[float]) -> Lane | None:
    """Where an arrow passes the floors between two rooms: beside their rooms, on the shortest way that is not taken."""
    passed = _passed(places, start, end)
    if not passed:
        return None
    middle = (places[start][0] + places[end][0] + WIDTH) / 2
    free = [x for x in range(MARGIN // 2, int(max(x for x, _ in places.values())) + WIDTH + MARGIN)
            if all(not left - 10 < x < left + WIDTH + 10 for left, _ in passed)
            and all(abs(x - other) >= 8 for other in taken)]
    x = min(free, key=lambda x: abs(x - middle))
    taken.append(x)
    return x, min(y for _, y in passed), max(y for _, y in passed) + HEIGHT


def _arrow(start: tuple[float, float], end: tuple[float, float], lane: Lane | None) -> str:
    """From the foot of a room to the head of one below; between neighbours of a floor along a bow above them."""
    (x, y), (to_x, to_y) = start, end
    if y == to_y:
        x, to_x, top = x + WIDTH / 2, to_x + WIDTH / 2, y - 30 - abs(to_x - x) / 20
        path = f"M{x:g} {y:g}C{x:g} {top:g} {to_x:g} {top:g} {to_x:g} {to_y - 1:g}"
    else:
        x, to_x = x + WIDTH / 2, to_x + WIDTH / 2
        over, top, foot = lane or ((x + to_x) / 2, 0.0, 0.0)
        # Arrows that come from, or go to, different sides begin and end beside one another.
        x, to_x = x + (over - x) / 9, to_x + (over - to_x) / 9
        if lane is None:
            path = f"M{x:g} {y + HEIGHT:g}{_bend(x, y + HEIGHT, to_x, to_y - 1)}"
        else:
            path = (f"M{x:g} {y + HEIGHT:g}{_bend(x, y + HEIGHT, over, top)}V{foot:g}"
                    f"{_bend(over, foot, to_x, to_y - 1)}")
    return f'<path d="{path}" fill="none" stroke="#7b8794" stroke-width="1" marker-end="url(#tip)"/>'


def _bend(x: float, y: float, to_x: float, to_y: float) -> str:
    """A curve that begins and ends upright."""
    return f"C{x:g} {y + 36:g} {to_x:g} {to_y - 38:g} {to_x:g} {to_y:g}"


if __name__ == "__main__":
    FILE.write_text(draw(), encoding="utf-8")
    print(FILE.name)
