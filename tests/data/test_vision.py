"""torchvision can be imported beside any torch."""

from __future__ import annotations

import subprocess
import sys


def test_torchvisions_datasets_and_transforms_work():
    code = (
        "from dlrun.data.formats.vision import torchvision\n"
        "vision = torchvision()\n"
        "assert torchvision() is vision\n"
        "import gc; gc.collect()\n"
        "import torch\n"
        "from torchvision import datasets, transforms\n"
        "picture, label = datasets.FakeData(2, (3, 8, 8), transform=transforms.ToTensor())[0]\n"
        "assert picture.shape == (3, 8, 8)\n"
        "torch.ops.torchvision.nms\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
