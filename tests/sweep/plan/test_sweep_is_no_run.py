"""A sweep's folder where a run is expected."""

from __future__ import annotations

import pytest

from dlrun.config.problem import ConfigError
from dlrun.inference.trained_folder import trained_folder
from dlrun.record.plan import store


def test_the_runs_of_a_sweep_are_named_where_one_of_them_is_expected(plan) -> None:
    made = plan("model=dense", "epochs=1,2,3", "seeds=2")
    store(made)
    with pytest.raises(ConfigError) as refused:
        trained_folder(made.folder)
    said = refused.value.line
    assert "this is a sweep, not a run: name one of its 6 runs" in said
    assert all(job.folder in said for job in made.jobs[:3]) and made.jobs[3].folder not in said
    assert f"dlrun report {made.folder}" in said
