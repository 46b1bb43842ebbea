"""Points for TensorBoard's projector, read by its own reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.projector.projector_plugin import ProjectorPlugin

from dlrun.inference.load import load_run


def test_the_projector_reads_words_and_rows(go, texts) -> None:
    outcome = go(*texts, "model=lstm", "model.units=5", "projector=true")
    config = points_of(outcome.folder)
    assert [one.tensor_name for one in config.embeddings] == ["embedding_1", "features"]
    words = (outcome.folder / config.embeddings[0].metadata_path).read_text().splitlines()
    vectors = np.loadtxt(outcome.folder / config.embeddings[0].tensor_path)
    weights = load_run(outcome.folder).model.get_parameter("embedding_1.weight").detach().numpy()
    assert len(words) == len(vectors) and {"fine", "poor", "thing"} <= set(words)
    np.testing.assert_allclose(vectors, weights[:len(vectors)], rtol=1e-5)
    features = np.loadtxt(outcome.folder / config.embeddings[1].tensor_path)
    assert features.shape[1] == 5


def test_the_projector_shows_images_at_their_points(go) -> None:
    outcome = go("model=dense", "model.hidden=[6]", "epochs=1", "projector=true")
    one, = points_of(outcome.folder).embeddings
    assert list(one.sprite.single_image_dim) == [8, 8] and list(one.tensor_shape) == [360, 6]
    sheet = np.asarray(Image.open(outcome.folder / one.sprite.image_path))[:, :, 0]
    assert sheet.shape == (19 * 8, 19 * 8)
    labels = (outcome.folder / one.metadata_path).read_text().split()
    mean = [np.mean([sheet[8 * (i // 19):8 * (i // 19) + 8, 8 * (i % 19) + 3:8 * (i % 19) + 5].mean()
                     for i in range(360) if labels[i] == digit]) for digit in "01"]
    assert mean[0] < 0.7 * mean[1], "the middle of a 0 is empty, that of a 1 is not"


def points_of(folder: Path) -> Any:
    """What TensorBoard's own reader finds of a run's points."""
    plugin = ProjectorPlugin(TBContext(logdir=str(folder.absolute())))
    plugin._update_configs()
    return plugin._configs["."]
