"""Networks of torchvision as bases: the same features, names and counts, and weights that are downloaded once."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from torch import nn

from dlrun.config.problem import ConfigError
from dlrun.data.formats.vision import torchvision
from dlrun.models.pretrained import torchvision_module as module
from dlrun.models.pretrained.find import find_base
from dlrun.models.pretrained.torchvision_base import TorchvisionBase, names
from dlrun.models.pretrained.torchvision_weights import read
from dlrun.models.step_rng import StepRng

torchvision()
models = pytest.importorskip("torchvision.models")

# of each family one that is quick: its side here, and the module whose input are its features
FAMILIES = {"alexnet": (96, "avgpool"), "convnext_tiny": (64, "avgpool"), "densenet121": (64, None),
            "efficientnet_b0": (64, "avgpool"), "efficientnet_v2_s": (64, "avgpool"), "googlenet": (64, "avgpool"),
            "inception_v3": (96, "avgpool"), "mnasnet0_5": (64, None), "mobilenet_v2": (64, None),
            "mobilenet_v3_small": (64, "avgpool"), "regnet_x_400mf": (64, "avgpool"), "resnet18": (64, "avgpool"),
            "shufflenet_v2_x0_5": (64, None), "squeezenet1_1": (64, "classifier"), "swin_t": (64, "avgpool"),
            "vgg11": (64, "avgpool"), "vit_b_32": (224, "heads")}
SLOW = ("alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "efficientnet_v2_s", "googlenet", "inception_v3",
        "mobilenet_v2", "regnet_x_400mf", "swin_t", "vgg11", "vit_b_32")


def taken(whole: nn.Module, name: str | None, x: torch.Tensor) -> torch.Tensor:
    """What torchvision's own forward pass gives its pooling, or where that is a function what it makes of it."""
    found: list[torch.Tensor] = []
    target = whole.get_submodule(name) if name else [*whole.modules()][-1]
    hook = target.register_forward_pre_hook(lambda _, given: found.append(given[0].clone()))
    with torch.no_grad():
        whole(x)
    hook.remove()
    return found[0]


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ())
                                  for name in FAMILIES])
def test_the_features_are_what_torchvisions_own_pass_gives_its_pooling(name):
    side, pooling = FAMILIES[name]
    torch.manual_seed(0)
    net, whole = module.features(name)
    net.eval(), whole.eval()
    if hasattr(whole, "transform_input"):
        assert not whole.transform_input  # what stands for it is the mean and deviation of the base
    x = torch.randn(2, 3, side, side)
    with torch.no_grad():
        found = net(x)
    expected = taken(whole, pooling, x)
    if pooling is None:  # it averages in a function: the classifier gets the means
        found = found.mean((2, 3))
    assert torch.allclose(found, expected.reshape(found.shape), rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        scores = module.classifier(name, whole)(net(x))
        assert torch.allclose(scores, whole(x), rtol=1e-4, atol=1e-5) and scores.shape == (2, 1000)
    base = find_base(name)
    assert base.output(side) == tuple(net(x).shape[1:])
    own = module.own_names(name)
    assert set(net.state_dict()) == set(own.values())
    state = whole.state_dict()
    assert all(torch.equal(base.renamed(state)[new], state[old]) for old, new in own.items())


def test_every_network_is_there_with_an_address_that_nobody_can_change_on_the_way():
    known = names()
    assert len(known) >= 80 and {"vgg16", "resnet50", "vit_b_16", "convnext_tiny"} <= set(known)
    for name in known:
        url = module.published(name).url
        assert url.startswith("https://")
        checksum = Path(url).stem.rpartition("-")[2]
        assert len(checksum) in (8, 10) and int(checksum, 16) >= 0, url


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_every_network_has_as_many_weights_as_published_without_its_classifier(name):
    whole = module._without_memory(name)[1]
    published = module.published(name).meta["num_params"]
    aux = name in ("googlenet", "inception_v3")  # published with two classifiers beside, or one
    assert aux or sum(weight.numel() for weight in whole.parameters()) == published
    base = TorchvisionBase(name)
    rest = sum(weight.numel() for part, weight in whole.named_parameters() if part not in module.own_names(name))
    assert base.count()[0] + rest == sum(weight.numel() for weight in whole.parameters())
    assert len(base.output(base.pictures().size)) in (1, 3)


def test_vgg16_has_the_books_five_blocks_and_counts():
    base = TorchvisionBase("vgg16")
    assert base.blocks() == ("block1", "block2", "block3", "block4", "block5")
    assert base.count() == (14_714_688, 0)  # Chollet, 5.3.1
    assert base.output(150) == (512, 4, 4)
    with pytest.raises(ValueError, match="does not take pictures of 16 x 16"):
        base.output(16)
    seen = base.pictures()
    assert (seen.size, seen.mean, seen.deviation) == (224, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path, list[str]]]:
    """The address of a folder that is served on this machine, the folder, and what was asked for."""
    folder, asked = tmp_path / "served", []
    folder.mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(folder))

        def log_message(self, *args):
            asked.append(self.path)

        def copyfile(self, source, outputfile):
            data = source.read()
            outputfile.write(data[:len(data) // 2] if self.path.startswith("/cut") else data)

    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}", folder, asked
    served.shutdown()
    served.server_close()


@pytest.fixture
def empty(tmp_path, monkeypatch) -> Path:
    """Neither data nor cache nor torch's own folder has any weights."""
    for variable in ("DLRUN_CACHE", "DLRUN_DATA", "TORCH_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    return tmp_path / "DLRUN_CACHE/weights"


def served_weights(folder: Path, start: str = "squeezenet1_1") -> tuple[str, dict[str, torch.Tensor]]:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        state = models.squeezenet1_1().state_dict()
    torch.save(state, folder / "new.pth")
    name = f"{start}-{hashlib.sha256((folder / 'new.pth').read_bytes()).hexdigest()[:8]}.pth"
    (folder / "new.pth").rename(folder / name)
    return name, state


def test_weights_are_downloaded_once_and_checked(server, empty, monkeypatch):
    address, folder, asked = server
    name, state = served_weights(folder)
    monkeypatch.setattr(module, "published", lambda word: type("Weights", (), {"url": f"{address}/{name}"}))
    base = TorchvisionBase("squeezenet1_1")
    net = base.build(64, StepRng(0, torch.device("cpu")))
    net.load_state_dict(dict(base.weights()))
    assert torch.equal(net.state_dict()["block1.0.weight"], state["features.0.weight"])
    assert [file.name for file in empty.iterdir()] == [name] and len(asked) == 1
    base.weights()
    assert len(asked) == 1
    (empty / name).write_bytes(b"damaged")
    with pytest.raises(ConfigError, match="are damaged"):
        base.weights()


@pytest.mark.parametrize("how", ["wrong", "cut", "absent", "gone"])
def test_what_does_not_come_whole_is_a_sentence_with_what_works_offline_and_leaves_nothing(server, empty, how):
    address, folder, _ = server
    name, _ = served_weights(folder, "cut" if how == "cut" else "squeezenet1_1")
    if how == "wrong":
        with (folder / name).open("ab") as stream:
            stream.write(b"x")
    url = {"absent": f"{address}/none-01234567.pth", "gone": "http://127.0.0.1:9/none-01234567.pth"}.get(
        how, f"{address}/{name}")
    with pytest.raises(ConfigError) as caught:
        read("squeezenet1_1", url)
    assert "could not be downloaded" in caught.value.line and "efficientnet_lite0" in caught.value.line
    assert {"wrong": "hash", "cut": "hash", "absent": "404", "gone": "refused"}[how] in caught.value.line
    assert not list(empty.iterdir())


def test_weights_that_lie_in_the_data_folder_need_no_network(empty, monkeypatch, tmp_path):
    folder = tmp_path / "DLRUN_DATA/weights"
    folder.mkdir(parents=True)
    name, state = served_weights(folder)
    assert read("squeezenet1_1", f"http://127.0.0.1:9/{name}").keys() == state.keys()
