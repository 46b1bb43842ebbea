"""The standard data sets as constants: signatures, rows, file names, checksums.  Nothing is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec

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
PATIENT = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")
DISTRICT = ("CRIM", "ZN", "INDUS", "CHAS", "NOX", "RM", "AGE", "DIS", "RAD", "TAX", "PTRATIO", "B", "LSTAT")
AIR = (
    "CO(GT)", "PT08.S1(CO)", "NMHC(GT)", "PT08.S2(NMHC)", "NOx(GT)", "PT08.S3(NOx)", "NO2(GT)", "PT08.S4(NO2)",
    "PT08.S5(O3)", "T", "RH", "AH",
)


@dataclass(frozen=True)
class Known:
    """A standard set: what `peek` says of it, and the stored value that stands for white."""

    data_spec: DatasetSpec
    rows: dict[str, int]
    levels: float = 1.0


def _image(shape: tuple[int, int, int], classes: tuple[str, ...]) -> DatasetSpec:
    return DatasetSpec(shape, "image", "classes", classes)


def _table(features: tuple[str, ...], classes: tuple[str, ...]) -> DatasetSpec:
    return DatasetSpec((len(features),), "table", "classes", classes, features)


def _number(features: tuple[str, ...], name: str, unit: str = "") -> DatasetSpec:
    return DatasetSpec((len(features),), "table", "number", features=features, target_name=name, unit=unit)


SETS: dict[str, Known] = {
    "digits": Known(_image((1, 8, 8), DIGITS), {"train": 1797}, 16.0),
    "mnist": Known(_image((1, 28, 28), DIGITS), {"train": 60000, "test": 10000}, 255.0),
    "fashion_mnist": Known(_image((1, 28, 28), CLOTHING), {"train": 60000, "test": 10000}, 255.0),
    "cifar10": Known(_image((3, 32, 32), THINGS), {"train": 50000, "test": 10000}, 255.0),
    "iris": Known(_table(FLOWER, ("setosa", "versicolor", "virginica")), {"train": 150}),
    "wine": Known(_table(WINE, ("class_0", "class_1", "class_2")), {"train": 178}),
    "breast_cancer": Known(_table(TUMOUR, ("malignant", "benign")), {"train": 569}),
    "diabetes": Known(_number(PATIENT, "progression"), {"train": 442}),
    "boston": Known(_number(DISTRICT, "MEDV", "1,000 $"), {"train": 404, "test": 102}),
    "air_quality": Known(_number(AIR, "C6H6(GT)", "µg/m³"), {"train": 8991}),
    "digits_rows": Known(
        DatasetSpec((8, 8), "series", "classes", DIGITS, tuple(f"pixel {place}" for place in range(8))),
        {"train": 1797}, 16.0),
    "olivetti": Known(_image((1, 64, 64), tuple(f"person {number}" for number in range(1, 41))), {"train": 400}, 255.0),
}

# Rows of each class, where `only` chooses among them: of train and test.
ROWS_OF_CLASS: dict[str, dict[str, tuple[int, ...]]] = {
    "mnist": {"train": (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
              "test": (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)},
    "fashion_mnist": {"train": (6000,) * 10, "test": (1000,) * 10},
    "cifar10": {"train": (5000,) * 10, "test": (1000,) * 10},
}
TOYS = ("moons", "circles", "spirals", "blobs")


def dataset_info(cfg: Any) -> DatasetInfo | None:
    """Signature and rows of a standard set or a toy, all classes of it; None for a user's own files."""
    if cfg.kind in TOYS:
        classes = tuple(str(label) for label in range(getattr(cfg, "classes", 2)))
        return DatasetInfo(DatasetSpec((2,), "table", "classes", classes, ("x", "y")), {"train": cfg.rows})
    about = SETS.get(cfg.kind)
    return None if about is None else DatasetInfo(about.data_spec, dict(about.rows))


# The four files of MNIST and Fashion-MNIST, in the order train images, train labels, test images, test labels.
IDX_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
IDX_FOLDERS = {"mnist": "MNIST/raw", "fashion_mnist": "FashionMNIST/raw"}
CIFAR_BATCHES = ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch")

# SHA-256 of the genuine files by kind and file name; a file named here with another hash is used, with a note.
HASHES: dict[str, dict[str, str | tuple[str, ...]]] = {
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
    "imdb": {
        "imdb.npz": (
            "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",  # Keras's
            "229f9037a625b7950994032ebdb4aefef2b2487e79940726837d11cc6cae9e20",  # rebuilt from the reviews
        ),
        "imdb_word_index.json": "027313fe9a320280f3bf0fac5baf58c4a683cf39a7ed9c3d3d3912bde4284cf6",
    },
    "reuters": {
        "reuters.npz": (
            "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916",  # Keras's
            "8c1255c498914fa00e37f1820ec96e290f5a247b63a858ac7b24ca809504e13a",  # rebuilt from the newswires
        ),
        "reuters_word_index.json": (
            "979916d138e98b7641e09baf44f354f10206b357b8c86b7fac4bd43f57fdcbbb",  # the same pairs as Keras's
        ),
    },
    "boston": {
        "boston_housing.npz": (
            "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5",  # Keras's
            "9a38dd3bf92f3c2809445778cc12336e985c0faf67eb64379f6809dca11ef4bc",  # the same rows, written anew
        ),
    },
    "air_quality": {"AirQualityUCI.csv": "13277ae5d8581e80b7be09d47c7d3d06fe9b8e957078f2cf6e859f955e62f996"},
    "jena": {
        "jena_climate_2009_first4000.csv": "4f8858d6a054d939e04969bf1a3fcb175e99a211c767853bf937de1ed47b0ab1",
        "mpi_roof_2024-06_2024-10.csv.gz": "88a3700b4ddbc62e3e32efbf632f057e0fd9d4ef4a8583bb60977d601de91c9a",
    },
    "electricity": {
        "LD_MT200_hour.csv": "4a436734092aba170dfdc37aada131b00429648034c509d913253b2d1c18c352",
        "LD_250.npy": "5b7068192dd7db5bb5cccc77094118bc79e06f8065955d4d9dd3485bf5f8320e",
    },
    "umich": {"training.txt": "f62739660ffa9233cae138557dda4f5dac9865aef352645881240e9045df23d9"},
    "treebank": {"treebank.zip": "9da92d76c3666cfb6cddeaed0f7e86b344cce0f0928a286d439e555f19c37399"},
    "nietzsche": {"nietzsche.txt": "23cf69874ab69d3d256099ab530ea4be24d47d9675b673bcc67cbcd6298ec647"},
    "alice": {"alice_in_wonderland.txt": "49a0b2726606e1290ac03a63978fa1dd1bd38a8d805704d98265f393533ea094"},
    "aesop": {"aesop_11339.txt": "89136f6b7f09b1eb8fd28e421a1ffea2de4ca315581786e560ade0acb1690de7"},
    "olivetti": {"olivettifaces.mat": "b1988d02c72fe5b8ee82b5ef3bb7982eafc74f1e1ff0ae0ade35061ad0af534d"},
    "cats_and_dogs": {"cats_and_dogs_small.tar.xz": "4adf6dc90ec120f7dc785118967bd221af06aa64cd9f5d1efc5bd0c2c7250086"},
    "cifar10": {
        "cifar-10-python.tar.gz": "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        "CIFAR-10-images.tar.xz": "3183ba6aefb2384cccad788b6bedcca0242cf0d72e3d23bf867cf888cc65f5b9",
    },
}
