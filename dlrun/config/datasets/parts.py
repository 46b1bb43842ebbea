"""What the schemas of several data sets share: scales, the test part, the validation part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.schema.fields import MISSING, choice, flag, integer, number, text


def name() -> Any:
    return text("", "The option's name, taken from its file.", identity=False)


def image_scale() -> Any:
    return choice(
        "unit", ("unit", "standard", "symmetric", "none"),
        "How stored pixels become numbers: unit [0, 1], standard (mean 0, deviation 1 by channel, fitted on the "
        "training rows), symmetric [-1, 1], none (0 to 255).",
    )


def table_scale(default: str = "standard") -> Any:
    return choice(
        default, ("standard", "unit", "none"),
        "How columns are scaled, fitted on the training rows: standard (mean 0, deviation 1), unit (least 0, "
        "largest 1), none.",
    )


def target_scale(default: str = "none") -> Any:
    return choice(
        default, ("none", "standard", "unit"),
        "How a target that is a number is scaled, fitted on the training rows; none trains in its own unit.",
    )


def test() -> Any:
    return number(0.2, "The test part: a fraction below 1, a count of rows from 1, 0 for none.", low=0)


def last_steps(default: float = 0.2) -> Any:
    return number(default, "The test part, the end of the series: a fraction below 1, a count of steps, 0 for none.",
                  low=0)


def split_seed() -> Any:
    return integer(0, "Seed of the one shuffle that the test rows are taken from; the same for every run seed.", low=0)


def stratify() -> Any:
    return flag(True, "Whether the test part keeps the proportions of the classes.")


def path(what: str) -> Any:
    # Moving a file does not change a result: its content is part of a run's identity, its place is not.
    return text(MISSING, f"{what}; ~ is the home folder.", identity=False)


def targets() -> Any:
    return choice(
        "auto", ("auto", "classes", "number"),
        "What the target is; auto: classes for texts and for few different integers, else a number. Of several targets "
        "one word for each, or one for all; auto: labels where all are 0 or 1.", several=True,
    )


@dataclass(frozen=True)
class Holdout:
    """A validation part taken from the training rows."""

    kind: ClassVar[str] = "holdout"
    size: float = number(0.2, "The validation part: a fraction below 1, a count of rows from 1, 0 for none.", low=0)
    take: str = choice(
        "end", ("end", "start", "random"),
        "Which rows: the last ones before any shuffling (Keras's validation_split), the first ones (Chollet's listings "
        "for IMDB and Reuters), or random ones by the run's seed.",
    )
    stratify: bool = flag(True, "Whether a random part keeps the proportions of the classes.")
