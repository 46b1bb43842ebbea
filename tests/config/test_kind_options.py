"""A registered kind without a file is an option: it is listed, completed, composed, swept over and explained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from hydra.core.global_hydra import GlobalHydra

from dlrun.config.check.check import check
from dlrun.config.compose.catalog import kind_options, options, sentences
from dlrun.config.compose.compose import compose
from dlrun.config.compose.origins import Origins
from dlrun.config.compose.overrides import read_overrides
from dlrun.config.compose.session import hydra_started
from dlrun.config.schema.fields import number, text
from dlrun.models.model import Model
from dlrun.registry import register
from dlrun.registry.lookup import _registered


@pytest.fixture
def momentary(folder) -> Iterator[type]:
    """A model that is registered for one test."""
    @register("model", "momentary")
    @dataclass(frozen=True)
    class Momentary(Model):
        """Moves once, and never again.

        This line is not listed.
        """

        suggests: ClassVar[dict[str, Any]] = {"epochs": 7, "optimizer": "sgd"}
        name: str = text("", "The option's name.", identity=False)
        lr: float = number(0.25, "A number.", low=0)

    yield Momentary
    del _registered["model", "momentary"]


def composed(*overrides: str) -> dict[str, Any]:
    composition, problems = compose(overrides)
    assert problems == [] and composition is not None
    return composition.plain


def test_it_is_listed_and_completed_with_the_first_line_of_its_docstring(momentary: type) -> None:
    assert "momentary" in options("model") and "momentary" in kind_options("model")
    assert sentences("model")["momentary"] == "Moves once, and never again."
    with hydra_started():
        assert "momentary" in GlobalHydra.instance().config_loader().get_group_options("model")


def test_it_composes_to_its_schema_with_what_it_suggests_at_the_root(momentary: type) -> None:
    plain = composed("model=momentary")
    assert plain["model"] == {"kind": "momentary", "name": "momentary", "lr": 0.25}
    assert plain["epochs"] == 7 and plain["optimizer"]["name"] == "sgd"
    assert isinstance(check(plain).model, momentary)
    typed = composed("model=momentary", "model.lr=0.5", "epochs=3", "optimizer=adam")
    assert (typed["model"]["lr"], typed["epochs"], typed["optimizer"]["name"]) == (0.5, 3, "adam")


def test_an_experiment_and_a_users_file_build_on_it(momentary: type, write) -> None:
    write({"experiments/x.yaml": "# X.\ndefaults:\n  - override /model: momentary\nmodel: {lr: 0.1}\n",
           "configs/model/mine.yaml": "# Mine.\ndefaults: [momentary]\nlr: 0.2\n"})
    assert composed("experiment=x")["model"] == {"kind": "momentary", "name": "momentary", "lr": 0.1}
    assert composed("experiment=x")["epochs"] == 7


def test_a_value_that_it_suggests_names_it_as_its_origin(momentary: type) -> None:
    origins = Origins(["model=momentary", "model.lr=0.5"])
    assert (origins.of("epochs"), origins.place("epochs")) == ("model=momentary", "model=momentary")
    assert (origins.of("model.lr"), origins.place("model.lr")) == ("command line", "")
    assert (origins.of("model.name"), origins.place("model.name")) == ("default", "")
    assert Origins(["model=momentary", "epochs=2"]).of("epochs") == "command line"


def test_a_users_file_of_its_name_is_refused_and_a_slip_corrected(momentary: type, write) -> None:
    write({"configs/model/momentary.yaml": "# Mine.\nkind: dense\n"})
    _, problems = read_overrides(["model=momentary"])
    assert "is dlrun's own; rename it" in problems[0].expected
    _, problems = read_overrides(["model=momentry"])
    assert "model=momentary" in problems[0].expected


def test_a_kind_of_its_groups_own_name_is_chosen_by_its_presets(folder) -> None:
    assert "early_stop" not in options("early_stop") and "augment" not in options("augment")
