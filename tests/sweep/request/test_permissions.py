"""A file that somebody has sent cannot make a sweep run their code."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlrun.config.problem import ConfigError
from dlrun.sweep.make import make_plan

EVIL = "from pathlib import Path\nPath('was_run').touch()\n\n\nclass Net:\n    pass\n"
WAYS = {
    "rows": "sweep:\n  rows:\n    a: [allow=evil, model=evil]\n    b: [model=dense]\n",
    "mapping": "sweep:\n  rows:\n    a: {allow: [evil], model: evil}\n",
    "axes": "sweep:\n  axes:\n    allow: [evil]\n    model: [evil]\n",
    "added": "sweep:\n  rows:\n    a: ['++allow=[evil]', model=evil]\n",
}


@pytest.mark.parametrize("way", WAYS)
def test_allow_in_a_file_of_a_sweep_is_refused(way: str, folder: Path, write) -> None:
    write({"evil.py": EVIL, "configs/model/evil.yaml": "_target_: evil.Net\n", "experiments/x.yaml": WAYS[way]})
    with pytest.raises(ConfigError) as refused:
        make_plan(["experiment=x"])
    assert "it counts on the command line only" in refused.value.line
    assert not (folder / "was_run").exists()
