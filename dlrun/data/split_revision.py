"""Whether rows were once cut otherwise: validation rows from an end that now keep the proportions of the classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlrun.config.problem import ConfigError
from dlrun.config.schema.holdout import Holdout

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config
    from dlrun.data.sets._base import Dataset

STRATIFIED = 10  # added to the revision of how the files are read


def of_split(dataset: Dataset, config: Config, reading: int = 1) -> int:
    """The revision of a run whose data is read by revision `reading`; a file that is not as it should be is said
    elsewhere."""
    validation = config.validation
    if not isinstance(validation, Holdout) or validation.take == "random" or not dataset.stratify or dataset.order:
        return reading
    try:
        info = dataset.info("")
    except ConfigError:
        return reading
    classes = info is None or info.data_spec.target_kind == "classes" and not info.rows.get("val")
    return reading + STRATIFIED * classes
