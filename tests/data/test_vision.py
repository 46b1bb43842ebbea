"""torchvision can be imported beside any torch."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

from tests.helpers.forked import Forked


def use() -> None:
    """In a process that has not imported it."""
    assert "torchvision" not in sys.modules
    from dlrun.data.formats.vision import torchvision

    vision = torchvision()
    assert torchvision() is vision
    gc.collect()
    import torch
    from torchvision import datasets, transforms

    picture, _ = datasets.FakeData(2, (3, 8, 8), transform=transforms.ToTensor())[0]
    assert picture.shape == (3, 8, 8)
    torch.ops.torchvision.nms  # noqa: B018


def test_torchvisions_datasets_and_transforms_work(tmp_path: Path) -> None:
    process = Forked(use, cwd=tmp_path)
    _, err = process.communicate(60)
    assert process.returncode == 0, err
