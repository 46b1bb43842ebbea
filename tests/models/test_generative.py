"""Families of several networks: what a config means for a data set, and the modules that come of it."""

from __future__ import annotations

import pytest
import torch

from dlrun.config.problem import ConfigError
from dlrun.config.schema.optimizer import player_optimizer
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.engine.optimizers.adam import Adam
from dlrun.engine.optimizers.rmsprop import RmsProp
from dlrun.models.build import build, penalty
from dlrun.models.composite import build_composite, fixed_latents, latents, sample
from dlrun.models.composite_spec import rows
from dlrun.models.families.autoencoder import Autoencoder
from dlrun.models.families.conv_autoencoder import ConvAutoencoder
from dlrun.models.families.conv_vae import ConvVae
from dlrun.models.families.dcgan import Dcgan
from dlrun.models.families.gan import Gan
from dlrun.models.families.vae import Vae
from dlrun.models.layers.activation import Activation
from dlrun.models.layers.batch_norm import BatchNorm
from dlrun.models.layers.conv import Conv
from dlrun.models.layers.dense import Dense
from dlrun.models.layers.dropout import Dropout
from dlrun.models.layers.flatten import Flatten
from dlrun.models.layers.k_sparse import KSparse
from dlrun.models.layers.reshape import Reshape
from dlrun.models.layers.transposed_conv import TransposedConv
from dlrun.models.plan import totals
from dlrun.models.step_rng import StepRng
from dlrun.models.summary import summary
from tests.helpers.parameters import part_totals

DIGITS = DatasetSpec((1, 8, 8), "image", "classes")
MNIST = DatasetSpec((1, 28, 28), "image", "classes")
CIFAR = DatasetSpec((3, 32, 32), "image", "classes")
IRIS = DatasetSpec((4,), "table", "classes")
EVERY = [Autoencoder(), Autoencoder(keep=4, batch_norm=True, dropout=0.2), ConvAutoencoder(),
         ConvAutoencoder(upsample=True, batch_norm=True, hidden=(9,)), Vae(), ConvVae(), Gan(), Gan(batch_norm=True),
         Dcgan(), Dcgan(upsample=True)]


def made(model: object, data_spec: DatasetSpec = DIGITS, values: str = "unit", seed: int = 0):
    return build_composite(model.network(data_spec, values=values), seed=seed, rng=StepRng(seed, "cpu"))


@pytest.mark.parametrize("model", EVERY, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("data_spec", [DIGITS, MNIST, CIFAR], ids=["8x8", "28x28", "32x32"])
def test_the_defaults_serve_small_and_large_images_and_the_plan_is_what_is_built(
        model: object, data_spec: DatasetSpec) -> None:
    spec = model.network(data_spec, values="unit")
    net = build_composite(spec, seed=0, rng=StepRng(0, "cpu"), device="meta").eval()
    table = rows(spec)
    assert sum(weight.numel() for weight in net.parameters()) == totals(table)[0]
    assert sum(value.numel() for value in net.state_dict().values()) == sum(totals(table))
    assert {name: sum(p.numel() for p in part.parameters()) for name, part in net.named_children()} == {
        name: trainable for name, (trainable, _) in part_totals(spec).items()}
    names = {row.name for row in table}
    assert {name.rpartition(".")[0] for name in net.state_dict()} <= names
    given = torch.empty(2, *net.latent if spec.wiring == "gan" else data_spec.input_shape, device="meta")
    assert net(given).shape[1:] == data_spec.input_shape


@pytest.mark.parametrize("model", [Autoencoder(), Vae(), Gan()])
def test_the_dense_families_serve_tables(model: object) -> None:
    net = made(model, IRIS, "any")
    assert net(torch.zeros(3, *(net.latent if isinstance(model, Gan) else (4,)))).shape == (3, 4)


def test_a_table_is_told_part_by_part() -> None:
    text = summary(rows(Autoencoder(hidden=(5,), code=2).network(DIGITS, values="unit")), DIGITS.input_shape)
    heads = [line.split() for line in text.splitlines() if not line.startswith(" ")]
    assert heads[2][:3] == ["encoder", "337", "parameters"]  # 64 * 5 + 5 + 5 * 2 + 2
    assert heads[3][:5] == ["decoder", "399", "parameters,", "then", "sigmoid"]  # 2 * 5 + 5 + 5 * 64 + 64
    assert heads[-1] == ["736", "parameters"]


@pytest.mark.parametrize(("values", "end"), [("unit", "sigmoid"), ("symmetric", "tanh"), ("any", "linear")])
def test_the_output_follows_the_range_of_the_data(values: str, end: str) -> None:
    assert Autoencoder().network(DIGITS, values=values).parts["decoder"].end == end
    last = Gan().network(DIGITS, values=values).parts["generator"].layers[-1]
    assert last == (Reshape((1, 8, 8)) if end == "linear" else Activation(end))
    assert Autoencoder(output="tanh").network(DIGITS, values=values).parts["decoder"].end == "tanh"


def test_the_decoder_mirrors_the_encoder() -> None:
    model = ConvAutoencoder(filters=(4, 6, 8), stride=(1, 2, 2), kernel=(3, 5, 3), hidden=(7,), code=2, batch_norm=True,
                            dropout=0.1, activation="leaky_relu", init="he_normal", l2=0.1)
    encoder, decoder = (model.network(DIGITS, values="unit").parts[part].layers for part in ("encoder", "decoder"))
    after = [BatchNorm(0.99), Activation("leaky_relu"), Dropout(0.1)]
    shared = {"init": "he_normal", "l2": 0.1}
    assert list(encoder) == [
        Conv(4, (3,), (1,), "same", **shared), *after, Conv(6, (5,), (2,), "same", **shared), *after,
        Conv(8, (3,), (2,), "same", **shared), *after, Flatten(), Dense(7, **shared), *after,
        Dense(2, init="he_normal")]
    assert list(decoder) == [
        Dense(7, **shared), *after, Dense(8 * 2 * 2, init="he_normal"), Reshape((8, 2, 2)),
        TransposedConv(6, (3,), (2,), "same", **shared), *after,
        TransposedConv(4, (5,), (2,), "same", **shared), *after,
        TransposedConv(1, (3,), (1,), "same", init="he_normal")]


def test_a_dcgan_doubles_its_image_once_for_each_filter() -> None:
    for data_spec, start in [(DIGITS, 2), (MNIST, 7), (CIFAR, 8)]:
        layers = Dcgan().network(data_spec, values="unit").parts["generator"].layers
        assert next(layer.shape for layer in layers if isinstance(layer, Reshape)) == (64, start, start)


def test_encoder_and_decoder_are_usable_alone() -> None:
    x = torch.rand(5, 1, 8, 8)
    net = made(Autoencoder(code=3))
    code = net.encode(x)
    assert code.shape == (5, 3) and torch.equal(net.decode(code), net(x))
    assert torch.equal(net.decode(code), torch.sigmoid(net.raw(code)))
    vae = made(Vae(code=3))
    mu, log_var = vae.moments(x)
    assert mu.shape == log_var.shape == (5, 3) and torch.equal(vae.encode(x), mu)
    assert not torch.equal(mu, log_var)


def test_a_parameters_initial_value_depends_on_the_seed_its_part_and_its_name_alone() -> None:
    one = made(Autoencoder(hidden=(6,), code=6))
    other = made(Autoencoder(hidden=(6,), code=6, decoder=({"dense": "out"}, {"reshape": [1, 8, 8]})))
    for name, weight in one.encoder.state_dict().items():
        assert torch.equal(weight, other.encoder.state_dict()[name])
    alike = [one.encoder.dense_2.weight, one.decoder.dense_1.weight]  # both 6 x 6
    assert alike[0].shape == alike[1].shape and not torch.equal(*alike)
    assert not torch.equal(one.encoder.dense_1.weight, made(Autoencoder(hidden=(6,), code=6), seed=1)
                           .encoder.dense_1.weight)
    vae = made(Vae())
    assert not torch.equal(vae.mu.dense_1.weight, vae.log_var.dense_1.weight)


def test_the_penalties_of_a_player_are_its_own_and_the_assemblys_are_all() -> None:
    net = made(Gan(generator_hidden=(4,), discriminator_hidden=(3,), l2=0.5))
    own = {name: 0.5 * part.dense_1.weight.square().sum().item() for name, part in net.named_children()}
    assert {name: penalty(part).item() for name, part in net.named_children()} == pytest.approx(own)
    assert penalty(net).item() == pytest.approx(sum(own.values()))


def test_latent_vectors_have_the_models_distribution() -> None:
    g = torch.Generator().manual_seed(0)
    z = latents(20_000, made(Gan(latent=5)), g)
    assert z.shape == (20_000, 5) and z.mean().abs() < 0.02 and (z.std() - 1).abs() < 0.02 and z.abs().max() > 3
    z = latents(20_000, made(Gan(latent=5, prior="uniform")), g)
    assert z.mean().abs() < 0.02 and (z.std() - 3**-0.5).abs() < 0.01 and 0.99 < z.abs().max() <= 1


def test_a_picture_is_of_the_same_latent_vectors_each_time_and_leaves_the_model_as_it_was() -> None:
    net = made(Gan(batch_norm=True, dropout=0.5))
    z = fixed_latents(6, net, seed=3)
    assert torch.equal(z, fixed_latents(6, net, seed=3)) and not torch.equal(z, fixed_latents(6, net, seed=4))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    first = sample(net, z)
    assert net.training and not first.requires_grad
    torch.testing.assert_close(first[:1], sample(net, z[:1]))  # no batch statistics, no dropout
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_a_k_sparse_layer_keeps_the_largest_of_each_row() -> None:
    layer = build([KSparse(2)], (5,), seed=0, rng=StepRng(0, "cpu"))[0]
    x = torch.tensor([[3.0, -1, 5, 4, 0], [1, 1, 1, 1, 1], [-5, -4, -3, -2, -1]], requires_grad=True)
    y = layer(x)
    assert y[0].tolist() == [0, 0, 5, 4, 0] and y[2].tolist() == [0, 0, 0, -2, -1]
    assert (y[1] != 0).sum() == 2  # equal values: still two
    y.sum().backward()
    assert x.grad[0].tolist() == [0, 0, 1, 1, 0] and x.grad.sum() == 6


@pytest.mark.parametrize("encoder", [None, ("flatten", {"dense": "out"}, "batch_norm", "sigmoid")])
def test_the_code_of_a_k_sparse_autoencoder_has_k_values(encoder: tuple | None) -> None:
    code = made(Autoencoder(code=12, keep=3, encoder=encoder)).encode(torch.rand(4, 1, 8, 8))
    assert ((code != 0).sum(1) == 3).all()


def lists() -> dict[str, tuple]:
    return {"generator": ({"dense": {"units": 6, "activation": "relu"}}, {"dense": "out"}, {"reshape": [1, 8, 8]},
                          "sigmoid"),
            "discriminator": ("flatten", {"dense": {"units": "out", "activation": "sigmoid"}})}


def test_parts_may_be_lists_of_layers_and_a_judges_final_sigmoid_is_left_out() -> None:
    parts = Gan(latent=3, init="he_normal", **lists()).network(DIGITS, values="unit").parts
    assert parts["generator"].layers[-1] == Activation("sigmoid")
    assert parts["generator"].layers[1] == Dense(64, init="he_normal")
    assert parts["discriminator"].layers == (Flatten(), Dense(1, init="he_normal"))
    decoder = ({"dense": {"units": 64, "activation": "sigmoid"}}, {"dense": 64}, {"reshape": [1, 8, 8]}, "sigmoid")
    part = Vae(decoder=decoder).network(DIGITS, values="unit").parts["decoder"]
    assert part.end == "sigmoid" and len(part.layers) == 3 and part.layers[0].activation == "sigmoid"


@pytest.mark.parametrize(("model", "data_spec", "said", "wanted"), [
    (Dcgan(name="dcgan"), IRIS, "model=dcgan", "try  model=gan"),
    (ConvVae(name="conv_vae"), IRIS, "model=conv_vae", "try  model=vae"),
    (ConvAutoencoder(name="conv_autoencoder"), IRIS, "model=conv_autoencoder", "try  model=autoencoder"),
    (Gan(name="gan"), DatasetSpec((20,), "tokens", "classes"), "model=gan", "images or tables"),
    (ConvAutoencoder(filters=(4, 4, 4)), MNIST, "model.stride=[2]", "shrink the image 8 times; 28 x 28 x 1"),
    (Dcgan(generator_filters=(8, 8, 8)), MNIST, "model.generator_filters=[8, 8, 8]", "not divisible"),
    (ConvVae(filters=(4, 4), kernel=(3, 3, 3)), MNIST, "model.kernel=[3, 3, 3]", "expected one integer, or 2"),
    (Autoencoder(code=4, keep=5), MNIST, "model.keep=5", "the code has 4 values"),
    (Autoencoder(encoder=("flatten", {"dense": 4}), keep=5), MNIST, "model.keep=5", "the code has 4 values"),
    (Vae(decoder=({"dense": 7},)), DIGITS, "model.decoder[0]", "gives 7, expected 8 x 8 x 1"),
    (Gan(discriminator=("flatten", {"dense": 2})), DIGITS, "model.discriminator[1]", "gives 2, expected 1"),
    (Gan(generator=({"dence": 2},)), DIGITS, "model.generator[0]=dence", "did you mean  dense"),
    (Autoencoder(encoder=({"conv": 2},)), DIGITS, "model.encoder[0]", "expected one vector"),
    (Dcgan(kernel=9, discriminator=({"conv": {"filters": 2, "kernel": 9}}, "flatten", {"dense": 1})), DIGITS,
     "conv_1 on 8 x 8 x 1", "larger than its input"),
])
def test_networks_that_do_not_fit_are_problems(model: object, data_spec: DatasetSpec, said: str, wanted: str) -> None:
    with pytest.raises(ConfigError) as caught:
        model.network(data_spec, values="unit")
    assert [problem.given for problem in caught.value.problems] == [said]
    assert wanted in caught.value.problems[0].expected


def test_a_players_own_keys_stand_beside_the_chosen_optimizers() -> None:
    chosen = RmsProp(lr=0.0008, clip_value=1.0, rho=0.5)
    assert player_optimizer(None, chosen) is chosen
    assert player_optimizer({"lr": 0.0004}, chosen) == RmsProp(lr=0.0004, clip_value=1.0, rho=0.5)
    assert player_optimizer({"kind": "adam", "beta1": 0.5}, chosen) == Adam(beta1=0.5, clip_value=1.0)
    with pytest.raises(ConfigError, match="did you mean  adam"):
        player_optimizer({"kind": "adamn"}, chosen)
