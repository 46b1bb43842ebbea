"""What a peek says is what reading gives, and it is fast."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from dlrun import registry
from dlrun.data import cache
from dlrun.data.dataset_info import dataset_info
from dlrun.data.read import read
from dlrun.data.sets.csv import Csv
from dlrun.data.sets.fashion_mnist import FashionMnist
from dlrun.data.sets.mnist import Mnist


def _agree(cfg, data_dir=""):
    about, source = dataset_info(cfg, data_dir), read(cfg, data_dir, lambda line: None)
    assert about.data_spec == source.data_spec
    rows = {"train": source.x, "val": source.x_val, "test": source.x_test}
    assert about.rows == {split: len(array) for split, array in rows.items() if array is not None}
    assert source.x.shape[1:] == about.data_spec.input_shape
    if about.data_spec.target_kind == "classes":
        assert set(source.y.tolist()) == set(range(len(about.data_spec.classes)))


@pytest.mark.parametrize(
    "kind",
    ["digits", "digits_rows", "iris", "wine", "breast_cancer", "diabetes", "moons", "circles", "spirals", "blobs"],
)
def test_a_peek_agrees_with_the_data(kind):
    _agree(registry.kinds("dataset")[kind]())


def test_a_peek_agrees_with_the_standard_sets(real):
    for cfg, name in ((Mnist(), "MNIST"), (FashionMnist(), "FashionMNIST")):
        _agree(cfg, str(real(name).parent))


def test_a_peek_at_a_table_is_the_same_before_and_after_it_is_cached(tmp_path):
    (tmp_path / "t.csv").write_text("x,word,kind\n1,u,a\n2,v,b\n,u,a\n4,v,\n5,v,b\n")
    cfg = Csv(path=str(tmp_path / "t.csv"), target="kind")
    before = dataset_info(cfg, "")
    _agree(cfg)
    assert dataset_info(cfg, "") == before
    (entry,) = (cache.folder() / "decoded").iterdir()
    assert np.load(entry / "x.npy").shape == (4, 4)  # x, whether it is missing, and two words


def test_a_peek_imports_nothing_heavy(tmp_path):
    (tmp_path / "t.csv").write_text("x,kind\n1,a\n2,b\n3,a\n4,b\n")
    code = (
        "import sys\n"
        "from dlrun import registry\n"
        "from dlrun.data.sets.csv import Csv\n"
        "from dlrun.config.schema.holdout import Holdout\n"
        "from dlrun.data.dataset_info import dataset_info\n"
        "from dlrun.data.split import split_rows\n"
        "for kind in ('digits', 'mnist', 'cifar10', 'iris', 'moons', 'imdb', 'reuters', 'jena', 'electricity', "
        "'boston', 'diabetes', 'treebank', 'umich', 'air_quality', 'olivetti', 'cats_and_dogs'):\n"
        "    cfg = registry.find('dataset', kind)()\n"
        "    split_rows(dataset_info(cfg, '.').rows, cfg, Holdout(), None)\n"
        f"dataset_info(Csv(path={str(tmp_path / 't.csv')!r}, target='kind'), '.')\n"
        "print([name for name in ('torch', 'torchvision', 'sklearn', 'scipy', 'pandas', 'numpy', 'PIL') "
        "if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_reading_small_sets_needs_no_torch_and_no_scikit_learn():
    code = (
        "import sys\n"
        "from dlrun.data.sets.digits import Digits\n"
        "from dlrun.config.schema.holdout import Holdout\n"
        "from dlrun.data.sets.moons import Moons\n"
        "from dlrun.data.prepare import prepare\n"
        "for cfg in (Digits(), Moons()):\n"
        "    prepare(cfg, '.', validation=Holdout(), train_size=None, seed=0, say=print)\n"
        "print([name for name in ('torch', 'torchvision', 'sklearn', 'scipy', 'pandas') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
