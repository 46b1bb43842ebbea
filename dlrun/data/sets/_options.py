"""Options that several data sets share: scales, the test split, the classes kept, the size of pictures.

A source that comes without a test split has `test`, `split_seed` and `stratify`: its rows are shuffled once by
`split_seed`, and the test rows are taken from that; they are the same for every seed of a run.  A series and a running
text are not shuffled: their test split is their end.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dlrun.config.schema.fields import MISSING, choice, file, flag, integer, integers, number, text, texts

# What suits a user's own data: its rows decide (`preflight.undecided`).
SUGGESTED: Mapping[str, Any] = MappingProxyType({"epochs": "auto", "batch_size": "auto", "early_stop": "auto"})


def name() -> Any:
    """The option's name."""
    return text("", "The option's name, taken from its file.", identity=False)


def image_scale() -> Any:
    """How pixels are scaled."""
    return choice(
        "unit", ("unit", "standard", "symmetric", "none"),
        "How stored pixels become numbers: unit [0, 1], standard (mean 0, deviation 1 by channel, fitted on the "
        "training rows), symmetric [-1, 1], none (0 to 255).",
    )


def table_scale(default: str = "standard") -> Any:
    """How columns are scaled."""
    return choice(
        default, ("standard", "unit", "none"),
        "How columns are scaled, fitted on the training rows: standard (mean 0, deviation 1), unit (least 0, "
        "largest 1), none.",
    )


def own_table_scale() -> Any:
    """How columns of a user's table are scaled, whose tails are not known."""
    return choice(
        "auto", ("auto", "standard", "robust", "unit", "none"),
        "How columns are scaled, fitted on the training rows: standard (mean 0, deviation 1), robust (by the median "
        "and the middle half of the rows, then bounded smoothly by 3), unit (least 0, largest 1), none; auto: robust "
        "where a column has heavy tails, else standard.", identity_default="standard")


def target_scale(default: str = "none") -> Any:
    """How a target that is a number is scaled."""
    return choice(
        default, ("none", "standard", "unit"),
        "How a target that is a number is scaled, fitted on the training rows; none trains in its own unit.",
    )


def own_target_scale() -> Any:
    """How a target of a user's table is scaled, which does not say in which range it lies."""
    return choice(
        "auto", ("auto", "standard", "unit", "none"),
        "How a target that is a number is scaled, fitted on the training rows; auto: standard (mean 0, deviation 1); "
        "measures are in the target's own unit.", identity_default="none",
    )


def test() -> Any:
    """The size of the test split."""
    return number(0.2, "The test split: a fraction below 1, a count of rows from 1, 0 for none.", low=0)


def last_steps(default: float = 0.2) -> Any:
    """The size of a test split that is the end of a series."""
    return number(default, "The test split, the end of the series: a fraction below 1, a count of steps, 0 for none.",
                  low=0)


def split_seed() -> Any:
    """The seed of the shuffle before the test rows are taken."""
    return integer(0, "Seed of the one shuffle that the test rows are taken from, the same for every run seed; seed: "
                      "that of the run, so that seeds=5 is five splits.", low=0, words=("seed",))


def stratify() -> Any:
    """Whether the test split is stratified."""
    return flag(True, "Whether the test split keeps the proportions of the classes.")


def own_stratify() -> Any:
    """Whether the splits of a user's data are stratified."""
    return flag(True, "Whether test and validation rows keep the proportions of the classes.")


def path(what: str) -> Any:
    """The place of a user's file or folder."""
    return file(MISSING, f"{what}; ~ is the home folder.", identity=False)


def group(what: str) -> Any:
    """What says which rows belong together."""
    return text("", f"The {what} that says which rows belong together (a patient, a day): they are all in one part "
                    "(training, validation or test), and in one fold. It is no input.")


def file_group() -> Any:
    """What says which files belong together."""
    return text("", "A regular expression: files in whose path below their class's folder it finds the same text "
                    "belong together (^[^/]+ a folder, ^[^-]+ all before a hyphen): in one part, and in one fold.")


def order(what: str) -> Any:
    """What says in which order of time rows are."""
    return text("", f"The {what} of numbers or dates by which rows lie in time: the last ones are the test rows, those "
                    "before them the validation rows.")


def test_path(what: str) -> Any:
    """The place of test rows that lie apart."""
    return file("", f"{what} of test rows, beside those of the training; read by the same rules, with the training's "
                    "words, classes and scales.")


def targets() -> Any:
    """What the targets are."""
    return choice(
        "auto", ("auto", "classes", "number"),
        "What the target is; auto: classes for texts and for few different integers, else a number. Of several targets "
        "one word for each, or one for all; auto: labels where all are 0 or 1.", several=True,
    )


def missing(besides: str) -> Any:
    """Cells without a value."""
    return texts((), f"Cells that mean a missing value, besides {besides}.", empty=True, scalar=True)


def only() -> Any:
    """The classes that are kept."""
    return texts((), "Only the pictures of these classes, by name; [] for all.", empty=True, scalar=True)


def size(default: int) -> Any:
    """The size of pictures."""
    return integers(
        (default,), "Height and width that pictures are resized to; one number for both.", low=1, high=4096,
        scalar=True,
    )


def channels(default: int = 3) -> Any:
    """Colour or grey."""
    return choice(default, (3, 1), "3 for colour, 1 for grey.")


def separator(*marks: str, between: str = "the cells") -> Any:
    """The separator of a file of cells."""
    return choice("auto", ("auto", *(marks or (",", ";", "tab", "|", "space"))), f"What stands between {between}.")


def header() -> Any:
    """Whether a file has a header."""
    return choice("auto", ("auto", True, False), "Whether the first line names the columns.")


def decimal() -> Any:
    """The decimal mark of a file's numbers."""
    return choice("auto", ("auto", "point", "comma"), "The decimal mark of the numbers; the other mark may stand "
                  "between thousands. auto: as each number is written, and refused where 2.480 could be both.")
