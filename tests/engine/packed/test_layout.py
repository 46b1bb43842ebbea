"""Which members have a place at a step: counted by hand."""

from __future__ import annotations

import random

from dlrun.engine.packed.layout import Layout


def test_places_are_given_up_when_no_more_than_half_are_needed() -> None:
    layout = Layout(6, {0: 10, 1: 20, 5: 20, 2: 20, 4: 50})
    assert layout.at(19) == (0, 1, 2, 3, 4, 5), "five of six are needed"
    assert layout.at(20) == layout.at(49) == (3, 4), "three have ended at once: these are not three programs"
    assert layout.at(50) == (3,)
    assert [layout.until(step) for step in (0, 9, 10, 20, 49, 50)] == [10, 10, 20, 50, 50, None]


def test_ends_that_come_to_be_known_count_from_their_steps_on() -> None:
    layout = Layout(4)
    assert layout.at(1000) == (0, 1, 2, 3)
    layout.end(3, 30)
    layout.end(1, 20)
    assert layout.at(29) == (0, 1, 2, 3) and layout.at(30) == (0, 2)


def test_a_fixed_layout_keeps_all_places() -> None:
    assert Layout(4, {0: 1, 1: 1, 2: 1}, fixed=True).at(5) == (0, 1, 2, 3)


def test_a_pack_has_few_programs_and_those_who_go_on_always_have_a_place() -> None:
    draw = random.Random(0)
    for _ in range(200):
        slots = draw.randint(2, 128)
        layout = Layout(slots, {slot: draw.randint(1, 60) for slot in range(slots) if draw.random() < 0.9})
        sizes = [layout.at(step) for step in range(62)]
        assert len({places for places in sizes if places}) <= slots.bit_length()
        for step, places in enumerate(sizes):
            left = [slot for slot in range(slots) if layout.ends.get(slot, 99) > step]
            assert set(left) <= set(places) and (not left or len(places) < 2 * len(left))
            assert sorted(places) == [*places]
