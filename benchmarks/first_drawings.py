"""Written characters (KanjiVG, of the package kanjivg) as QuickDraw has its drawings: pictures, and strokes."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.first_data import Shop, split

KVG = "{http://kanjivg.tagaini.net}"
PICTURES = {"gold": "金", "heart": "心", "man": "人", "mouth": "口", "thread": "糸", "word": "言"}
STROKES = {"earth": "土", "grass": "艸", "hand": "手", "tree": "木", "water": "水", "woman": "女"}
Stroke = np.ndarray  # (points, 2), from 0 to 109


def pictures(shop: Shop, into: Path) -> None:
    """A file CLASS.npz for each radical, `x` of 28 x 28 grey bytes as rows of 784, ink on black; others in new/."""
    for name, drawings in characters(shop, PICTURES).items():
        x = np.stack([np.asarray(picture(drawing), dtype=np.uint8).reshape(-1) for drawing in drawings])
        for place, rows in zip((into / "drawings", into / "drawings-new"), split(range(len(x))), strict=True):
            place.mkdir(parents=True, exist_ok=True)
            np.savez_compressed(place / f"{name}.npz", x=x[rows])


def strokes(shop: Shop, into: Path) -> None:
    """A file CLASS.ndjson for each radical, a drawing in each line, as QuickDraw's simplified ones."""
    for name, drawings in characters(shop, STROKES).items():
        lines = [json.dumps({"word": name, "recognized": True, "drawing": simplified(drawing)}) for drawing in drawings]
        for place, part in zip((into / "strokes", into / "strokes-new"), split(lines), strict=True):
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{name}.ndjson").write_text("\n".join(part) + "\n", "utf-8")


def characters(shop: Shop, radicals: dict[str, str]) -> dict[str, list[list[Stroke]]]:
    """The strokes of every character by its radical; one form of each, in the order of their code points."""
    named = {radical: name for name, radical in radicals.items()}
    found: dict[str, list[list[Stroke]]] = {name: [] for name in radicals}
    for path in sorted((shop.pip("kanjivg") / "kanji").glob("?????.svg")):
        text = path.read_text("utf-8").replace("https://kanjivg", "http://kanjivg")
        drawing = ET.fromstring(text)
        kinds = {named.get(group.get(f"{KVG}original") or group.get(f"{KVG}element") or "")
                 for group in drawing.iter("{http://www.w3.org/2000/svg}g")
                 if group.get(f"{KVG}radical") in ("general", "tradit")} - {None}
        if len(kinds) == 1:
            paths = drawing.iter("{http://www.w3.org/2000/svg}path")
            found[str(kinds.pop())].append([line(each.get("d") or "") for each in paths])
    return found


def line(path: str) -> Stroke:
    """Points along an SVG path of M, c, C, s and S, eight to a curve."""
    points, control, command, numbers = [], None, "", [float(n) for n in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", path)]
    commands = re.findall(r"[a-zA-Z]|-?(?:\d+\.?\d*|\.\d+)", path)
    at, here, k = 0, np.zeros(2), 0
    while k < len(commands):
        if commands[k].isalpha():
            command, k = commands[k], k + 1
            continue
        count = {"m": 2, "c": 6, "s": 4}[command.lower()]
        values = np.array(numbers[at:at + count]).reshape(-1, 2) + (here if command.islower() else 0)
        at, k = at + count, k + count
        if command.lower() == "m":
            here, control = values[0], None
            points.append(here)
            continue
        first = values[0] if command.lower() == "c" else 2 * here - (here if control is None else control)
        t = np.linspace(0, 1, 9)[1:, None]
        second, end = values[-2], values[-1]
        points.extend((1 - t) ** 3 * here + 3 * (1 - t) ** 2 * t * first + 3 * (1 - t) * t ** 2 * second + t ** 3 * end)
        here, control = end, second
    return np.array(points)


def picture(drawing: list[Stroke]) -> Image.Image:
    """28 x 28 pixels, drawn four times as large and made smaller."""
    large = Image.new("L", (112, 112))
    pen = ImageDraw.Draw(large)
    for stroke in drawing:
        pen.line([tuple(point) for point in stroke + 1.5], fill=255, width=5)
    return large.resize((28, 28), Image.Resampling.BOX)


def simplified(drawing: list[Stroke]) -> list[list[list[int]]]:
    """Strokes as two lists of whole numbers from 0 to 255, points that lie on the line between others left out."""
    return [[[round(v) for v in axis] for axis in thinned(stroke * 255 / 109).T.tolist()] for stroke in drawing]


def thinned(points: Stroke, within: float = 2.0) -> Stroke:
    """Ramer, Douglas and Peucker's: points nearer than `within` to the line of their neighbours go."""
    if len(points) < 3:
        return points
    along = points[-1] - points[0]
    away = points - points[0]
    far = np.abs(along[0] * away[:, 1] - along[1] * away[:, 0]) / (np.hypot(*along) or 1.0)
    k = int(far.argmax())
    if far[k] <= within:
        return points[[0, -1]]
    return np.concatenate([thinned(points[:k + 1], within)[:-1], thinned(points[k:], within)])
