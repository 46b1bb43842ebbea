"""MNIST: handwritten digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.sets._idx import IdxImages
from dlrun.data.sets._images import pictures
from dlrun.registry import register


@register("dataset", "mnist")
@dataclass(frozen=True)
class Mnist(IdxImages):
    """60,000 + 10,000 handwritten digits, 28x28 grey, 10 classes (LeCun, Cortes, Burges)."""

    torchvision: ClassVar[str] = "MNIST"
    known: ClassVar[DatasetInfo] = pictures((1, 28, 28), tuple("0123456789"), train=60000, test=10000)
    rows_of_class: ClassVar[dict[str, tuple[int, ...]]] = {
        "train": (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
        "test": (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
    }
    hashes: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    }
