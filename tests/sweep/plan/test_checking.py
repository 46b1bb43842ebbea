"""What jobs of a plan share is looked at once, and what differs between them is not shared."""

from __future__ import annotations

import pytest

from dlrun.config.schema.holdout import Holdout
from dlrun.config.schema.kfold import KFold
from dlrun.config.schema.validation import Validation
from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.sets.digits import Digits
from dlrun.sweep.plan import checking


@pytest.mark.parametrize(("validation", "looks"), [
    (None, 1),
    (Holdout(0.2, "end"), 1),
    (Holdout(0.2, "random"), 2),  # which rows are trained on depends on the seed
    (KFold(4), 1),
    (KFold(4, fold=1), 1),
    (KFold(4, shuffle=True), 1),  # of all its folds together nothing does
    (KFold(4, shuffle=True, fold=1), 2),
])
def test_seeds_share_a_look_at_the_data_where_they_see_the_same_rows(
        validation: Validation, looks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = []

    def look(dataset: Digits, data_dir: str, *, seed: int, **rest: object) -> DatasetInfo | None:
        seeds.append(seed)
        return dataset.info(data_dir)

    monkeypatch.setattr(checking, "dataset_info", look)
    checker = checking.Checker()
    for seed in (3, 4):
        checker.dataset_info(Digits(), "", validation=validation, train_size=None, seed=seed)
    assert len(seeds) == looks
