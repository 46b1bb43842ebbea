"""Pictures of autoencoders: ways between two rows."""

from __future__ import annotations

import numpy as np
from PIL import Image


def test_a_way_between_two_rows_begins_and_ends_with_them(go) -> None:
    outcome = go("model=autoencoder", "epochs=1")
    picture = np.asarray(Image.open(outcome.folder / "pictures" / "between.png"))
    line = picture[6:102, 6:]
    first, back = line[:, :96], line[:, 102:198]
    batch = np.asarray(Image.open(outcome.folder / "pictures" / "reconstructions.png"))
    assert np.array_equal(first, batch[6:102, 6:102])
    assert np.array_equal(line[:, 9 * 102:9 * 102 + 96], batch[6:102, 108:204])  # the second shown row
    assert np.abs(back.astype(int) - batch[108:204, 6:102]).max() <= 1
