"""Small files of every form that a user can bring, and the overrides that choose them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

WORDS = "the cat sat on a mat and saw the dog run far away from all that noise of it".split()


def made_data(folder: Path, rows: int = 60) -> dict[str, list[str]]:
    """Writes the files; by a name of each form the overrides of a run on it."""
    draw = np.random.default_rng(7)
    folder.mkdir(parents=True, exist_ok=True)
    return {**_tables(folder, rows, draw), **_arrays(folder, rows, draw), **_texts(folder, rows, draw),
            **_pictures(folder, draw)}


def _tables(folder: Path, rows: int, draw: np.random.Generator) -> dict[str, list[str]]:
    lines = ["a,b,word,number,kind,one,two,three"]
    for row in range(rows):
        a, b = draw.normal(size=2)
        lines.append(f"{a:.4f},{b:.4f},{WORDS[row % 3]},{3 * a - b:.4f},{'xyz'[row % 3]},{row % 2},{row // 2 % 2},"
                     f"{int(a > 0)}")
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    (folder / "s.csv").write_text("x,y,z\n" + "".join(
        f"{np.sin(step / 5):.4f},{np.cos(step / 7):.4f},{step % 10}\n" for step in range(4 * rows)))
    table = ["dataset=csv", f"dataset.path={folder / 't.csv'}"]
    others = "dataset.drop=[number,kind,one,two,three]"
    keep = {name: others.replace(f"{name},", "").replace(f",{name}", "") for name in ("number", "kind")}
    return {
        "table-classes": [*table, "dataset.target=kind", keep["kind"]],
        "table-number": [*table, "dataset.target=number", keep["number"]],
        "table-labels": [*table, "dataset.target=[one,two,three]", "dataset.drop=[number,kind]"],
        "table-several": [*table, "dataset.target=[number,kind]", "dataset.drop=[one,two,three]"],
        "series-number": ["dataset=series", f"dataset.path={folder / 's.csv'}", "dataset.target=x",
                          "dataset.lookback=6"],
    }


def _arrays(folder: Path, rows: int, draw: np.random.Generator) -> dict[str, list[str]]:
    inputs = {"table": draw.normal(size=(rows, 5)).astype(np.float32),
              "image": draw.integers(0, 256, (rows, 12, 12, 1)).astype(np.uint8)}
    targets = {"classes": np.arange(rows) % 3, "number": draw.normal(size=rows).astype(np.float32),
               "labels": draw.integers(0, 2, (rows, 3)), "several": draw.normal(size=(rows, 2)).astype(np.float32)}
    found = {}
    for name, x in inputs.items():
        for target, y in {**targets, "none": None}.items():
            file = folder / f"{name}-{target}.npz"
            np.savez(file, **({"x": x} if y is None else {"x": x, "y": y}))
            found[f"npz-{name}-{target}"] = ["dataset=npz", f"dataset.path={file}"]
    return found


def _texts(folder: Path, rows: int, draw: np.random.Generator) -> dict[str, list[str]]:
    def words(count: int) -> str:
        return " ".join(draw.choice(WORDS, count))

    (folder / "l.tsv").write_text("".join(f"{('good', 'bad')[row % 2]}\t{words(6)}\n" for row in range(rows)))
    (folder / "p.txt").write_text("\n".join(words(9) + "." for _ in range(2 * rows)) + "\n")
    return {"tokens-classes": ["dataset=labelled_text", f"dataset.path={folder / 'l.tsv'}", "dataset.maxlen=8"],
            "tokens-next": ["dataset=text", f"dataset.path={folder / 'p.txt'}"]}


def _pictures(folder: Path, draw: np.random.Generator) -> dict[str, list[str]]:
    for row in range(24):
        place = folder / "pictures" / "abc"[row % 3]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw.integers(0, 256, (16, 16), dtype=np.uint8)).save(place / f"{row}.png")
    return {"image-classes": ["dataset=image_folder", f"dataset.path={folder / 'pictures'}", "dataset.size=16",
                              "dataset.channels=1"]}
