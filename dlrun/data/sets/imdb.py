"""Reviews of films, of the Internet Movie Database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.sets._keras import KerasTexts, orders
from dlrun.data.sets._words import POLARITY
from dlrun.registry import register

if TYPE_CHECKING:
    import numpy as np


@register("dataset", "imdb")
@dataclass(frozen=True)
class Imdb(KerasTexts):
    """25,000 + 25,000 reviews of films as word ids, negative or positive (Maas et al. 2011; Keras's file)."""

    archive: ClassVar[str] = "imdb.npz"
    known: ClassVar[DatasetInfo] = DatasetInfo(DatasetSpec((), "tokens", "classes", POLARITY),
                                               {"train": 25000, "test": 25000})
    hashes: ClassVar[dict[str, str | tuple[str, ...]]] = {
        "imdb.npz": (
            "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",  # Keras's
            "229f9037a625b7950994032ebdb4aefef2b2487e79940726837d11cc6cae9e20",  # rebuilt from the reviews
        ),
        "imdb_word_index.json": "027313fe9a320280f3bf0fac5baf58c4a683cf39a7ed9c3d3d3912bde4284cf6",
    }

    def parts(self, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
        """Each split shuffled by itself, both from one stream."""
        x, y, x_test, y_test = (arrays[name] for name in ("x_train", "y_train", "x_test", "y_test"))
        train, test = orders(len(x), len(x_test))
        return x[train], y[train], x_test[test], y_test[test]
