"""Both players of a GAN move in one compiled step as they do in a plain one."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlrun.engine.compiled.step import CompiledStep
from dlrun.models.step_rng import StepRng
from dlrun.tasks.adversarial import task
from tests.engine.packed.together import alone, distance, in_float64, make, weights_of
from tests.helpers.compiler import needs_compiler
from tests.run.test_compiled import after, interrupt, path_of
from tests.whole.equal import assert_same_run

__all__ = ["in_float64"]
pytestmark = needs_compiler
GAN = ["dataset=digits", "model=gan", "train_size=200", "batch_size=24", "epochs=5"]
CASES = {
    "one update of the discriminator": [],
    "an update for each half, squared errors": ["task.updates=split", "task.loss=least_squares"],
    "both players at once, noisy labels": ["task.order=simultaneous", "task.label_noise=0.05"],
    "a critic with clipped weights": ["model=wgan", "task.critic_steps=1"],
}
FEW = "both players at once, noisy labels"


@pytest.mark.parametrize("name", [name if name == FEW else pytest.param(name, marks=pytest.mark.slow)
                                  for name in CASES])
def test_training_in_float64_ends_with_the_same_weights(name: str, tmp_path: Path, in_float64,
                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    def in_double(rng: StepRng, shape):
        return rng.normal_of(shape).double()

    monkeypatch.setattr(task, "normal", in_double)

    def prepared(place: str) -> list:
        runs = make(tmp_path / place, [[*GAN, "max_steps=20", *CASES[name]]], in_float64)
        for _, training in runs:
            training.evaluate = lambda epoch: {}  # of samples, in float32
        return runs

    plain, compiled = prepared("plain"), prepared("compiled")
    start = weights_of(plain)
    expected = alone(plain)
    assert distance(expected, start) > 0.01, "nothing has moved"
    for _, training in compiled:
        step = CompiledStep(training.step, training.batches)
        training.step, training.batches = step, step.batches
    assert distance(alone(compiled), expected) < 1e-10
    assert compiled[0][1].step.means() == pytest.approx(plain[0][1].step.means(), rel=1e-9)


def test_an_interrupted_run_ends_with_the_same_bits(go) -> None:
    command = [*GAN, "model.generator_hidden=[16]", "model.discriminator_hidden=[16]", "speed=compiled"]
    whole = go(*command, "output_dir=whole")
    assert path_of(whole).startswith("compiled by ")
    with after(13, interrupt):
        assert go(*command, "output_dir=parts").result["status"] == "interrupted"
    assert_same_run(whole.folder, go(*command, "output_dir=parts").folder)


@pytest.mark.parametrize("words", [["task.critic_steps=3"], ["task.fakes=same"], ["model.prior=uniform"]],
                         ids=["steps that differ", "the same noise for both", "another prior"])
def test_what_is_not_compiled_trains_plainly(words: list[str], go) -> None:
    assert path_of(go(*GAN, "max_steps=2", *words, "speed=compiled")).startswith("eager")
