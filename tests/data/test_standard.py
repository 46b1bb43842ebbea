"""MNIST, Fashion-MNIST and CIFAR-10, from small files made here and from the real ones."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import struct
import tarfile

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.data.dataset_info import dataset_info
from dlrun.data.prepare import prepare
from dlrun.data.read import read
from dlrun.data.sets import cifar10
from dlrun.data.sets._idx import FILES
from dlrun.data.sets.cifar10 import BATCHES, THINGS, Cifar10, batch
from dlrun.data.sets.fashion_mnist import FashionMnist
from dlrun.data.sets.mnist import Mnist

RNG = np.random.default_rng(0)


def _idx(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def _small_mnist(root, unpacked=False):
    folder = root / "MNIST/raw"
    folder.mkdir(parents=True)
    x, y = RNG.integers(0, 256, (12, 28, 28), np.uint8), (np.arange(12) % 10).astype(np.uint8)
    for name, array in zip(FILES, (x[:8], y[:8], x[8:], y[8:])):
        data = _idx(array)
        (folder / (name if unpacked else f"{name}.gz")).write_bytes(data if unpacked else gzip.compress(data))
    return x, y


@pytest.mark.parametrize("unpacked", [False, True])
def test_idx_files_are_read_in_place_and_a_strange_hash_is_said(tmp_path, said, unpacked):
    x, y = _small_mnist(tmp_path, unpacked)
    before = sorted(tmp_path.rglob("*"))
    source = read(Mnist(), str(tmp_path), said.append)
    assert np.array_equal(source.x[:, 0], x[:8]) and source.y_test.tolist() == y[8:].tolist()
    assert source.y.dtype == np.int64 and source.x.shape == (8, 1, 28, 28)
    assert len(said) == 4 and "is not the known file" in said[0] and FILES[0] in said[0]
    assert [path for path in sorted(tmp_path.rglob("*")) if "cache" not in path.parts] == before


def test_a_damaged_file_is_a_problem_with_its_name(tmp_path):
    _small_mnist(tmp_path)
    file = tmp_path / "MNIST/raw/train-images-idx3-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-50])
    with pytest.raises(ConfigError) as wrong:
        read(Mnist(), str(tmp_path), print)
    assert "train-images-idx3-ubyte.gz" in wrong.value.line


@pytest.mark.parametrize("cfg, files", [(FashionMnist(), "FashionMNIST/raw"), (Cifar10(), "cifar-10-python.tar.gz")])
def test_without_files_and_network_the_problem_says_what_to_do(tmp_path, monkeypatch, cfg, files):
    import socket

    def offline(*args, **kwargs):
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    with pytest.raises(ConfigError) as caught:
        read(cfg, str(tmp_path), print)
    (problem,) = caught.value.problems
    assert problem.given == f"dataset={cfg.kind}"
    assert files in problem.expected and str(tmp_path) in problem.expected and "digits" in problem.expected
    assert "Network is unreachable" in problem.expected


def _batches():
    x, y = RNG.integers(0, 256, (12, 3072), np.uint8), RNG.integers(0, 10, 12)
    return x, y, {
        name: pickle.dumps({b"data": x[2 * place:2 * place + 2], b"labels": y[2 * place:2 * place + 2].tolist()}, 4)
        for place, name in enumerate(BATCHES)
    }


def _check_batches(root, x, y):
    source = read(Cifar10(), str(root), lambda line: None)
    assert np.array_equal(source.x.reshape(10, 3072), x[:10]) and source.y.tolist() == y[:10].tolist()
    assert np.array_equal(source.x_test.reshape(2, 3072), x[10:]) and source.label == ""
    assert source.x[0, 1, 2, 3] == x[0, 1024 + 2 * 32 + 3]  # all red, then all green; row by row


def test_cifar_is_read_unpacked_and_from_its_archive(tmp_path):
    x, y, batches = _batches()
    for name, data in batches.items():
        (tmp_path / "a/cifar-10-batches-py").mkdir(parents=True, exist_ok=True)
        (tmp_path / "a/cifar-10-batches-py" / name).write_bytes(data)
    _check_batches(tmp_path / "a", x, y)
    (tmp_path / "b/CIFAR10").mkdir(parents=True)
    with tarfile.open(tmp_path / "b/CIFAR10/cifar-10-python.tar.gz", "w:gz") as tar:
        for name, data in batches.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    _check_batches(tmp_path / "b", x, y)
    assert sorted(path.name for path in (tmp_path / "b").rglob("*")) == ["CIFAR10", "cifar-10-python.tar.gz"]


def test_a_batch_of_python_2_is_read():
    # As Python 2 wrote them (protocol 2, text keys as bytes, numpy.core): made by hand, since Python 3 can't.
    pixels = bytes(range(256)) * 12
    data = (
        b"\x80\x02}(U\x04data"
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x01M\x00\x0c\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R"
        b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        b"T" + struct.pack("<I", len(pixels)) + pixels + b"tb"
        b"U\x06labels]K\x07au."
    )
    x, y = batch(data)
    assert x.tobytes() == pixels and x.shape == (1, 3, 32, 32) and y.tolist() == [7]


def test_a_batch_may_not_name_anything_else(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "made"),)

    with pytest.raises(pickle.UnpicklingError, match="does not belong"):
        batch(pickle.dumps({b"data": Evil()}))
    assert not (tmp_path / "made").exists()


def test_mnist_is_the_genuine_one(real, said):
    source = read(Mnist(), str(real("MNIST").parent), said.append)
    assert said == [] and source.x.shape == (60000, 1, 28, 28) and source.x_test.shape == (10000, 1, 28, 28)
    # The usual facts: first labels, class counts of the training split, mean and deviation in [0, 1].
    assert source.y[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(source.y).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert source.x.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert source.x.std() / 255 == pytest.approx(0.3081, abs=5e-5)


def test_fashion_mnist_is_the_genuine_one(real, said):
    source = read(FashionMnist(), str(real("FashionMNIST").parent), said.append)
    assert said == [] and np.bincount(source.y).tolist() == [6000] * 10
    assert source.x.mean() / 255 == pytest.approx(0.2860, abs=5e-5)


def test_a_jpeg_copy_is_put_into_the_order_of_its_numbers_and_says_so(tmp_path, said, monkeypatch):
    from PIL import Image

    monkeypatch.setattr(cifar10, "ROWS", {"train": 8, "test": 3})
    with tarfile.open(tmp_path / cifar10.COPY, "w:xz") as tar:
        for split, place in [("test", 2), ("train", 5), *(("train", row) for row in (7, 0, 3, 1, 6, 2, 4)), ("test", 0),
                             ("test", 1)]:
            stream = io.BytesIO()
            Image.new("RGB", (32, 32), (20 * place, 200, 0 if split == "train" else 255)).save(stream, "JPEG")
            member = tarfile.TarInfo(f"CIFAR-10-images/{split}/{THINGS[place % 4]}/{place:05d}.jpg")
            member.size = len(stream.getvalue())
            tar.addfile(member, io.BytesIO(stream.getvalue()))
    source = read(Cifar10(), str(tmp_path), said.append)
    assert source.label == "JPEG copy" and any("JPEG" in line for line in said)
    assert source.y.tolist() == [0, 1, 2, 3, 0, 1, 2, 3] and source.y_test.tolist() == [0, 1, 2]
    assert source.x.shape == (8, 3, 32, 32) and source.x_test.shape == (3, 3, 32, 32)
    for x, blue in ((source.x, 0), (source.x_test, 255)):
        colours = np.array([[20 * place, 200, blue] for place in range(len(x))])
        assert np.abs(x.mean((2, 3)) - colours).max() < 3
    monkeypatch.setattr(cifar10, "ROWS", {"train": 10, "test": 3})
    monkeypatch.setenv("DLRUN_CACHE", str(tmp_path / "another"))
    with pytest.raises(ConfigError, match="lacks 2 of 10 train pictures"):
        read(Cifar10(), str(tmp_path), said.append)


@pytest.mark.slow  # 60,000 pictures are decoded
def test_the_jpeg_copy_of_cifar_is_in_the_original_order_and_says_so(real, said):
    from PIL import Image

    folder = real("CIFAR10/lossless")
    source = read(Cifar10(), str(folder.parent.parent), said.append)
    about = dataset_info(Cifar10(), "")
    assert about.data_spec == source.data_spec and about.rows == {"train": len(source.x), "test": len(source.x_test)}
    assert prepare(Cifar10(), str(folder.parent.parent), validation=None, train_size=None, seed=0,
                   say=said.append).label == "JPEG copy"
    labels = np.load(folder / "labels_51000.npy")
    assert source.label == "JPEG copy" and any("JPEG" in line for line in said)
    assert np.array_equal(source.y, labels[:50000]) and np.array_equal(source.y_test[:1000], labels[50000:])
    for file, ours in (("cifar10_batch_1.png", source.x[1000:2000]), ("cifar10_batch_50.png", source.x_test[:1000])):
        exact = np.asarray(Image.open(folder / file).convert("RGB")).reshape(1000, 32, 32, 3).transpose(0, 3, 1, 2)
        error = np.mean((exact.astype(np.float64) - ours) ** 2, axis=(1, 2, 3))
        assert 10 * np.log10(255**2 / error).mean() == pytest.approx(30, abs=3)  # dB; each with its own original
