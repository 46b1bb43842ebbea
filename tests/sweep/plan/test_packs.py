"""Which jobs of a sweep train as one program, and why the others train alone."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from dlrun.preflight import packs as rules
from dlrun.preflight import trials
from dlrun.preflight.preflight import preflight
from dlrun.preflight.trials import Trial
from dlrun.record import gpu_memory
from dlrun.record.plan import Plan
from dlrun.sweep.make import make_plan
from dlrun.sweep.plan.packs import Packs, packs, untried
from dlrun.sweep.plan.status import WAITING, JobState

DIGITS = ("dataset=digits", "model=dense", "model.hidden=[8]", "batch_size=32", "pack=auto")


@pytest.fixture(autouse=True)
def own_trials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None was made on this machine."""
    monkeypatch.setattr(trials, "cache_dir", lambda: tmp_path / "cache")


def planned(tmp_path: Path, *overrides: str, cores: int = 1, stored: dict[int, dict[str, int]] | None = None) -> Packs:
    given = {word.partition("=")[0] for word in overrides}
    common = [word for word in DIGITS if word.partition("=")[0] not in given]
    plan = make_plan([*common, *overrides, f"output_dir={tmp_path}"])
    return packs(plan.jobs, states_of(plan, stored), cores)


def states_of(plan: Plan, stored: dict[int, dict[str, int]] | None = None) -> list[JobState]:
    return [JobState(WAITING, pack=(stored or {}).get(job.number)) for job in plan.jobs]


def sizes(found: Packs) -> list[int]:
    return sorted(place.slots for place in found.places.values() if place.slot == 0)


def test_what_is_each_members_own_makes_no_other_pack(tmp_path: Path) -> None:
    for axis in ("optimizer.lr=0.1,0.01", "model.dropout=0.1,0.5", "model.l2=0,0.01", "schedule=constant,cosine,step",
                 "epochs=3,5", "model.init=glorot_uniform,he_normal", "early_stop.patience=2,3",
                 "optimizer.beta1=0,0.9", "optimizer.clip_norm=1,2"):
        found = planned(tmp_path, axis, "seeds=4")
        assert len(sizes(found)) == 1 and not found.reasons, (axis, found.lines)


def test_another_shape_or_optimizer_makes_packs_of_its_own(tmp_path: Path) -> None:
    for axis in ("model.hidden=[8],[9]", "optimizer=adam,sgd", "optimizer=sgd,momentum", "model.dropout=0,0.1",
                 "batch_size=16,32", "model.batch_norm=true,false", "optimizer.clip_norm=null,2",
                 "dataset=digits,breast_cancer", "train_size=300,400"):
        assert sizes(planned(tmp_path, axis, "seeds=4")) == [4, 4], axis


@pytest.mark.parametrize(("overrides", "reason"), [
    (["optimizer=lbfgs"], "optimizer=lbfgs"), (["max_seconds=5"], "max_seconds"),
    (["precision=bf16"], "precision=bf16"),
    (["optimizer.accumulate=2"], "optimizer.accumulate"), (["model=conv_autoencoder"], "layer transposed_conv"),
    (["model.hidden=[4000,4000]"], "their steps are long enough"),
])
def test_what_trains_alone_has_a_reason_in_the_plan(overrides: list[str], reason: str, tmp_path: Path) -> None:
    found = planned(tmp_path, *overrides, "seeds=5")
    assert not found.places and found.lines == [f"5 jobs alone: {reason}"]


def test_never_packs_nothing_and_a_number_bounds_a_pack(tmp_path: Path) -> None:
    assert planned(tmp_path, "seeds=9", "pack=never") == Packs({}, {})
    assert sizes(planned(tmp_path, "seeds=9", "pack=4")) == [3, 3, 3]
    assert planned(tmp_path, "seeds=3").places == {}, "too few"
    assert sizes(planned(tmp_path, "seeds=3", "pack=9")) == [3]
    assert planned(tmp_path, "seeds=9").lines == ["1 of 9 jobs, about 1 MB"]


def test_the_plan_says_how_much_memory_packs_take(tmp_path: Path) -> None:
    found = planned(tmp_path, "model.hidden=[100]", "seeds=8", cores=2)
    weights, values = 65 * 100 + 101 * 10, 64 + 100 + 10  # and as many again for what lies between layers
    assert found.memory == pytest.approx(8 * 4 * (6 * weights + 4 * 32 * (values + 64)), rel=0.3)
    assert sizes(found) == [8] and found.lines == [f"1 of 8 jobs, about {-(-found.memory // 10**6)} MB"]


def test_packs_are_spread_over_the_cores(tmp_path: Path) -> None:
    assert sizes(planned(tmp_path, "seeds=40", cores=2)) == [20, 20]
    assert sizes(planned(tmp_path, "seeds=9", cores=2)) == [9], "two of four would win less than they lose"


def test_a_pack_is_no_larger_than_a_cache_and_no_smaller_than_what_was_tried(tmp_path: Path) -> None:
    wide = ["model.hidden=[200]", "batch_size=64", "seeds=60"]
    [size] = {place.slots for place in planned(tmp_path, *wide).places.values()}
    each = 4 * (6 * (65 * 200 + 201 * 10) + 4 * 64 * (64 + 2 * 200 + 2 * 10))
    assert 16 < size <= (32 << 20) / (0.6 * each) and size < 60
    assert {place.slots for place in planned(tmp_path, *wide, "pack=60").places.values()} == {60}
    large = ["model.hidden=[300,100]", "batch_size=64", "seeds=32"]
    assert {place.slots for place in planned(tmp_path, *large).places.values()} == {16}


def test_folds_of_all_jobs_are_members_of_one_pack(tmp_path: Path) -> None:
    kfold = "validation={kind: kfold, k: 4, final: true}"
    found = planned(tmp_path, kfold, "seeds=3")
    assert [(place.slots, place.slot, place.parts) for place in found.places.values()] == [
        (15, 0, 5), (15, 5, 5), (15, 10, 5)]
    assert sizes(planned(tmp_path, kfold, "seeds=3", "pack=10")) == [5, 10]
    assert planned(tmp_path, kfold, "seeds=3", "pack=4").lines == [
        "3 jobs alone: each has 5 folds, and no pack takes so many"]


def test_a_job_that_has_begun_keeps_its_slot_and_one_that_began_alone_stays_alone(tmp_path: Path) -> None:
    found = planned(tmp_path, "seeds=6", stored={1: {"slots": 9, "slot": 7}, 2: {}, 3: {"slots": 9, "slot": 7}})
    one, other = found.places[1], found.places[3]
    assert (one.slots, one.slot) == (other.slots, other.slot) == (9, 7)
    assert one.pack != other.pack and one.begun and other.begun
    assert 2 not in found.places
    assert {found.places[k].slot for k in (4, 5, 6)} == {2, 3, 4}, "as if nobody had begun but the one that is alone"
    assert found.places[4].slots == 5


def test_a_pack_knows_the_folders_of_all_its_jobs_and_whether_it_began_with_an_older_dlrun(tmp_path: Path) -> None:
    """So that the steps at which some have ended can be read where others go on."""
    plan = make_plan([*DIGITS, "validation={kind: kfold, k: 2}", "seeds=4", f"output_dir={tmp_path}"])
    for more, fixed in (({}, True), ({"compacted": []}, False)):
        states = [JobState(WAITING, pack={"slots": 8, "slot": slot, **more}) for slot in (0, 2, 4, 6)]
        states[1] = replace(states[1], status="finished")
        found = packs(plan.jobs, states, cores=1, folder=plan.run_folder)
        assert sorted(found.places) == [1, 3, 4]
        for place in found.places.values():
            assert place.folders == {2 * number + fold: str(plan.run_folder(job) / "folds" / str(fold))
                                     for number, job in enumerate(plan.jobs) for fold in (0, 1)}
            assert place.fixed is fixed
    states[3] = replace(states[3], pack={"slots": 8, "slot": 6})
    assert all(place.fixed for place in packs(plan.jobs, states, cores=1).places.values()), "one is enough"


def test_the_plan_counts_what_is_still_to_be_trained(tmp_path: Path) -> None:
    plan = make_plan([*DIGITS, "seeds=8", f"output_dir={tmp_path}"])
    states = states_of(plan)
    states[:3] = [JobState("finished"), JobState("diverged"), JobState("failed")]
    found = packs(plan.jobs, states, cores=1)
    assert found.lines[0].startswith("1 of 5 jobs,"), found.lines
    assert [(place.slots, place.slot) for place in found.places.values()] == [(8, slot) for slot in range(3, 8)]
    assert packs(plan.jobs, states, cores=1, retry=True).lines[0].startswith("1 of 6 jobs,")
    assert packs(plan.jobs, [JobState("finished")] * 8, cores=1).lines == []


def test_a_trial_decides_what_auto_packs(tmp_path: Path) -> None:
    for large, kept, lines in ((False, Trial(1.0, 0.5), "1 of 4 jobs,"), (True, Trial(1.0, 0.5), "1 of 4 jobs,"),
                               (False, Trial(1.0, 0.95), "4 jobs alone: their steps are long enough")):
        words = ["seeds=4", *(["model.hidden=[1000,200]"] if large else [])]
        plan = make_plan([*(word for word in DIGITS if not (large and "hidden" in word)), *words,
                          f"output_dir={tmp_path}"])
        assert [way for way, _ in untried(plan.jobs, states_of(plan))] == ["packed"]
        place = trials._place("packed", preflight(plan.jobs[0].overrides))
        trials.keep("packed", preflight(plan.jobs[0].overrides), kept)
        assert untried(plan.jobs, states_of(plan)) == []
        assert planned(tmp_path, *words).lines[0].startswith(lines)
        place.unlink()


def test_compiled_steps_are_taken_where_they_are_faster_than_a_pack(tmp_path: Path) -> None:
    from dlrun.engine.compiled.compiler import NoCompiler, find

    try:
        find()
    except NoCompiler as reason:
        pytest.skip(str(reason))
    words = ["seeds=4", "epochs=1000"]
    assert planned(tmp_path, *words, "speed=compiled").lines == ["4 jobs alone: their steps are compiled"]
    plan = make_plan([*DIGITS, *words, "speed=auto", f"output_dir={tmp_path}"])
    assert [way for way, _ in untried(plan.jobs, states_of(plan))] == ["packed", "compiled"]
    checked = preflight(plan.jobs[0].overrides)
    trials.keep("packed", checked, Trial(1e-3, 3e-4))
    trials.keep("compiled", checked, Trial(1e-3, 2e-4))
    assert planned(tmp_path, *words, "speed=auto").lines == ["4 jobs alone: compiled steps are faster"]
    trials._place("compiled", checked).unlink()
    trials.keep("compiled", checked, Trial(1e-3, 4e-4))
    assert sizes(planned(tmp_path, *words, "speed=auto")) == [4]
    assert sizes(planned(tmp_path, *words, "speed=plain")) == [4]


def test_what_has_begun_needs_no_trial(tmp_path: Path) -> None:
    plan = make_plan([*DIGITS, "seeds=4", f"output_dir={tmp_path}"])
    assert untried(plan.jobs, states_of(plan, dict.fromkeys((job.number for job in plan.jobs), {}))) == []
    assert untried(plan.jobs, [JobState("finished")] * 4) == []


@pytest.mark.parametrize(("answer", "most"), [("81920\n40960\n", 128), ("4\n81920\n", 9), ("no device\n", None)])
def test_a_pack_on_a_gpu_fits_the_smallest(answer: str, most: int | None, tmp_path: Path,
                                           monkeypatch: pytest.MonkeyPatch) -> None:
    checked = preflight([*DIGITS, "model.hidden=[64]", "device=cpu"])
    said = subprocess.CompletedProcess([], 0, stdout=answer)
    monkeypatch.setattr(gpu_memory.subprocess, "run", lambda *given, **named: said)
    gpu_memory.gpu_memory.cache_clear()
    try:
        found = rules.most(checked, "128", gpu=True)
    finally:
        gpu_memory.gpu_memory.cache_clear()
    assert found == (min(128, rules.most(checked, "128")) if most is None else most)
    if most == 9:  # ten would take more than half of its 4 MiB
        assert 9 * rules.bytes_of_member(checked) <= 2 << 20 < 10 * rules.bytes_of_member(checked)
