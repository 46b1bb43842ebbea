"""Ids of tokens are no numbers: a network that would compute with them is refused in a sentence."""

from __future__ import annotations

import pytest

from dlrun.config.problem import ConfigError
from dlrun.preflight.preflight import preflight


@pytest.mark.parametrize("model", ["dense", "sequential"])
def test_a_network_of_numbers_on_tokens_is_refused_by_the_check_of_its_command(tmp_path, model):
    (tmp_path / "t.txt").write_text("to be or not to be that is the question " * 20)
    with pytest.raises(ConfigError, match=f"model={model}") as caught:
        preflight(["dataset=text", f"dataset.path={tmp_path}/t.txt", f"model={model}", "max_steps=2", "epochs=1"])
    assert "dense expects numbers" in caught.value.line and "embedding" in caught.value.line
