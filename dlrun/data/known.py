"""The standard data sets as constants: signatures, rows, file names, checksums.  Nothing is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dlrun.data.signature import Peek, Signature

DIGITS = tuple("0123456789")
CLOTHING = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)
THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
FLOWER = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
WINE = (
    "alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids",
    "nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "od280/od315_of_diluted_wines", "proline",
)
TUMOUR = tuple(
    form.format(feature)
    for form in ("mean {}", "{} error", "worst {}")
    for feature in (
        "radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave points",
        "symmetry", "fractal dimension",
    )
)


@dataclass(frozen=True)
class Known:
    """A standard set: what `peek` says of it, and the stored value that stands for white."""

    signature: Signature
    rows: dict[str, int]
    levels: float = 1.0


def _image(shape: tuple[int, int, int], classes: tuple[str, ...]) -> Signature:
    return Signature(shape, "image", "classes", classes)


def _table(features: tuple[str, ...], classes: tuple[str, ...]) -> Signature:
    return Signature((len(features),), "table", "classes", classes, features)


SETS: dict[str, Known] = {
    "digits": Known(_image((1, 8, 8), DIGITS), {"train": 1797}, 16.0),
    "mnist": Known(_image((1, 28, 28), DIGITS), {"train": 60000, "test": 10000}, 255.0),
    "fashion_mnist": Known(_image((1, 28, 28), CLOTHING), {"train": 60000, "test": 10000}, 255.0),
    "cifar10": Known(_image((3, 32, 32), THINGS), {"train": 50000, "test": 10000}, 255.0),
    "iris": Known(_table(FLOWER, ("setosa", "versicolor", "virginica")), {"train": 150}),
    "wine": Known(_table(WINE, ("class_0", "class_1", "class_2")), {"train": 178}),
    "breast_cancer": Known(_table(TUMOUR, ("malignant", "benign")), {"train": 569}),
}

TOYS = ("moons", "circles", "spirals", "blobs")


def peek(cfg: Any) -> Peek | None:
    """Signature and rows of a standard set or a toy; None for a user's own files."""
    if cfg.kind in TOYS:
        classes = tuple(str(label) for label in range(getattr(cfg, "classes", 2)))
        return Peek(Signature((2,), "table", "classes", classes, ("x", "y")), {"train": cfg.rows})
    about = SETS.get(cfg.kind)
    return None if about is None else Peek(about.signature, dict(about.rows))


# The four files of MNIST and Fashion-MNIST, in the order train images, train labels, test images, test labels.
IDX_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
IDX_FOLDERS = {"mnist": "MNIST/raw", "fashion_mnist": "FashionMNIST/raw"}
CIFAR_BATCHES = ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch")

# SHA-256 of the genuine files by kind and file name; a file named here with another hash is used, with a note.
HASHES: dict[str, dict[str, str]] = {
    "mnist": {
        "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    "fashion_mnist": {
        "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
    "cifar10": {
        "cifar-10-python.tar.gz": "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        "CIFAR-10-images.tar.xz": "3183ba6aefb2384cccad788b6bedcca0242cf0d72e3d23bf867cf888cc65f5b9",
    },
}
