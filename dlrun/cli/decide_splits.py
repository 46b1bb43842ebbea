"""What `decide splits=true` draws anew for each seed: test rows where the data set draws them, else validation rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dlrun.config.problem import problem
from dlrun.config.schema.fields import rules
from dlrun.config.schema.holdout import Holdout
from dlrun.config.schema.kfold import KFold
from dlrun.config.schema.quoting import show
from dlrun.config.schema.sweeps import of_a_sweep
from dlrun.preflight.preflight import preflight


@dataclass(frozen=True)
class Splits:
    """Overrides that draw rows by the seed, and which rows these are."""

    overrides: tuple[str, ...]
    rows: str


def splits_of(setting: Sequence[str], test_decides: bool) -> Splits:
    """What is drawn for settings like this one; `test_decides` says that a measure of the test rows is compared.

    Rows that a data set shuffles before it takes the test rows are drawn by the shuffle, with them the validation rows.
    Others are drawn by the validation: a part of the size that it has, folds that are as many, each after a shuffle.
    Raises ConfigError where no rows that the measure is of can be drawn.
    """
    config = preflight([text for text in setting if not of_a_sweep(text)]).config
    dataset, validation = config.dataset, config.validation
    called = dataset.name or dataset.kind
    if dataset.windows() is not None or dataset.order:
        raise problem("splits=true", f"the rows of {called} lie in time: the last ones are measured, none is drawn")
    if "split_seed" in rules(type(dataset)) and dataset.test_take == "random" and not dataset.test_path:
        return Splits(("dataset.split_seed=seed",), "training, validation and test rows")
    if test_decides:
        raise problem("splits=true", f"{called} has test rows of its own, which are the same for all seeds; expected a "
                                     "measure of validation rows, as  metric=val/loss")
    if isinstance(validation, KFold):
        drawn = "" if validation.shuffle else f"validation={show(replace(validation, shuffle=True).plain())}"
    elif isinstance(validation, Holdout):
        drawn = f"validation={{take: random, size: {show(validation.size)}, stratify: {show(validation.stratify)}}}"
    else:
        raise problem("splits=true", f"{called} has test rows of its own, and there are no validation rows to draw; "
                                     "expected  validation=0.2")
    return Splits((drawn,) if drawn else (), "training and validation rows")
