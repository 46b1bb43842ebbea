"""The words of the generative families: each finds its task by itself and goes together with it."""

from __future__ import annotations

import pytest

from dlrun.preflight.preflight import preflight
from dlrun.tasks.adversarial import Adversarial
from dlrun.tasks.reconstruct import Reconstruct
from dlrun.tasks.vae import Vae

FOUND = {
    "autoencoder": Reconstruct(), "sparse_autoencoder": Reconstruct(), "conv_autoencoder": Reconstruct(),
    "vae": Vae(), "conv_vae": Vae(), "gan": Adversarial(), "dcgan": Adversarial(),
    "lsgan": Adversarial(loss="least_squares"),
    "wgan": Adversarial(loss="wasserstein", critic_steps=5, clip=0.01),
    "wgan_gp": Adversarial(loss="wasserstein", critic_steps=5, gradient_penalty=10.0),
}


@pytest.mark.parametrize("word", FOUND)
def test_a_familys_word_finds_its_task(word: str) -> None:
    checked = preflight([f"model={word}"])
    assert checked.config.task == FOUND[word]
    assert checked.network is not None and checked.config.model.name == word


@pytest.mark.parametrize("word", ["vae", "gan", "wgan_gp", "dcgan"])
def test_all_families_take_the_same_words(word: str) -> None:
    config = preflight([f"model={word}", "model.dropout=0.1", "optimizer=rmsprop", "batch_size=16"]).config
    assert (config.model.dropout, config.optimizer.kind, config.batch_size) == (0.1, "rmsprop", 16)


@pytest.mark.parametrize(("task", "fields"), [("denoise", {"masked": 0.5}), ("sparse", {"sparsity": "l1"})])
def test_an_autoencoder_has_other_tasks(task: str, fields: dict) -> None:
    assert preflight(["model=autoencoder", f"task={task}"]).config.task == Reconstruct(**fields)
