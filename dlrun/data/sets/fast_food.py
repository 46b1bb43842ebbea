"""Meals and their prices, drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from dlrun.config.schema.fields import integer, number
from dlrun.config.seeds import derive_seed
from dlrun.data.dataset_spec import Column, DatasetInfo
from dlrun.data.sets import _options as options
from dlrun.data.sets import _tables as tables
from dlrun.data.sets._base import Say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.source import RawDataset

FOODS = ("burgers", "fries", "sodas")
PRICES = (2.5, 1.5, 1.0)
MOST = 5  # of one food in a meal


@register("dataset", "fast_food")
@dataclass(frozen=True)
class FastFood(tables.TableDataset):
    """Meals of 0 to 5 burgers (2.50), portions of fries (1.50) and sodas (1.00), and what each meal costs; drawn.

    The linear neuron of Buduma and Locascio, chapter 2, learns the three prices as its weights.
    """

    offline: ClassVar[bool] = True
    scale: str = options.table_scale("none")
    target_scale: str = options.target_scale()
    rows: int = integer(100, "How many meals are drawn.", low=4)
    noise: float = number(0.0, "Standard deviation of the noise that is added to each price.", low=0)
    data_seed: int = integer(0, "Seed of the meals.", low=0)

    def info(self, data_dir: str) -> DatasetInfo:
        return tables.number(FOODS, "price", train=self.rows)

    def read(self, data_dir: str, say: Say) -> RawDataset:
        """The meals; equal on every machine up to rounding."""
        import numpy as np

        from dlrun.data.source import RawDataset, complete

        # RandomState's streams are frozen by NumPy: a new version gives the same meals.
        stream = np.random.RandomState(np.random.MT19937(derive_seed(self.data_seed, "meals")))
        x = stream.randint(0, MOST + 1, (self.rows, len(FOODS))).astype(np.float32)
        y = x @ np.array(PRICES, np.float32) + np.float32(self.noise) * stream.standard_normal(self.rows)
        return complete(RawDataset(self.info(data_dir).data_spec, x, y.astype(np.float32),
                                   columns=tuple(Column(food, "number") for food in FOODS)))
