"""Colours, parts, erased rectangles, mixed rows, changes of tables, series and texts, against independent values."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from dlrun.config.problem import ConfigError
from dlrun.data.augmentations import _numbers as numbers
from dlrun.data.augmentations._colour import recolour
from dlrun.data.augmentations._erasing import cut_out, erase
from dlrun.data.augmentations._mixing import make_mix
from dlrun.data.augmentations._randaugment import rand_augment
from dlrun.data.augmentations._resized_crop import resized_crop
from dlrun.data.augmentations.augment import Augment
from dlrun.data.formats.vision import torchvision
from dlrun.preflight.preflight import preflight
from dlrun.tasks.classify.task import ClassifyTask


def generator(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(rows: int = 4, channels: int = 3, height: int = 12, width: int = 10) -> torch.Tensor:
    return torch.rand(rows, channels, height, width, generator=generator(0))


@pytest.mark.parametrize("name, factor", [("brightness", 0.6), ("contrast", 1.7), ("saturation", 0.3)])
def test_colours_change_as_torchvisions_do(name, factor):
    torchvision()
    from torchvision.transforms import functional

    x = pictures()
    expected = torch.stack([getattr(functional, f"adjust_{name}")(row, factor) for row in x])
    # torchvision weighs with rounded numbers (0.2989, 0.587, 0.114)
    torch.testing.assert_close(recolour(x, **{name: torch.full((4,), factor)}), expected, atol=1e-3, rtol=0)


def test_a_turn_of_the_hue_leaves_grey_alone_and_a_third_of_it_takes_red_towards_green():
    grey = torch.full((4, 3, 2, 2), 0.4)
    torch.testing.assert_close(recolour(grey, hue=torch.full((4,), 0.3)), grey)
    x = 0.35 + 0.1 * pictures()
    torch.testing.assert_close(recolour(x, hue=torch.ones(4)), x)
    red = torch.tensor([0.6, 0.4, 0.4])[None, :, None, None].repeat(4, 1, 2, 2)
    seen = {side: recolour(red, hue=torch.full((4,), side / 3))[0, :, 0, 0] for side in (1, -1)}
    assert {int(values.argmax()) for values in seen.values()} == {1, 2}


def test_a_part_of_the_whole_is_the_whole_and_of_a_quarter_a_quarter():
    x = torch.arange(8.0).repeat(8, 1)[None, None].repeat(3, 1, 1, 1)  # a ramp: value = column
    draws = torch.tensor([[0.0, 0.5, place, 0.5] for place in (0.0, 0.5, 1.0)])
    torch.testing.assert_close(resized_crop(x, draws, 1.0), x)
    parts = resized_crop(x, draws, 0.25)  # half the width: the left, the middle, the right half
    for part, first in zip(parts, (0, 2, 4)):
        expected = (first + (torch.arange(8) + 0.5) / 2 - 0.5).clamp(0, 7)
        torch.testing.assert_close(part[0, 3], expected)


def test_random_erasing_clears_rectangles_of_2_to_33_percent_of_so_many_pictures():
    x = torch.ones(2000, 1, 20, 30)
    gone = erase(x, torch.rand(2000, 5, generator=generator()), 0.4)[:, 0] == 0
    hit = gone.flatten(1).any(1)
    assert hit.float().mean() == pytest.approx(0.4, abs=0.04)
    for mask in gone[hit][:200]:
        lines, columns = mask.any(1).sum(), mask.any(0).sum()
        assert mask.sum() == lines * columns and 0.01 < lines * columns / 600 < 0.36, "a rectangle"
    assert gone[hit].float().mean((0,)).min() > 0, "every pixel goes somewhere"


def test_cutout_clears_a_square_around_a_pixel_that_may_lie_at_the_edge():
    x, draws = pictures(300), torch.rand(300, 2, generator=generator())
    found = cut_out(x, draws, 4)
    for row, kept, (right, down) in zip(x, found, draws.tolist()):
        top, left = math.floor(down * 12) - 2, math.floor(right * 10) - 2
        expected = row.clone()
        expected[:, max(0, top):max(0, top + 4), max(0, left):max(0, left + 4)] = 0
        assert torch.equal(kept, expected)


def test_randaugment_follows_from_its_seed_and_leaves_torchs_generator_alone():
    x, before = pictures(), torch.get_rng_state()
    one, same, other = rand_augment(x, 3, 2, 9), rand_augment(x, 3, 2, 9), rand_augment(x, 4, 2, 9)
    assert torch.equal(one, same) and not torch.equal(one, other) and torch.equal(torch.get_rng_state(), before)
    assert one.shape == x.shape and 0 <= one.min() and one.max() <= 1


def test_a_change_that_is_added_leaves_the_draws_of_the_others():
    x = pictures()
    plain = Augment(flip_horizontal=True, crop=2).build()(x, generator())
    square = Augment(flip_horizontal=True, crop=2, cutout=3).build()(x, generator())
    same = square == plain
    assert same.float().mean() > 0.8 and (square[~same] == 0).all()


def test_colours_are_those_of_the_stored_picture_whatever_the_scale():
    stored = (pictures() * 255).round()
    for offset, factor in ((0.0, 1 / 255), (127.5, 2 / 255), (40.0, 0.01)):
        build = Augment(brightness=0.5, saturation=0.5).build((0 - offset) * factor, (255 - offset) * factor)
        seen = build((stored - offset) * factor, generator()) / factor + offset
        expected = Augment(brightness=0.5, saturation=0.5).build(0, 255)(stored, generator())
        torch.testing.assert_close(seen, expected, atol=1e-2, rtol=0)


def test_mixup_takes_one_share_of_rows_and_classes():
    x, y = pictures(6), torch.tensor([0, 1, 2, 0, 1, 2])
    mixed, shares = make_mix(0.4, 0.0, 3)(x, y, 7)
    share = np.random.default_rng(7).beta(0.4, 0.4)
    for place in range(6):
        torch.testing.assert_close(mixed[place], share * x[place] + (1 - share) * x[place - 1])
        expected = share * F.one_hot(y[place], 3) + (1 - share) * F.one_hot(y[place - 1], 3)
        torch.testing.assert_close(shares[place], expected.float())
    numbers_mixed = make_mix(0.4, 0.0, 0)(x, y.float(), 7)[1]
    torch.testing.assert_close(numbers_mixed, share * y.float() + (1 - share) * y.float().roll(1))


def test_cutmix_gives_each_class_the_share_of_its_area():
    x = torch.arange(4.0)[:, None, None, None].expand(4, 1, 9, 7)
    y, seen = torch.arange(4), set()
    for seed in range(40):
        mixed, shares = make_mix(0.0, 1.0, 4)(x, y, seed)
        for place in range(4):
            areas = torch.stack([(mixed[place] == value).float().mean() for value in range(4)])
            torch.testing.assert_close(shares[place], areas)
        seen.add(round(float(shares[0, 0]), 3))
    assert len(seen) > 15 and torch.equal(x, torch.arange(4.0)[:, None, None, None].expand(4, 1, 9, 7))


@pytest.mark.parametrize("outputs, loss", [(3, "auto"), (3, "binary_cross_entropy"), (3, "mse"), (1, "auto")])
@pytest.mark.parametrize("weights", (None, (1.0, 2.0, 0.5)))
def test_the_loss_of_mixed_rows_is_the_mix_of_their_losses(outputs, loss, weights):
    classes = 3 if outputs == 3 else 2
    task = ClassifyTask(outputs, loss, weights and weights[:classes])
    logits, y = torch.randn(5, outputs, generator=generator()), torch.tensor([0, 1, classes - 1, 0, 1])
    mixed = 0.7 * F.one_hot(y, classes) + 0.3 * F.one_hot(y.roll(1), classes)
    each = [task._loss(logits, targets, reduction="none") for targets in (y, y.roll(1))]
    both = sum(share * (of if of.ndim == 1 else of.mean(1)) for share, of in zip((0.7, 0.3), each))
    by_row = torch.ones(5) if weights is None else mixed @ torch.tensor(weights[:classes])
    found = task._trained(logits, mixed)
    if loss == "mse":  # squares are not linear in the target: they differ by a constant
        shares = torch.softmax(logits, 1)
        both = (shares - mixed).square().mean(1)
    torch.testing.assert_close(found, (by_row * both).mean())


def test_series_are_shifted_and_have_gaps():
    x = torch.arange(1.0, 9).repeat(500, 2, 1)
    moved = numbers.shifted(x, 2, generator())
    seen = set()
    for row in moved:
        steps = next(step for step in range(-2, 3) if torch.equal(
            row[0], torch.tensor([min(max(place - step, 0), 7) + 1.0 for place in range(8)])))
        assert torch.equal(row[0], row[1])
        seen.add(steps)
    assert seen == {-2, -1, 0, 1, 2}
    gaps = (numbers.masked(x, 3, generator()) == 0)[:, 0]
    assert set(gaps.sum(1).tolist()) == {0, 1, 2, 3}
    assert all(len(set((gap.nonzero()[:, 0] - torch.arange(int(gap.sum()))).tolist())) <= 1 for gap in gaps)
    lost = (numbers.masked(x, 1, generator(), features=True) == 0).all(2).sum(1)
    assert set(lost.tolist()) == {0, 1}


def test_words_become_the_unknown_one_and_padding_stays():
    ids = torch.tensor([[0, 0, 5, 6, 7, 1]]).repeat(3000, 1)
    found = numbers.words_dropped(ids, 0.25, 2, (0, 1), generator())
    assert torch.equal(found[:, [0, 1, 5]], ids[:, [0, 1, 5]])
    changed = found[:, 2:5] != ids[:, 2:5]
    assert changed.float().mean() == pytest.approx(0.25, abs=0.02) and (found[:, 2:5][changed] == 2).all()


@pytest.mark.parametrize("overrides, words", [
    (("dataset=digits", "model=conv_autoencoder", "augment=mixup"), r"augment.mixup=0.2.*classes and numbers"),
    (("dataset=iris", "model=dense", "augment=cutmix"), "only images are augmented"),
    (("dataset=diabetes", "model=dense", "augment=series", "augment.mask=2"), "only series inputs"),
    (("dataset=digits", "model=dense", "augment=words"), "only tokens inputs"),
])
def test_what_cannot_be_changed_or_mixed_is_refused(overrides, words):
    with pytest.raises(ConfigError, match=words):
        preflight(list(overrides))


@pytest.mark.parametrize("overrides", [
    ("dataset=digits", "model=cnn", "augment=mixup", "augment.cutmix=1", "augment.cutout=3", "augment.erase=0.3",
     "augment.brightness=0.3", "augment.resized_crop=0.5"),
    ("dataset=iris", "model=dense", "augment=noise", "augment.mixup=0.3", "augment.drop=0.1"),
    ("dataset=diabetes", "model=dense", "augment=noise", "augment.mixup=0.3"),
    ("dataset=digits_rows", "model=lstm", "model.units=4", "augment=series", "augment.shift=1", "augment.mask=2"),
])
def test_a_run_that_was_interrupted_ends_with_the_same_bits(overrides, go, tmp_path):
    from tests.run.stops import signalled_after
    from tests.whole.equal import state

    common = (*overrides, "epochs=2", "train_size=100", "batch_size=32", "early_stop=none")
    whole = go(*common, "output_dir=whole")
    with signalled_after(5):
        assert go(*common, "output_dir=cut").result["status"] == "interrupted"
    again = go(*common, "output_dir=cut")
    for key, value in state(whole.folder).items():
        if isinstance(value, torch.Tensor):
            assert torch.equal(value, state(again.folder)[key]), key
    plain = go(*[word for word in common if not word.startswith("augment")], "output_dir=plain")
    assert plain.result["train"]["loss"] != whole.result["train"]["loss"]
