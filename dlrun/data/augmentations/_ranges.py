"""How much training pictures are changed."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.config.schema.fields import choice, flag, integer, number
from dlrun.data.augmentations._base import Augmentation


@dataclass(frozen=True)
class Ranges(Augmentation):
    """How far a picture is turned, moved, sheared and zoomed at most, and what else may happen to it."""

    rotation: float = number(0.0, "Largest rotation in degrees, either way.", low=0, high=180)
    shift_x: float = number(0.0, "Largest horizontal shift as a fraction of the width.", low=0, high=1)
    shift_y: float = number(0.0, "Largest vertical shift as a fraction of the height.", low=0, high=1)
    shear: float = number(0.0, "Largest shear angle in radians (as in Keras 1 and 2.0).", low=0, high=1.5)
    zoom: float = number(0.0, "Zoom by 1 - zoom to 1 + zoom, height and width apart.", low=0, high=1, below=True)
    flip_horizontal: bool = flag(False, "Mirror left and right with probability 1/2.")
    flip_vertical: bool = flag(False, "Mirror top and bottom with probability 1/2.")
    fill: str = choice("nearest", ("nearest", "zeros", "reflect"), "What stands outside the picture.")
    crop: int = integer(0, "Pixels of padding that a random crop of the old size is cut from; 0: off.", low=0, high=512)
