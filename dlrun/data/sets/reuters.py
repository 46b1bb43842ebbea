"""Newswires of Reuters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.sets import _words as words
from dlrun.data.sets._keras import KerasTexts, orders
from dlrun.registry import register

if TYPE_CHECKING:
    import numpy as np

TOPICS = (
    "cocoa", "grain", "veg-oil", "earn", "acq", "wheat", "copper", "housing", "money-supply", "coffee", "sugar",
    "trade", "reserves", "ship", "cotton", "carcass", "crude", "nat-gas", "cpi", "money-fx", "interest", "gnp",
    "meal-feed", "alum", "oilseed", "gold", "tin", "strategic-metal", "livestock", "retail", "ipi", "iron-steel",
    "rubber", "heat", "jobs", "lei", "bop", "zinc", "orange", "pet-chem", "dlr", "gas", "silver", "wpi", "hog", "lead",
)


@register("dataset", "reuters")
@dataclass(frozen=True)
class Reuters(KerasTexts):
    """8,982 + 2,246 newswires of 1987 as word ids, 46 topics (Keras's file and split)."""

    archive: ClassVar[str] = "reuters.npz"
    known: ClassVar[DatasetInfo] = DatasetInfo(DatasetSpec((), "tokens", "classes", TOPICS),
                                               {"train": 8982, "test": 2246})
    hashes: ClassVar[dict[str, str | tuple[str, ...]]] = {
        "reuters.npz": (
            "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916",  # Keras's
            "8c1255c498914fa00e37f1820ec96e290f5a247b63a858ac7b24ca809504e13a",  # rebuilt from the newswires
        ),
        "reuters_word_index.json": (
            "979916d138e98b7641e09baf44f354f10206b357b8c86b7fac4bd43f57fdcbbb",  # the same pairs as Keras's
        ),
    }
    maxlen: int | None = words.maxlen(200)

    def parts(self, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
        """Cut after the first 80 % of one shuffle."""
        x, y = arrays["x"], arrays["y"]
        (order,) = orders(len(x))
        x, y = x[order], y[order]
        count = int(len(x) * (1 - 0.2))
        return x[:count], y[:count], x[count:], y[count:]
