"""What the key `validation` has come to mean in a checked configuration."""

from __future__ import annotations

from typing import TypeAlias

from dlrun.config.schema.holdout import Holdout
from dlrun.config.schema.kfold import KFold

Validation: TypeAlias = Holdout | KFold | None  # None: no validation
