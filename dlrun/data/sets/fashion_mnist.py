"""Fashion-MNIST: pieces of clothing in the form of MNIST."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.sets._idx import IdxImages
from dlrun.data.sets._images import pictures
from dlrun.registry import register

CLOTHING = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)


@register("dataset", "fashion_mnist")
@dataclass(frozen=True)
class FashionMnist(IdxImages):
    """60,000 + 10,000 pieces of clothing, 28x28 grey, 10 classes (Zalando)."""

    torchvision: ClassVar[str] = "FashionMNIST"
    known: ClassVar[DatasetInfo] = pictures((1, 28, 28), CLOTHING, train=60000, test=10000)
    rows_of_class: ClassVar[dict[str, tuple[int, ...]]] = {"train": (6000,) * 10, "test": (1000,) * 10}
    hashes: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    }
