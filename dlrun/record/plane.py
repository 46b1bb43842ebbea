"""A plane with two axes, drawn with Pillow: 10 milliseconds, where a plotting library takes 100, and 500 to load.

For what every job of a sweep draws; the time is the job's.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

from dlrun.record.axis_scale import AxisScale, number
from dlrun.record.drawing import font, save, upright, write
from dlrun.record.palette import FRAME, INK, PAPER

FINER = 2  # lines are drawn so many times as large, and made smooth by the reduction
TOP, BELOW, RIGHT = 44, 58, 24  # pixels around the plane


class Plane:
    """`x` and `y` are from values to shares of the plane, 0 at its left and at its bottom; sizes are in pixels."""

    def __init__(self, x: AxisScale, y: AxisScale, width: int, height: int):
        self.x, self.y, self.width, self.height = x, y, width, height
        self._lines: list[tuple[Sequence[Any], Any, float]] = []
        self._dots: list[tuple[Any, Any, Any, float]] = []

    def line(self, xs: Sequence[float], ys: Sequence[float], colour: Any, thick: float = 1) -> None:
        """A line through points."""
        self._lines.append(([(self.x(a), self.y(b)) for a, b in zip(xs, ys)], colour, thick))

    def dots(self, xs: Any, ys: Any, colour: Any, share: float) -> None:
        """Discs, of which each covers a share of what lies below it; axes are linear where there are dots."""
        import numpy as np

        places = [(np.asarray(values, float) - axis.low) / (axis.high - axis.low)
                  for values, axis in ((xs, self.x), (ys, self.y))]
        self._dots.append((*places, colour, share))

    def write(self, path: str | os.PathLike[str], title: str, x_title: str, y_title: str,
              legend: Sequence[tuple[str, Any]] = ()) -> None:
        """Write it as a PNG file, with ticks, titles and the names of colours."""
        from PIL import Image, ImageDraw

        small, normal, large = font(13), font(15), font(17)
        x_ticks, y_ticks = self.x.ticks(), self.y.ticks()
        left = 38 + int(max(small.getlength(number(tick)) for tick in y_ticks))
        width = max(left + self.width + RIGHT, int(large.getlength(title)) + 20)
        sheet = Image.new("RGB", (width, TOP + self.height + BELOW), "white")
        sheet.paste(self._inside(x_ticks, y_ticks), (left, TOP))
        draw, base = ImageDraw.Draw(sheet), TOP + self.height
        draw.rectangle((left - 1, TOP - 1, left + self.width, base), outline=FRAME)
        for tick in x_ticks:
            write(draw, (left + self.x(tick) * self.width, base + 7), number(tick), INK, small, "ma")
        for tick in y_ticks:
            write(draw, (left - 7, base - self.y(tick) * self.height), number(tick), INK, small, "rm")
        write(draw, (max(left + self.width / 2, large.getlength(title) / 2 + 10), TOP / 2), title, INK, large, "mm")
        write(draw, (left + self.width / 2, base + BELOW - 10), x_title, INK, normal, "md")
        upright(sheet, y_title, normal, (14, TOP + self.height / 2), "mm")
        widest = max((small.getlength(name) for name, _ in legend), default=0)
        for place, (name, colour) in enumerate(legend):
            x, y = left + self.width - 12 - widest, TOP + 18 + 20 * place
            draw.line((x - 30, y, x - 8, y), fill=colour, width=2)
            write(draw, (x, y), name, INK, small, "lm")
        save(path, sheet)

    def _inside(self, x_ticks: Sequence[float], y_ticks: Sequence[float]) -> Any:
        """The plane without what stands around it: a grid, the lines, the dots above them."""
        from PIL import Image, ImageDraw

        width, height = self.width * FINER, self.height * FINER
        image = Image.new("RGB", (width, height), "white")
        draw = ImageDraw.Draw(image)
        for tick in x_ticks:
            draw.line((self.x(tick) * width, 0, self.x(tick) * width, height), PAPER, FINER)
        for tick in y_ticks:
            draw.line((0, (1 - self.y(tick)) * height, width, (1 - self.y(tick)) * height), PAPER, FINER)
        for points, colour, thick in self._lines:
            places = [(x * width, (1 - y) * height) for x, y in points]
            draw.line(places, colour, round(thick * FINER), joint="curve")
            if len(places) == 1:
                x, y = places[0]
                draw.ellipse((x - 2 * FINER, y - 2 * FINER, x + 2 * FINER, y + 2 * FINER), fill=colour)
        image = image.reduce(FINER)
        for dots in self._dots:
            image = _covered(image, *dots)
        return image


def _covered(image: Any, x: Any, y: Any, colour: Any, share: float) -> Any:
    """An image below discs of one colour, each of which lets through what it does not cover, whatever lies there."""
    import numpy as np
    from PIL import Image, ImageColor

    steps = [(down, right, min(1.0, 3.2 - math.hypot(down, right))) for down in range(-3, 4) for right in range(-3, 4)]
    steps = [step for step in steps if step[2] > 0]  # the pixels of a disc with a radius of 2.7, and how much of each
    down, right, inside = np.array(steps)[:, :, None].transpose(1, 0, 2)
    rows, columns = ((1 - y) * image.height + down).astype(int), (x * image.width + right).astype(int)
    there = (rows >= 0) & (rows < image.height) & (columns >= 0) & (columns < image.width)
    # The logarithm of what shines through: those of all discs add up.
    light = np.broadcast_to(np.log1p(-share * inside), there.shape)[there]
    through = np.bincount((rows * image.width + columns)[there], light, image.width * image.height)
    touched = np.flatnonzero(through)
    left = np.exp(through[touched])[:, None]
    pixels = np.array(image)
    flat = pixels.reshape(-1, 3)
    flat[touched] = (flat[touched] * left + np.array(ImageColor.getrgb(colour)) * (1 - left)).round()
    return Image.fromarray(pixels)
