"""What of a base is frozen, and the rate of each part."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from dlrun.config.problem import ConfigError
from dlrun.engine.part_rates import split_rates
from dlrun.engine.player import PlayerState
from dlrun.models.families.pretrained import Pretrained
from dlrun.models.plan import plan, totals
from dlrun.registry import find
from tests.models.test_pretrained import built, spec


def trained(net: nn.Module) -> set[str]:
    """The blocks of a base that have weights that are trained."""
    return {name.split(".")[0] for name, weight in net.base_1.net.named_parameters() if weight.requires_grad}


@pytest.mark.parametrize("options, expected", [
    ({}, set()),
    ({"unfreeze": ("block7", "head")}, {"block7", "head"}),
    ({"unfreeze": ("2",)}, {"block7", "head"}),
    ({"unfreeze": ("all",)}, {"stem", *(f"block{n}" for n in range(1, 8)), "head"}),
    ({"freeze": ("stem", "block[1-6]")}, {"block7", "head"}),
    ({"freeze": ("all",), "unfreeze": ("head.conv",)}, {"head"}),
    ({"freeze": ()}, {"stem", *(f"block{n}" for n in range(1, 8)), "head"}),
])
def test_blocks_are_frozen_by_names_patterns_and_all_but_the_last(options, expected):
    model = Pretrained(size=32, **options)
    net = built(model)
    assert trained(net) == expected
    counted, _ = totals(plan(model.network(spec(), 3, "unit"), (3, 32, 32)))
    assert counted == sum(weight.numel() for weight in net.parameters() if weight.requires_grad)
    net.train()
    frozen_norms = [module for name, module in net.base_1.net.named_modules() if isinstance(module, nn.BatchNorm2d)
                    and not module.weight.requires_grad]
    assert not any(module.training for module in frozen_norms)
    assert all(module.training for module in net.base_1.net.modules() if isinstance(module, nn.BatchNorm2d)
               and module.weight.requires_grad)


def test_a_checkpoint_has_the_trained_part_of_a_base_and_a_digest_for_the_rest(tmp_path, monkeypatch):
    monkeypatch.setenv("DLRUN_CACHE", str(tmp_path))
    net = built(Pretrained(size=32, unfreeze=("head",)))
    with torch.no_grad():
        net.base_1.net.head.conv.weight.add_(1)
    state = net.state_dict()
    assert {name.split(".")[2] for name in state if name.startswith("base_1.net")} == {"head"}
    other = built(Pretrained(size=32, unfreeze=("head",)), seed=1)
    other.load_state_dict(state)
    assert torch.equal(other.base_1.net.head.conv.weight, net.base_1.net.head.conv.weight)


@pytest.mark.parametrize("options, said", [
    ({"unfreeze": ("block8",)}, r"model.unfreeze=block8  expected all, .*did you mean  block"),
    ({"unfreeze": ("10",)}, "expected 1 to 9 blocks"),
    ({"freeze": ("haed",)}, "did you mean  head"),
])
def test_a_block_that_is_not_there_is_a_sentence_with_the_nearest(options, said):
    with pytest.raises(ConfigError, match=said):
        Pretrained(**options).network(spec(), 3, "unit")


@pytest.mark.parametrize("kind", ["sgd", "adam", "rmsprop"])
def test_parts_move_at_their_own_rates(kind):
    net = nn.Sequential()
    for name in ("first", "second", "third"):
        net.add_module(name, nn.Linear(2, 2, bias=False))
        nn.init.ones_(net.get_submodule(name).weight)
    optimizer = find("optimizer", kind)(lr=0.1, lr_of={"first": 0.01, "s*": 0.0})
    player = PlayerState(optimizer, net, torch.device("cpu"), True, None)
    alone = {rate: nn.Parameter(torch.ones(2, 2)) for rate in (0.1, 0.01)}
    others = {rate: find("optimizer", kind)(lr=rate).build([weight], torch.device("cpu")) for rate, weight in
              alone.items()}
    for factor in (1.0, 0.5, 0.25):
        player.set_factor(factor)
        for rate, other in others.items():
            other.param_groups[0]["lr"] = rate * factor
        for weight in [*net.parameters(), *alone.values()]:
            weight.grad = weight.detach() * 0.3
        player.optimizer.step()
        for other in others.values():
            other.step()
    assert torch.allclose(net.third.weight, alone[0.1]) and torch.allclose(net.first.weight, alone[0.01])
    assert torch.equal(net.second.weight, torch.ones(2, 2))
    assert not torch.allclose(net.first.weight, net.third.weight, atol=1e-3)


def test_a_rate_of_a_part_that_is_not_there_is_a_sentence():
    net = nn.Sequential()
    net.add_module("dense_1", nn.Linear(2, 2))
    with pytest.raises(ConfigError, match="optimizer.lr_of.dense_2  .*there are dense_1; did you mean  dense_1"):
        split_rates(torch.optim.SGD(net.parameters(), 0.1), net, 0.1, {"dense_2": 0.01})
    with pytest.raises(ConfigError, match=r"optimizer.lr_of.dense_1  dense_\*, which stands before it, has taken all"):
        split_rates(torch.optim.SGD(net.parameters(), 0.1), net, 0.1, {"dense_*": 1e-5, "dense_1": 0.05})
