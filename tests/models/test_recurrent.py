"""Recurrent layers: directions, masks, states, initial weights."""

from __future__ import annotations

import copy
import io
import random
from math import sqrt

import pytest
import torch
from torch import Tensor, nn

from dlrun.config.problem import ConfigError
from dlrun.models.build import build, reset_states, stateful
from dlrun.models.parse import parse
from dlrun.models.plan import plan, totals
from dlrun.models.recurrent.module import Recurrent
from dlrun.models.step_rng import StepRng

KINDS = [{"rnn": {}}, {"lstm": {}}, {"gru": {}}, {"gru": {"reset_after": True}}, {"rnn": {"cell": "fast"}},
         {"lstm": {"cell": "fast"}}, {"gru": {"cell": "fast"}}]


def item(kind: dict, **fields: object) -> dict:
    (word, own), = kind.items()
    return {word: {"units": 4, **own, **fields}}


def network(items: list, shape: tuple[int, ...], seed: int = 0) -> nn.Sequential:
    return build(parse(items), shape, seed=seed, rng=StepRng(0, "cpu")).double()


def rows(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def share(target: nn.Module, source: nn.Module, way: str = "") -> None:
    """Gives one direction's weights to a layer of one direction."""
    own = dict(source.named_parameters())
    with torch.no_grad():
        for name, value in target.named_parameters():
            value.copy_(own[name + way])


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("every", [False, True])
def test_the_second_direction_is_a_layer_on_the_turned_sequence(kind: dict, every: bool) -> None:
    x = rows(3, 2, 6)
    one, other = (network([item(kind, return_sequences=every)], (2, 6))[0] for _ in range(2))
    for merge in ("concat", "sum"):
        both = network([item(kind, return_sequences=every, bidirectional=merge)], (2, 6))[0]
        share(one, both)
        share(other, both, "_reverse")
        ahead, back = one(x), other(x.flip(2))
        back = back.flip(2) if every else back
        torch.testing.assert_close(both(x), torch.cat([ahead, back], 1) if merge == "concat" else ahead + back)
    turned = network([item(kind, return_sequences=every, reversed=True)], (2, 6))[0]
    share(turned, one)
    torch.testing.assert_close(turned(x), one(x.flip(2)))  # as in Keras the outputs stay turned


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_stacked_layers_read_the_sequence_of_the_one_before(kind: dict) -> None:
    net = network([item(kind, return_sequences=True), item(kind)], (2, 6))
    x = rows(3, 2, 6)
    torch.testing.assert_close(net(x), net[1](net[0](x)))
    assert net[0](x).shape == (3, 4, 6) and net(x).shape == (3, 4)


IDS = torch.tensor([[0, 0, 3, 1, 2, 4], [5, 1, 0, 2, 0, 0], [1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 0]])


@pytest.mark.parametrize("fields", [{}, {"bidirectional": "concat"}, {"bidirectional": "sum", "reversed": True},
                                    {"reversed": True}], ids=str)
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_masked_positions_are_skipped(kind: dict, fields: dict) -> None:
    """Each row against the same layers on its real tokens alone; a skipped position has the output before it."""
    def layers(every: bool, mask: bool) -> list:
        return [{"embedding": {"vocabulary": 7, "dim": 3, "mask_zero": mask}}, {"spatial_dropout": 0.2},
                item(kind, return_sequences=True, **fields), {"layer_norm": {}},
                item(kind, return_sequences=every, **fields)]

    for every in (False, True):
        net = network(layers(every, True), (6,)).eval()
        found = net(IDS)
        for row, ids in enumerate(IDS):
            real = ids[ids != 0]
            if not len(real):  # nothing was read: Keras's initial states
                assert torch.equal(found[row], torch.zeros_like(found[row]))
                continue
            plain = network(layers(every, False), (len(real),)).eval()
            plain.load_state_dict(net.state_dict())
            expected = plain(real.unsqueeze(0))[0]
            # Two reversed layers leave the positions in their order.
            torch.testing.assert_close(found[row][:, ids != 0] if every else found[row], expected)


def test_a_skipped_position_has_the_output_before_it() -> None:
    net = network([{"embedding": {"vocabulary": 7, "dim": 3, "mask_zero": True}}, {"lstm": {"units": 4,
                   "return_sequences": True}}], (6,))
    found = net(IDS)[1]  # 5 1 0 2 0 0
    torch.testing.assert_close(found[:, 2], found[:, 1])
    torch.testing.assert_close(found[:, 4:], found[:, 3:4].expand(-1, 2))


def test_the_gradient_of_a_skipped_token_is_zero() -> None:
    net = network([{"embedding": {"vocabulary": 7, "dim": 3, "mask_zero": True}}, {"lstm": 4}], (6,))
    net(IDS).square().sum().backward()
    assert net[0].weight.grad[0].abs().max() == 0 < net[0].weight.grad[1:].abs().min()


def test_a_mask_ends_where_positions_end_and_survives_a_copy() -> None:
    items = [{"embedding": {"vocabulary": 7, "dim": 3, "mask_zero": True}}, {"conv1d": 4}, {"lstm": 4}]
    assert network(items, (6,))[2].padding is None
    net = network([items[0], {"lstm": {"units": 4, "return_sequences": True}}, {"lstm": 4}, {"repeat": 3},
                   {"lstm": 2}], (6,))
    assert [module.padding is net[0].padding for module in (net[1], net[2], net[4])] == [True, True, False]
    twin = copy.deepcopy(net)
    twin(IDS)
    assert net[0].padding.skips is None and twin[1].padding is twin[0].padding and twin[0].padding.skips is not None


def test_a_stateful_layer_that_should_skip_is_a_problem() -> None:
    items = [{"embedding": {"vocabulary": 7, "dim": 3, "mask_zero": True}}, {"lstm": {"units": 4, "stateful": True}}]
    with pytest.raises(ConfigError, match="a stateful layer skips no positions"):
        network(items, (6,))


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_stateful_layer_reads_pieces_as_one_sequence(kind: dict) -> None:
    long = network([item(kind, return_sequences=True)], (2, 9))
    pieces = network([item(kind, return_sequences=True, stateful=True)], (2, 3))
    pieces.load_state_dict(long.state_dict(), strict=False)
    assert stateful(pieces) and not stateful(long)
    x = rows(3, 2, 9)
    for _ in range(2):
        torch.testing.assert_close(torch.cat([pieces(part) for part in x.split(3, 2)], 2), long(x))
        reset_states(pieces)


def test_an_evaluation_has_states_of_its_own() -> None:
    net = network([{"lstm": {"units": 4, "stateful": True, "bidirectional": "concat"}}], (2, 3))
    first, second, other = rows(3, 2, 3), rows(3, 2, 3, seed=2), rows(5, 2, 3, seed=3)
    undisturbed = copy.deepcopy(net)
    expected = [undisturbed(first), undisturbed(second)][1]
    net(first)
    stored = {name: value.clone() for name, value in net.state_dict().items()}
    with torch.no_grad():
        for _ in range(2):  # from zeros each time, and carried over within
            net.eval()
            begin, then = net(other), net(other)
            reset_states(undisturbed)
            undisturbed.train()
            torch.testing.assert_close(begin, undisturbed(other))
            torch.testing.assert_close(then, undisturbed(other))
    assert all(torch.equal(value, stored[name]) for name, value in net.state_dict().items())
    torch.testing.assert_close(net.train()(second), expected)


def test_states_are_stored_and_restored_whatever_their_rows() -> None:
    net, fresh = (network([{"lstm": {"units": 4, "stateful": True}}, {"dense": 2}], (2, 3)) for _ in range(2))
    net(rows(3, 2, 3))
    file = io.BytesIO()
    torch.save(net.state_dict(), file)
    file.seek(0)
    fresh.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(net(rows(3, 2, 3, seed=4)), fresh(rows(3, 2, 3, seed=4)))
    reset_states(net)
    fresh.load_state_dict(net.state_dict())
    assert fresh[0].h.shape == (0, 4)
    assert fresh(rows(5, 2, 3)).shape == (5, 2)


def test_a_smaller_last_batch_moves_its_first_rows_and_a_larger_one_is_refused() -> None:
    net = network([{"gru": {"units": 4, "stateful": True}}], (2, 3))
    net(rows(3, 2, 3))
    before = net[0].h.clone()
    net(rows(2, 2, 3, seed=5))
    assert torch.equal(net[0].h[2], before[2]) and not torch.equal(net[0].h[:2], before[:2])
    with pytest.raises(ValueError, match="4 rows after 3"):
        net(rows(4, 2, 3))


def test_states_carry_no_gradient() -> None:
    net = network([{"lstm": {"units": 4, "stateful": True}}], (2, 3))
    for _ in range(2):
        net(rows(3, 2, 3)).sum().backward()
    assert net[0].h.grad_fn is None and net[0].h.untyped_storage().nbytes() == 3 * 4 * 8


@pytest.mark.parametrize(("kind", "gates"), [("rnn", 1), ("lstm", 4), ("gru", 3)])
def test_initial_weights_are_keras(kind: str, gates: int) -> None:
    net = network([{kind: {"units": 50, "bidirectional": "concat"}}], (30, 4))
    made = net[0]
    for way in ("", "_reverse"):
        weight, recurrent, bias = (getattr(made, name + way).detach() for name in ("weight_ih", "weight_hh", "bias"))
        assert weight.abs().max().item() == pytest.approx(sqrt(6 / (30 + 50 * gates)), rel=0.02)  # all gates one kernel
        torch.testing.assert_close(recurrent.T @ recurrent, torch.eye(50, dtype=torch.float64), atol=1e-5, rtol=0)
        expected = torch.zeros(gates, 50, dtype=torch.float64)
        if kind == "lstm":
            expected[1] = 1  # the forget gate
        assert torch.equal(bias, expected.flatten())
    assert not torch.equal(made.weight_ih, made.weight_ih_reverse)


def test_other_initial_weights() -> None:
    given = {"units": 50, "unit_forget_bias": False, "recurrent_init": "glorot_uniform"}
    plain = network([{"lstm": given}], (30, 4))[0]
    assert plain.bias.abs().max() == 0
    assert plain.weight_hh.abs().max().item() == pytest.approx(sqrt(6 / 250), rel=0.02)
    torchs = network([{"lstm": {"units": 50, "init": "torch"}}], (30, 4))[0]
    for value in torchs.parameters():
        assert value.abs().max().item() == pytest.approx(1 / sqrt(50), rel=0.05)


@pytest.mark.parametrize("case", range(25))
def test_a_network_with_recurrent_layers_is_what_was_planned(case: int) -> None:
    rng = random.Random(case)
    shape = rng.choice([(6,), (3, 6)])
    items: list = [{"embedding": {"vocabulary": 9, "dim": 3, "frozen": rng.random() < 0.5,
                                  "mask_zero": rng.random() < 0.5}}] if len(shape) == 1 else []
    for _ in range(rng.randint(1, 3)):
        items += [item(rng.choice(KINDS), return_sequences=True, reversed=rng.random() < 0.3,
                       dropout=rng.choice([0, 0.3]), bidirectional=rng.choice(["none", "concat", "sum"]))]
    items += [rng.choice([{"time_distributed": {"units": 5, "activation": "softmax"}}, "reverse", {"dropout": 0.3}])]
    items += [item(rng.choice(KINDS), units=rng.randint(1, 5)), {"repeat": 4}, {"conv1d": {"filters": 2, "kernel": 2}}]
    planned = plan(parse(items), shape)
    net = build(parse(items), shape, seed=0, rng=StepRng(0, "cpu"))
    x = torch.randint(0, 9, (4, 6)) if len(shape) == 1 else torch.randn(4, 3, 6)
    seen = {}
    for name, module in net.named_children():
        module.register_forward_hook(lambda module, args, output, name=name: seen.update({name: output.shape[1:]}))
    net(x).square().sum().backward()
    assert seen == {row.name: row.output_shape for row in planned}
    for row in planned:
        module = net.get_submodule(row.name)
        assert sum(value.numel() for value in module.parameters()) == row.trainable
        assert sum(value.numel() for value in module.state_dict().values()) == row.trainable + row.frozen
    assert all(value.grad is not None for value in net.parameters())
    assert sum(value.numel() for value in net.parameters()) == totals(planned)[0]


def test_time_distributed_is_a_dense_layer_at_each_position() -> None:
    net = network([{"time_distributed": {"units": 3, "activation": "softmax"}}], (2, 5))
    dense = network([{"dense": {"units": 3, "activation": "softmax"}}], (2,))
    dense[0].load_state_dict(net[0].state_dict())
    x = rows(4, 2, 5)
    for position in range(5):
        torch.testing.assert_close(net(x)[..., position], dense(x[..., position]))


def test_repeat_and_reverse() -> None:
    x = rows(3, 2)
    assert torch.equal(network([{"repeat": 3}], (2,))(x), torch.stack([x] * 3, 2))
    ids = torch.arange(12).view(2, 6)
    assert torch.equal(network(["reverse"], (6,))(ids), ids.flip(1))


def test_frozen_vectors_are_set_and_not_trained() -> None:
    net = network([{"embedding": {"vocabulary": 7, "dim": 3, "frozen": True}}, {"lstm": 4}], (6,))
    assert "embedding_1.weight" not in dict(net.named_parameters())
    assert 0.04 < net[0].weight.abs().max() <= 0.05
    matrix = rows(7, 3).numpy()
    net[0].set(matrix)
    assert torch.equal(net(IDS), net(IDS)) and torch.equal(net.state_dict()["embedding_1.weight"], rows(7, 3))
    with pytest.raises(ValueError, match=r"\(8, 3\) for an embedding \(7, 3\)"):
        net[0].set(rows(8, 3).numpy())


@pytest.mark.parametrize(("given", "said", "wanted"), [
    ({"lstm": {"units": 4, "cell": "fast", "recurrent_dropout": 0.2}}, "model.layers[0].lstm.recurrent_dropout=0.2",
     "cell: keras has it"),
    ({"lstm": {"units": 4, "cell": "fast", "recurrent_activation": "hard_sigmoid"}},
     "model.layers[0].lstm.recurrent_activation=hard_sigmoid", "expected sigmoid"),
    ({"gru": {"units": 4, "cell": "fast", "reset_after": False}}, "model.layers[0].gru.reset_after=false",
     "expected true"),
    ({"gru": {"units": 4, "cell": "fast", "activation": "relu"}}, "model.layers[0].gru.activation=relu",
     "expected tanh"),
])
def test_what_the_fused_cells_cannot_do_is_said(given: dict, said: str, wanted: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse([given])
    assert [problem.given for problem in caught.value.problems] == [said]
    assert wanted in caught.value.problems[0].expected


@pytest.mark.parametrize(("items", "shape", "wanted"), [
    ([{"lstm": 4}], (7,), "put an embedding before it"),
    ([{"gru": 4}], (1, 8, 8), "gru expects sequences"),
    ([{"repeat": 4}], (2, 8), "repeat expects a vector"),
    ([{"time_distributed": 4}], (8,), "use dense"),
    ([{"lstm": 4}, {"lstm": 4}], (2, 8), "put an embedding before it"),
])
def test_a_layer_that_does_not_fit_says_why(items: list, shape: tuple[int, ...], wanted: str) -> None:
    with pytest.raises(ConfigError, match=wanted):
        plan(parse(items), shape)


def test_a_recurrent_module_says_what_it_is() -> None:
    net = network([{"lstm": {"units": 4, "bidirectional": "sum", "cell": "fast"}}], (2, 3))
    assert isinstance(net[0], Recurrent)
    assert repr(net[0]) == "Recurrent(2 to 4 units, both ways (sum), fast)"
