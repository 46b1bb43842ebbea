"""Points for TensorBoard's projector: the files that its plugin reads from a run's folder."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlrun.record.folder import write_text

FOLDER = "projector"
CONFIG = "projector_config.pbtxt"  # the name and the place that the plugin looks for
_SIDE = 8192  # pixels; a larger sprite is refused by browsers


@dataclass(frozen=True)
class Points:
    """`values` (rows, numbers), a text for each row, and images of the rows (rows, channels, height, width) or None."""

    values: Any
    labels: Sequence[str] = ()
    images: Any = None


def save_projector(folder: str | os.PathLike[str], points: Mapping[str, Points]) -> None:
    """Write each of `points` by name as ``projector/<name>.tsv``, with its labels and its sprite, and the list of them.

    A tab or a line break in a label becomes a space, as the format has no way to say it.
    """
    folder = Path(folder)
    blocks = []
    for name, one in points.items():
        _rows(folder / FOLDER / f"{name}.tsv", ("\t".join(f"{number:.6g}" for number in row) for row in one.values))
        fields = [f'tensor_name: "{name}"', f'tensor_path: "{FOLDER}/{name}.tsv"']
        if one.labels:
            texts = (" ".join(label.split()) or "(blank)" for label in one.labels)
            _rows(folder / FOLDER / f"{name}-labels.tsv", texts)
            fields.append(f'metadata_path: "{FOLDER}/{name}-labels.tsv"')
        if one.images is not None and (size := _sprite(folder / FOLDER / f"{name}.png", one.images)):
            fields.append(f'sprite {{ image_path: "{FOLDER}/{name}.png" single_image_dim: {size[1]} '
                          f"single_image_dim: {size[0]} }}")
        blocks.append("embeddings {\n" + "".join(f"  {field}\n" for field in fields) + "}\n")
    write_text(folder / CONFIG, "".join(blocks), sync=False)


def _rows(path: Path, lines: Any) -> None:
    write_text(path, "".join(f"{line}\n" for line in lines), sync=False)


def _sprite(path: Path, images: Any) -> tuple[int, int] | None:
    """One sheet of all images without gaps, row by row in a square; their height and width, None if it is too large."""
    import numpy as np
    from PIL import Image

    from dlrun.record.drawing import save
    from dlrun.record.pictures import pixels

    tiles = pixels(np.asarray(images))
    count, height, width, _ = tiles.shape
    side = math.isqrt(count - 1) + 1
    if side * max(height, width) > _SIDE:
        return None
    sheet = np.zeros((side, side, height, width, 3), np.uint8)
    sheet.reshape(-1, height, width, 3)[:count] = tiles
    save(path, Image.fromarray(sheet.transpose(0, 2, 1, 3, 4).reshape(side * height, side * width, 3)), flat=False)
    return height, width
