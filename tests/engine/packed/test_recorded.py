"""A computation that was recorded is that computation, on whatever it is given."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor
from torch.func import vmap
from torch.nn import functional as F

from dlrun.engine.packed.recorded import recorded

AROUND = torch.full((3, 3), 2.0)  # used, and not given


def work(x: Tensor, kernel: Tensor, average: Tensor) -> Sequence[Tensor]:
    """Convolutions (of whose gradients the inputs' is not wanted), an operation in place, a constant, a detour."""
    leaf = kernel.detach().requires_grad_()

    def member(x: Tensor, kernel: Tensor, average: Tensor) -> Tensor:
        out = F.conv2d(x, kernel * AROUND, padding=1)
        average.mul_(0.9).add_(out.detach().mean((0, 2, 3)))
        (x * 5).sum()  # used by nobody
        return out.square().sum()

    losses = vmap(member)(x, leaf, average)
    return [*torch.autograd.grad(losses.sum(), [leaf]), losses.detach()]


def given(seed: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(*shape, generator=generator) for shape in ((4, 5, 2, 6, 6), (4, 3, 2, 3, 3), (4, 3))]


def test_what_was_recorded_is_the_computation_on_other_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch._dynamo", None)  # who imports the compiler fails
    with torch.enable_grad():
        graph = recorded(work, given(0))
        inputs, expected = given(1), given(1)
        found, wanted = graph(*inputs), work(*expected)
    for ours, theirs in zip([*found, *inputs], [*wanted, *expected], strict=True):
        assert torch.equal(ours, theirs)
    assert not torch.equal(inputs[2], given(1)[2]), "in place"
    used = [str(node.target) for node in graph.graph.nodes]
    assert "aten.detach.default" not in used and len([name for name in used if "aten.sum" in name]) == 2


def test_a_number_that_is_read_from_a_tensor_is_refused() -> None:
    with pytest.raises(ValueError, match="a number is read"):
        recorded(lambda x: [x * float(x.sum())], [torch.ones(3)])


@pytest.mark.parametrize("width", [2, 10, 15, 16])
def test_softmax_of_short_rows_is_torchs(width: int) -> None:
    def losses(x: Tensor) -> list[Tensor]:
        leaf = x.detach().requires_grad_()
        shares = F.log_softmax(leaf, -1)
        return [shares.detach(), *torch.autograd.grad((shares * x.cos()).sum(), [leaf])]

    x = 30 * torch.randn(3, 5, width, generator=torch.Generator().manual_seed(0))
    with torch.enable_grad():
        graph = recorded(losses, [torch.zeros(3, 5, width)])
        wanted = losses(x)
    assert ("aten._log_softmax" in graph.code) == (width == 16), "the form that is quicker"
    for ours, theirs in zip(graph(x), wanted, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    x[0, 0, 1], x[1, 1, 0] = float("nan"), float("inf")
    found = graph(x)[0]
    assert found[0, 0].isnan().all() and found[1, 1].isnan().all() and found[2].isfinite().all()
