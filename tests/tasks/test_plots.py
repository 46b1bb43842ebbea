"""Pictures of every task whose network has convolutions: what the filters make of a row."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from dlrun.inference.load import load_run
from tests.tasks.make import data_of


def tile(picture: np.ndarray, column: int, row: int, size: int) -> np.ndarray:
    """The middle of a tile with a caption, gray."""
    x, y = 6 + column * (size + 6), 6 + row * (size + 22)
    return picture[y:y + size, x:x + size]


def test_activations_are_what_the_first_filters_make_of_the_first_row(go) -> None:
    outcome = go("model=cnn", "model.filters=[3,2]", "model.hidden=[4]", "epochs=1")
    names = {path.name for path in (outcome.folder / "pictures").glob("activations*")}
    assert names == {"activations.png", "activations-last.png"}
    test = data_of(outcome.folder).test
    assert test is not None
    x = torch.from_numpy(np.array(test.x[:1])).float() / 16
    weights = dict(load_run(outcome.folder).model.named_parameters())
    maps = F.relu(F.conv2d(x, weights["conv_1.weight"], weights["conv_1.bias"], padding=1))[0].detach().numpy()
    picture = np.asarray(Image.open(outcome.folder / "pictures" / "activations.png"))
    for place, values in enumerate([x[0, 0].numpy(), *maps]):
        expected = np.round(255 * (values - values.min()) / max(values.max() - values.min(), 1e-12))
        shown = tile(picture, place % 2, place // 2, 96)[6::12, 6::12].astype(float)
        assert np.abs(shown - expected).max() <= 1, place
