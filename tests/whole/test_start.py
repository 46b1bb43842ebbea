"""What a command loads up to its first step, in a process of its own: a file more is a file that every reader follows.
"""

import gc
import json
import os
import sys
from pathlib import Path

import pytest
import torch  # noqa: F401

from dlrun.run.run import uncollected
from tests.helpers.forked import Forked

FILES = 191  # of dlrun's, packages included; raise it only for a file that this very command cannot do without

# Each is for other commands, or for the end of this one.
NOT_YET = ("dlrun.assembly.measure", "dlrun.assembly.vectors", "dlrun.config.callbacks", "dlrun.config.check.custom",
           "dlrun.config.compose.composer", "dlrun.data.class_filter", "dlrun.data.sequences", "dlrun.data.vocabulary",
           "dlrun.diagnostics.baseline", "dlrun.engine.short_waits", "dlrun.metrics", "dlrun.models.composite",
           "dlrun.models.composite_spec", "dlrun.models.layers.batch_norm", "dlrun.models.layers.dropout",
           "dlrun.models.own_layer", "dlrun.models.recurrent", "dlrun.record.older", "dlrun.record.remarks",
           "dlrun.run.folds", "dlrun.run.outcome", "dlrun.run.twin", "dlrun.sweep", "dlrun.tasks._base.baseline",
           "dlrun.tasks._base.generation", "dlrun.tasks._base.weights", "dlrun.tasks.adversarial",
           "dlrun.tasks.classify.plots", "dlrun.tasks.regress", "hydra", "sklearn", "scipy", "matplotlib", "fsspec",
           "tensorboard.util.tensor_util")


def first_step(*command: str) -> int:
    """A command up to its first step, with nothing of dlrun's loaded before; prints what is loaded then.

    The step is patched before the command begins, which loads nothing that the command would not.
    """
    for name in [name for name in sys.modules if name.partition(".")[0] == "dlrun"]:
        del sys.modules[name]
    from dlrun.engine import step

    def first(*arguments: object) -> None:
        print("LOADED", json.dumps(sorted(sys.modules)), flush=True)
        os._exit(0)

    step.EagerStep.__call__ = first  # type: ignore[assignment,method-assign]
    from dlrun.cli.main import main

    return main(list(command))


def test_what_is_loaded_with_torch_is_kept_out_of_collections(monkeypatch: pytest.MonkeyPatch) -> None:
    before = gc.get_freeze_count()
    with uncollected():
        assert gc.isenabled(), "torch is loaded here"
    assert gc.get_freeze_count() == before
    monkeypatch.delitem(sys.modules, "torch")
    try:
        with uncollected():
            assert not gc.isenabled()
        assert gc.isenabled() and gc.get_freeze_count() > before
    finally:
        gc.unfreeze()


def test_a_run_has_loaded_at_its_first_step_what_it_uses(tmp_path: Path) -> None:
    command = ["dataset=digits", "model=cnn", "optimizer=adam", f"output_dir={tmp_path}"]
    out, err = Forked(first_step, *command, cwd=tmp_path, env={"DLRUN_CACHE": str(tmp_path)}).communicate(120)
    line = next((line for line in out.splitlines() if line.startswith("LOADED")), None)
    assert line is not None, out + err
    loaded = json.loads(line.removeprefix("LOADED"))
    own = [name for name in loaded if name.partition(".")[0] == "dlrun"]
    assert "dlrun.models.families.cnn" in own and "dlrun.engine.optimizers.adam" in own
    assert [name for name in NOT_YET if name in loaded] == []
    assert len(own) <= FILES, f"{len(own)} files: {own}"
