"""A kind is registered under one name, which is said once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from dlrun.config.identity import identity
from dlrun.engine.optimizers.adam import Adam
from dlrun.preflight.preflight import preflight
from dlrun.registry import kinds, lookup, register


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    lookup._registered.pop(("optimizer", "calm"), None)


def test_a_subclass_of_a_kind_of_dlruns_is_a_kind_of_its_own() -> None:
    @register("optimizer", "calm")
    @dataclass(frozen=True)
    class Calm(Adam):
        """Adam as it is."""

    config = preflight(["dataset=digits", "model=dense", "optimizer=calm"]).config
    assert (config.optimizer.kind, Adam.kind) == ("calm", "adam")
    assert identity(config) != identity(preflight(["dataset=digits", "model=dense", "optimizer=adam"]).config)


def test_a_kind_that_says_another_name_is_refused() -> None:
    @dataclass(frozen=True)
    class Calm(Adam):
        """Adam as it is."""

        kind = "calm"

    with pytest.raises(TypeError, match="optimizer=quiet: its kind is 'calm'"):
        register("optimizer", "quiet")(Calm)
    assert "quiet" not in kinds("optimizer")


def test_a_layer_that_is_named_by_its_class_alone_is_called_like_it(folder: Any) -> None:
    (folder / "twice_layer.py").write_text(
        "from dataclasses import dataclass\nfrom dlrun.api.kinds import Layer\n\n\n@dataclass(frozen=True)\n"
        "class Twice(Layer):\n    def build(self, shape, rng, parts):\n        return None\n")
    checked = preflight(["dataset=digits", "model=sequential", "allow=twice_layer",
                         "model.layers=[flatten,{_target_: twice_layer.Twice},{dense: out}]"])
    table = checked.table()
    assert table is not None and [row.name for row in table] == ["flatten_1", "Twice_1", "dense_1"]
