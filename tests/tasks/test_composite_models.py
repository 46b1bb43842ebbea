"""Which composite models, optimizers and data a task goes together with."""

from __future__ import annotations

import pytest

from dlrun.config.problem import ConfigError
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.engine.optimizers.adam import Adam
from dlrun.models.families.autoencoder import Autoencoder
from dlrun.models.families.gan import Gan
from dlrun.preflight.preflight import preflight
from dlrun.tasks.adversarial import Adversarial
from dlrun.tasks.reconstruct import Reconstruct

DIGITS = DatasetSpec((1, 8, 8), "image", "classes", tuple("0123456789"))


@pytest.mark.parametrize(("model", "task", "values", "said"), [
    (Autoencoder(), Reconstruct(), "unit", []),
    (Autoencoder(), Reconstruct(), "any", []),
    (Autoencoder(), Reconstruct(loss="binary_cross_entropy"), "any", ["task.loss=binary_cross_entropy"]),
    (Autoencoder(output="sigmoid"), Reconstruct(), "any", ["model.output=sigmoid"]),
    (Autoencoder(output="sigmoid"), Reconstruct(loss="mse"), "any", []),
    (Autoencoder(), Reconstruct(sparsity="kl"), "unit", ["task.sparsity=kl"]),
    (Autoencoder(code_activation="sigmoid"), Reconstruct(sparsity="kl"), "unit", []),
    (Gan(), Adversarial(), "unit", []),
    (Gan(), Adversarial(gradient_penalty=10.0), "unit", []),
    (Gan(discriminator=("flatten", {"dense": 4}, "batch_norm", {"dense": 1})), Adversarial(gradient_penalty=10.0),
     "unit", ["task.gradient_penalty=10"]),
    (Gan(discriminator=("flatten", {"residual": [{"dense": 64}, "batch_norm"]}, {"dense": 1})),
     Adversarial(gradient_penalty=10.0), "unit", ["task.gradient_penalty=10"]),
    (Gan(), Adversarial(updates="split", order="simultaneous"), "unit", ["task.updates=split"]),
    (Gan(), Adversarial(generator_optimizer={"lr": -1.0, "rho": 0.9}), "unit",
     ["task.generator_optimizer.rho=0.9", "task.generator_optimizer.lr=-1"]),
])
def test_what_does_not_go_together_is_said(model: object, task: object, values: str, said: list[str]) -> None:
    found = list(task.network_clashes(model.network(DIGITS, values=values), model, Adam(), values))
    assert [problem.given for problem in found] == said


@pytest.mark.parametrize(("overrides", "said"), [
    (["model=autoencoder", "task=vae"], "model=autoencoder is trained with task=reconstruct"),
    (["model=gan", "task=classify"], "model=gan is trained with task=adversarial"),
    (["model=dense", "task=reconstruct"], "it trains model=autoencoder or"),
])
def test_a_task_of_another_model_is_refused_with_the_right_one(overrides: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        preflight(overrides)
    assert [problem.given for problem in caught.value.problems] == [overrides[1]]
    assert caught.value.problems[0].expected.startswith(said)
