"""How far a classifier's probabilities can be believed, as a PNG file drawn with Pillow (see `confusion`)."""

from __future__ import annotations

import os
from collections.abc import Sequence

from dlrun.record.drawing import font, save, write
from dlrun.record.palette import FIRST, FRAME, INK, PALE_SECOND

SIDE, LOW = 420, 90  # pixels of the upper picture, and of the height of the lower one
LEFT, TOP, GAP = 70, 66, 34


def save_reliability(path: str | os.PathLike[str], rows: Sequence[float], sure: Sequence[float],
                     right: Sequence[float], error: float) -> None:
    """The share of right rows by the probability of the class taken, in bins; below, how many rows each bin has.

    `rows`, `sure` (mean probability) and `right` (share that is right) are of equal bins from 0 to 1, `error` is the
    expected calibration error.  Where the bars reach the diagonal the probabilities are right.
    """
    from PIL import Image, ImageDraw

    small, normal, large = font(13), font(15), font(18)
    sheet = Image.new("RGB", (LEFT + SIDE + 30, TOP + SIDE + GAP + LOW + 60), "white")
    draw = ImageDraw.Draw(sheet)
    base, floor = TOP + SIDE, TOP + SIDE + GAP + LOW
    bin_width, most = SIDE / len(rows), max([*rows, 1])
    for place, (count, probability, share) in enumerate(zip(rows, sure, right)):
        if not count:
            continue
        x = (LEFT + place * bin_width + 1, LEFT + (place + 1) * bin_width - 1)
        draw.rectangle((x[0], base - share * SIDE, x[1], base), fill=FIRST)
        draw.line((x[0], base - probability * SIDE, x[1], base - probability * SIDE), fill=PALE_SECOND, width=3)
        draw.rectangle((x[0], floor - count / most * LOW, x[1], floor), fill=FIRST)
    draw.line((LEFT, base, LEFT + SIDE, TOP), fill=(120, 120, 120), width=2)
    for top, bottom in ((TOP, base), (base + GAP, floor)):
        draw.rectangle((LEFT, top, LEFT + SIDE, bottom), outline=FRAME)
    for part in range(5):
        at = part / 4
        write(draw, (LEFT - 8, base - at * SIDE), f"{25 * part} %", INK, small, "rm")
        write(draw, (LEFT + at * SIDE, floor + 8), f"{25 * part} %", INK, small, "ma")
    write(draw, (LEFT - 8, base + GAP), f"{int(most):,}", INK, small, "rm")
    write(draw, (LEFT + SIDE / 2, 23), f"calibration error {100 * error:.1f} % of {int(sum(rows)):,} rows", INK,
              large, "mm")
    write(draw, (LEFT + SIDE / 2, 50), "bars: share that is right · lines: mean probability", INK, small, "mm")
    write(draw, (LEFT + SIDE / 2, floor + 44), "probability of the class taken", INK, normal, "mm")
    save(path, sheet)
