"""What mattered in a search is Optuna's PED-ANOVA of the complete trials that count."""

from __future__ import annotations

import optuna
import pytest

from dlrun.sweep.search.trials import FEWEST, Trials


@pytest.mark.parametrize("rising", [False, True])
def test_the_axis_that_the_value_follows_has_nearly_all_of_the_importance(rising: bool) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    way = "maximize" if rising else "minimize"
    study = optuna.create_study(direction=way, sampler=optuna.samplers.RandomSampler(0))

    def value(trial: optuna.Trial) -> float:
        rate = trial.suggest_float("optimizer.lr", 1e-4, 1, log=True)
        trial.suggest_float("model.dropout", 0, 0.9)
        trial.suggest_categorical("batch_size", ["32", "64"])
        return (rate - 0.01) ** 2 * (-1 if rising else 1)

    study.optimize(value, n_trials=FEWEST - 1)
    assert Trials(study).importance() is None, "too few"
    study.optimize(value, n_trials=41)
    study.tell(study.ask(), state=optuna.trial.TrialState.FAIL)
    found = Trials(study).importance()
    assert found is not None and found.trials == 60
    assert next(iter(found.shares)) == "optimizer.lr" and found.shares["optimizer.lr"] > 0.6
    assert sum(found.shares.values()) == pytest.approx(1)


def test_intervals_say_how_much_hangs_on_single_trials() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(0))
    study.optimize(lambda trial: (trial.suggest_float("a", -1, 1)) ** 2 + trial.suggest_float("b", 0, 1) / 10, 200)
    few = optuna.create_study(sampler=optuna.samplers.RandomSampler(0))
    few.add_trials(study.get_trials()[:FEWEST])
    found, of_few = Trials(study).importance(60), Trials(few).importance(60)
    assert found is not None and of_few is not None and Trials(study).importance(60) == found, "drawn from one seed"
    assert found.resamples == 60 and set(found.intervals) == set(found.shares) == {"a", "b"}
    (low, high), (wide_low, wide_high) = found.intervals["a"], of_few.intervals["a"]
    assert 0 <= low <= found.shares["a"] <= high <= 1
    assert wide_high - wide_low > 1.5 * (high - low), "a tenth of 20 trials is two"
