"""Noisy ripples: a number for each point of the plane."""

from dataclasses import dataclass

from dlrun.api.kinds import Dataset, DatasetInfo, DatasetSpec, RawDataset, choice, integer, number, text


@dataclass(frozen=True)
class Ripples(Dataset):
    """Heights of ripples around the middle of a pond; drawn."""

    name: str = text("", "The option's name.", identity=False)
    scale: str = choice("none", ("none", "standard"), "How the two coordinates are scaled.")
    rows: int = integer(240, "How many points are drawn.", low=10)
    waves: float = number(2.0, "Waves from the middle to the edge.", low=0)
    test: float = number(0.25, "The test part.", low=0)
    split_seed: int = integer(0, "Seed of the shuffle that the test rows are taken from.", low=0)

    def info(self, data_dir):
        return DatasetInfo(DatasetSpec((2,), "table", "number", features=("x", "y"), target_name="height"),
                           {"train": self.rows})

    def read(self, data_dir, say):
        import numpy as np

        x = np.random.RandomState(0).uniform(-1, 1, (self.rows, 2)).astype(np.float32)
        return RawDataset(self.info(data_dir).data_spec, x, np.cos(2 * np.pi * self.waves * np.hypot(*x.T)))
