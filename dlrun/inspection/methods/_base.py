"""What a method of `dlrun inspect RUN METHOD` is: its options, and what it makes of a finished run.

A method is a frozen dataclass in ``inspection/methods/<name>.py``, registered once:

    @register("method", "saliency")
    @dataclass(frozen=True)
    class Saliency(RowsMethod):
        '''What `dlrun list methods` says of it.'''

        smooth: int = integer(0, "Copies with noise that are averaged.", low=0)  # dlrun inspect RUN saliency smooth=8

        def inspect(self, subject: Subject) -> Found: ...

Torch is imported inside `inspect` only (or in a file ``<name>_module.py`` beside, from which `inspect` imports), so
that lists and refusals answer at once.  `Subject` (inspection/subject.py) has the loaded run and its rows, and saves
pictures into ``RUN/inspect/METHOD/`` and TensorBoard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.schema.fields import choice, integer, integers, rules
from dlrun.config.schema.rule import Rule

if TYPE_CHECKING:
    from dlrun.inspection.subject import Subject


@dataclass(frozen=True)
class Found:
    """What a method has found beside its pictures: `values` are JSON types, `lines` say them to a person."""

    values: Mapping[str, Any] = field(default_factory=dict)
    lines: Sequence[str] = ()


@dataclass(frozen=True)
class Method:
    """A way to look into a finished run.

    `inputs` are the kinds of input (`DatasetSpec.input_kind`) that it works on, all where there are none; `files` says
    whether the user's own files may stand behind it.  A field that is called as a word of Python's ends with ``_``,
    which its key does not have.
    """

    kind: ClassVar[str]
    inputs: ClassVar[tuple[str, ...]] = ()
    files: ClassVar[bool] = False

    def inspect(self, subject: Subject) -> Found:
        """Look; pictures are saved by `subject.save`.  Raises ConfigError."""
        raise NotImplementedError


@dataclass(frozen=True)
class RowsMethod(Method):
    """A method that looks at rows: the user's own files where there are some, else rows of the run's data."""

    files: ClassVar[bool] = True
    rows: tuple[int, ...] = integers((), "Which rows of the run's data, counted from 0.", low=0, empty=True,
                                     scalar=True)
    count: int = integer(8, "How many of them, evenly spaced, where rows are not named.", low=1)
    part: str | None = choice(None, ("test", "val", "train"), "Rows of which part; null takes the first that there is.")


def options(method: type[Method]) -> dict[str, Rule]:
    """The options of a method by their keys."""
    return {name.rstrip("_"): rule for name, rule in rules(method).items()}
