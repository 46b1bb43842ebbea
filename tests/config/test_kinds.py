"""What Config says of its groups is there in every kind that can stand in them."""

import pytest

from dlrun import registry
from dlrun.config.schema import kinds
from dlrun.config.schema.fields import rules
from dlrun.config.schema.root import GROUPS

PROTOCOLS = dict(zip(GROUPS, (kinds.DatasetKind, kinds.ModelKind, kinds.TaskKind, kinds.OptimizerKind,
                              kinds.ScheduleKind, kinds.StoppingKind, kinds.AugmentKind)))


def members(protocol: type) -> set[str]:
    return {name for base in protocol.__mro__ if base.__module__ == kinds.__name__ for name in vars(base)
            if not name.startswith("_")}


def lacking(protocol: type, kind: type) -> set[str]:
    return {name for name in members(protocol) if not hasattr(kind, name) and name not in rules(kind)}


@pytest.mark.parametrize("group", GROUPS)
def test_every_kind_has_what_the_house_uses_of_its_group(group: str):
    found = {name: lacking(PROTOCOLS[group], kind) for name, kind in registry.kinds(group).items()}
    assert found and not any(found.values()), found
