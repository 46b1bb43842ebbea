"""The recurrent autoencoder: what it is made of, its fixed vectors, and what does not fit."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from dlrun.config.problem import ConfigError
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.composite import TokenAutoencoder, build_composite
from dlrun.models.families.lstm_autoencoder import LstmAutoencoder
from dlrun.models.step_rng import StepRng
from tests.helpers.parameters import part_totals

SERIES = DatasetSpec((3, 7), "series", "none")
TOKENS = DatasetSpec((6,), "tokens", "classes", vocabulary=11, padding=0)


def made(model: LstmAutoencoder, data_spec: DatasetSpec, values: str = "any"):
    return build_composite(model.network(data_spec, values=values), seed=0, rng=StepRng(0, "cpu"))


def torchs(weights: dict, prefix: str, features: int, units: int) -> nn.LSTM:
    """PyTorch's bidirectional module with the weights of ours; its second biases are zero."""
    lstm = nn.LSTM(features, units, bidirectional=True, batch_first=True)
    with torch.no_grad():
        for name, value in lstm.named_parameters():
            way = "_reverse" if name.endswith("_reverse") else ""
            own = {"weight_ih": "weight_ih", "weight_hh": "weight_hh", "bias_ih": "bias"}.get(name.split("_l0")[0])
            value.zero_() if own is None else value.copy_(weights[f"{prefix}{own}{way}"])
    return lstm


def both(states: torch.Tensor) -> torch.Tensor:
    return states[..., :states.shape[-1] // 2] + states[..., states.shape[-1] // 2:]


def test_a_series_goes_through_one_vector_as_in_pytorchs_modules() -> None:
    net = made(LstmAutoencoder(units=(5,), cell="fast"), SERIES).eval()
    x, weights = torch.randn(4, 3, 7), net.state_dict()
    ends = torchs(weights, "encoder.lstm_1.", 3, 5)(x.transpose(1, 2))[1][0]  # (ways, rows, units)
    code = ends[0] + ends[1]
    torch.testing.assert_close(net.encode(x), code)
    states = both(torchs(weights, "decoder.lstm_1.", 5, 5)(code[:, None].repeat(1, 7, 1))[0])
    back = states @ weights["decoder.time_distributed_1.weight"].t() + weights["decoder.time_distributed_1.bias"]
    torch.testing.assert_close(net(x), back.transpose(1, 2))
    torch.testing.assert_close(net.decode(code), net(x))


def test_without_a_head_the_last_states_are_the_values() -> None:
    net = made(LstmAutoencoder(units=(5,), head=False, cell="fast"), SERIES).eval()
    code = torch.randn(2, 5)
    states = torchs(net.state_dict(), "decoder.lstm_1.", 5, 3)(code[:, None].repeat(1, 7, 1))[0]
    torch.testing.assert_close(net.decode(code), both(states).transpose(1, 2))


def test_the_decoder_mirrors_the_encoder() -> None:
    spec = LstmAutoencoder(units=(8, 5), bidirectional="concat", layer="gru").network(SERIES, values="any")
    assert [layer.text() for layer in spec.parts["encoder"].layers] == [
        "8 units, both ways (concat)", "5 units, both ways (concat)"]
    assert [getattr(layer, "units", None) for layer in spec.parts["decoder"].layers] == [None, 5, 8, 3]
    assert spec.outputs("encoder") == (10,) and spec.outputs("decoder") == (3, 7)


def test_the_sentence_autoencoder_of_gulli_and_pal_has_their_number_of_parameters() -> None:
    """50-d vectors, 512 and 50 units both ways: 4 gates, one bias each as in Keras (PyTorch's second add 8 * 562)."""
    data_spec = DatasetSpec((50,), "tokens", "none", vocabulary=5000, padding=0)
    counts = part_totals(LstmAutoencoder(units=(512,), head=False).network(data_spec, values="any"))
    encoder, decoder = 2 * 4 * 512 * (50 + 512 + 1), 2 * 4 * 50 * (512 + 50 + 1)
    assert counts == {"embedding": (0, 250_000), "encoder": (encoder, 0), "decoder": (decoder, 0)}
    assert encoder + decoder == 2_531_248


def test_vectors_of_tokens_stay_and_padding_has_zeros() -> None:
    net = made(LstmAutoencoder(units=(5,), embed=4), TOKENS)
    assert isinstance(net, TokenAutoencoder)
    ids = torch.tensor([[0, 0, 3, 10, 1, 2]])
    vectors = net.state_dict()["embedding.embedding_1.weight"]
    assert (vectors[0] == 0).all() and vectors[1:].abs().max() > 0.5 >= vectors[1:].abs().min()
    assert torch.equal(net.values(ids), vectors[ids].transpose(1, 2))
    assert not any(name.startswith("embedding") for name, _ in net.named_parameters())
    assert torch.equal(net.nearest(net.values(ids) + 0.01), ids)
    assert torch.equal(net.encode(ids), net.latent_of(net.values(ids)))
    assert net(ids).shape == (1, 4, 6)


def test_parts_may_be_lists_of_layers() -> None:
    net = made(LstmAutoencoder(encoder=({"conv1d": {"filters": 4, "kernel": 3, "padding": "same"}}, "global_pool"),
                               decoder=({"repeat": 7}, {"time_distributed": "out"})), SERIES)
    assert net.encode(torch.zeros(2, 3, 7)).shape == (2, 4) and net(torch.zeros(2, 3, 7)).shape == (2, 3, 7)


@pytest.mark.parametrize(("model", "data_spec", "wanted"), [
    (LstmAutoencoder(), DatasetSpec((1, 8, 8), "image", "classes"), "dataset=digits_rows"),
    (LstmAutoencoder(), DatasetSpec((4,), "table", "classes"), "model=autoencoder"),
    (LstmAutoencoder(vectors="x.txt"), SERIES, "only tokens have vectors"),
    (LstmAutoencoder(head=False, bidirectional="concat"), SERIES, "model.bidirectional=sum"),
    (LstmAutoencoder(head=False, output="sigmoid"), SERIES, "it is the head's"),
    (LstmAutoencoder(cell="fast", recurrent_dropout=0.1), SERIES, "model.cell=keras"),
    (LstmAutoencoder(encoder=({"lstm": {"units": 3, "return_sequences": True}},)), SERIES, "expected one vector"),
])
def test_what_does_not_fit_is_said(model: LstmAutoencoder, data_spec: DatasetSpec, wanted: str) -> None:
    with pytest.raises(ConfigError, match=wanted):
        model.network(data_spec, values="any")
