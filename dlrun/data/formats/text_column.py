"""The texts and the classes of a table."""

from __future__ import annotations

from pathlib import Path

from dlrun.config.problem import problem
from dlrun.data.formats.column_places import place_of
from dlrun.data.formats.sentences import LabelledLine
from dlrun.data.formats.separated import Cells


def text_and_class(found: Cells, path: Path, text: str, target: str) -> tuple[list[str], list[LabelledLine]]:
    """The names of the two columns, of texts and of classes, and the rows.

    Of two columns of which neither is named the classes are the one with fewer different cells.  Raises ConfigError for
    a column that is not there, a row without a text or class, and for what is no text.
    """
    places = [place_of(found.names, name, key) for name, key in ((text, "dataset.text"), (target, "dataset.target"))
              if name]
    others = [place for place in range(len(found.names)) if place not in places]
    if len(places) < 2 and len(places) + len(others) != 2:
        lacking = [key for name, key in ((text, "dataset.text"), (target, "dataset.target")) if not name]
        raise problem(str(path), f"expected  {' and '.join(f'{key}=NAME' for key in lacking)}  to name the texts and "
                                 f"the classes; there are {', '.join(found.names)}")
    if not places:
        several = [len({row[place] for row in found.rows}) for place in others]
        places = others if several[0] >= several[1] else others[::-1]
    elif len(places) == 1:
        places = [*places, *others] if text else [*others, *places]
    if places[0] == places[1]:
        raise problem(f"dataset.text={text}", "these are the classes; expected another column")
    for place, what in zip(places, ("a text", "a class")):
        name = found.names[place]
        if name in found.unusable:
            raise problem(str(path), f'the column "{name}" {found.unusable[name]}; expected {what} in each row')
        wrong = next((line for row, line in zip(found.rows, found.lines) if not row[place]), None)
        if wrong is not None:
            raise problem(str(path), f'{found.unit} {wrong}: expected {what} in "{name}"; there is none')
    text_place, class_place = places
    rows = [(line, row[class_place], row[text_place]) for line, row in zip(found.lines, found.rows)]
    return [found.names[place] for place in places], rows
