"""What follows a verb becomes its typed arguments, or one report of everything that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlrun.cli.parse import parse
from dlrun.cli.verb import verb
from dlrun.config.problem import ConfigError


def read(*arguments: str):
    return parse(arguments[0], verb(arguments[0]), arguments[1:])


def test_values_have_the_types_that_the_verb_declares() -> None:
    asked = read("generate", "RUN", "tokens=12", "temperature=1", "prompt=a=b, c", "allow=[x,y]", "allow=z")
    assert (asked.tokens, asked.temperature, asked.prompt) == (12, 1.0, "a=b, c")
    assert type(asked.temperature) is float and asked.allow == ("x", "y", "z") and asked.folder == ("RUN",)
    assert (asked.count, asked.seed, asked.out) == (36, 0, "samples.png")


@pytest.mark.parametrize("arguments", [
    ["profile=quick"], ["--profile=quick"], ["--profile", "quick"], ["profile=full", "profile=quick"]])
def test_a_key_may_be_written_with_dashes_and_the_last_one_counts(arguments: list[str]) -> None:
    assert read("book", "gulli/C1", *arguments).profile == "quick"


def test_flags_stand_alone_or_have_a_value() -> None:
    assert read("runs", "remove", "x", "--yes").yes is True
    assert read("runs", "remove", "x", "yes=false").yes is False
    assert read("runs", "remove", "x", "yes=true").arguments == ("remove", "x")


def test_overrides_are_left_to_verbs_that_take_them() -> None:
    assert read("summary", "model=cnn", "+x=1", "~y").overrides == ("model=cnn", "+x=1", "~y")
    assert read("runs", "model=cnn", "metric=val/loss").arguments == ("model=cnn",)


def test_a_file_whose_name_has_an_equals_sign_is_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a=b").mkdir()
    assert read("report", "a=b", "metric=seconds").folders == ("a=b",)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        read("generate", "RUN", "tokens=0", "seed=x", "temprature=1", "--nope", "between=1.5")
    said = {problem.given: problem.expected for problem in caught.value.problems}
    assert said["tokens=0"] == "expected an integer >= 1 (default 300)"
    assert said["seed=x"] == "expected an integer >= 0 (default 0)" and "between=1.5" in said
    assert "did you mean  temperature" in said["temprature=1"] and "no such flag" in said["--nope"]


@pytest.mark.parametrize(("arguments", "expected"), [
    (["diff", "a"], "dlrun diff RUN RUN"), (["diff", "a", "b", "c"], "dlrun diff RUN RUN"),
    (["predict", "a"], "dlrun predict RUN FILE..."), (["generate"], "dlrun generate RUN"),
    (["book", "--profile"], "expected a value after it"), (["book", "profile=quik"], "did you mean  quick")])
def test_what_is_missing_is_named(arguments: list[str], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(*arguments)
    assert expected in str(caught.value)
