"""Whether the settings of `dlrun decide` are measured on the same of the same data, said before any is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dlrun.config.flat import differing, flatten
from dlrun.config.problem import problem
from dlrun.config.settings import read_file
from dlrun.report.comparable import of_other_rows, of_something_else

if TYPE_CHECKING:
    from dlrun.record.plan import Plan


def other_data(ours: Mapping[str, Any], of_first: Mapping[str, Any], first: str, metric: str) -> str:
    """In what the data of a setting (flat) differ from those of the `first` one, where these are not compared."""
    kind, other_kind = (str(one.get("dataset.kind") or one.get("dataset._target_")) for one in (ours, of_first))
    if kind != other_kind:
        return f"its rows are of dataset={kind}, those of  {first}  of dataset={other_kind}"
    file, other_file = read_file(ours), read_file(of_first)
    test = (ours.get("dataset.test_path"), of_first.get("dataset.test_path"))
    same_test_rows = metric.startswith("test/") and test[0] and test[0] == test[1]
    if file != other_file and not same_test_rows:
        return f"its rows are of {file}, those of  {first}  of {other_file}"
    if keys := of_something_else(differing(ours, of_first)):
        return f"it measures something else than  {first}  ({', '.join(keys)})"
    return ""


def refuse_other_rows(name: str, plan: Plan, of_first: Mapping[str, Any], first: str, metric: str) -> None:
    """Raise ConfigError where a setting is measured on other validation rows than the `first` one.

    Without a name `metric` is one of the validation rows.
    """
    config = plan.jobs[0].config
    differ = differing(flatten(config), of_first)
    if not of_other_rows(metric or "val", differ):
        return
    from dlrun.preflight.preflight import stored

    checked = stored(config)
    keys = of_other_rows(metric or "val", differ, checked.config)
    if keys and not checked.dataset_info.rows.get("val"):  # rows of the data set's own are the same for all
        raise problem(name, f"it is measured on other validation rows than  {first}  ({', '.join(keys)}); expected a "
                            "measure of the test rows, as  metric=test/loss")
