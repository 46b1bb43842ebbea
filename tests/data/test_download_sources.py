"""Downloads come over https alone."""

from __future__ import annotations

import pytest

from dlrun.data.formats.download import _over_https
from dlrun.data.formats.vision import torchvision


class Plain:
    mirrors = ["http://a/", "https://b/"]


class FashionMNIST:
    mirrors = ["http://a/"]


class Unsafe:
    mirrors = ["http://a/"]


class UnsafeUrl:
    url = "http://a/x.tar.gz"


class Safe:
    url = "https://a/x.tar.gz"


def test_sources_without_encryption_are_not_used():
    assert _over_https(Plain).mirrors == ["https://b/"] and _over_https(Plain).__name__ == "Plain"
    assert all(mirror.startswith("https://") for mirror in _over_https(FashionMNIST).mirrors)
    assert _over_https(Safe) is Safe
    for unsafe in (Unsafe, UnsafeUrl):
        with pytest.raises(ImportError, match="without encryption"):
            _over_https(unsafe)


def test_torchvisions_classes_have_a_safe_source_and_hashes():
    pytest.importorskip("torch")
    torchvision()
    from torchvision import datasets

    for name in ("MNIST", "FashionMNIST", "CIFAR10"):
        kind = _over_https(getattr(datasets, name))
        sources = getattr(kind, "mirrors", None) or [kind.url]
        assert sources and all(source.startswith("https://") for source in sources)
        hashes = [md5 for _, md5 in kind.resources] if hasattr(kind, "resources") else [kind.tgz_md5]
        assert all(len(md5) == 32 for md5 in hashes)
