"""Which results get remarks: small functions of the facts of a run, from numbers alone.

They keep silent where there are too few rows or epochs to say anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from dlrun.record.facts import Facts
from dlrun.record.metric import metrics_of
from dlrun.record.remarks import Remark

FEWEST_ROWS = 20  # measured rows: with fewer, half a dozen other ones would say something else
FEWEST_OF_CLASS = 5  # measured rows of a class: fewer may be missed by chance
SHOWN = 4  # classes in a sentence
MANY_PICTURES = 5_000  # training pictures, from which on a network of one's own learns enough
PHOTOGRAPH = 32  # the shorter side in pixels, at least
FEWEST_EPOCHS = 5  # a shorter run is a trial
FALLING = 0.1  # of the whole fall of the loss, in the last fifth of the epochs: a straight line has 0.2
WORTH = 0.005  # of the loss: a smaller fall is not worth the time of more epochs
RISEN = 0.05  # of the lowest validation loss: curves of small validation parts move by a few percent by chance
LONGER = "still_falling"


def worse_than_baseline(facts: Facts) -> Iterator[Remark]:
    """The metric that the task is judged by is worse than what the targets alone give, and not by chance."""
    baseline, name = facts.result.get("baseline") or {}, str(facts.result.get("primary_metric", ""))
    own, given = (facts.result.get(facts.split) or {}).get(name), baseline.get(name)
    if facts.rows < FEWEST_ROWS or own is None or given is None or facts.option("model.kind") == baseline.get("model"):
        return
    metric = metrics_of(facts.result).of(name)
    if metric.share:  # of so many rows; a difference of one standard error could be other rows
        margin = math.sqrt(max(given * (1 - given), 0.0) / facts.rows)
    else:
        margin = 0.01 * abs(given)
    gap = given - own if metric.direction == "max" else own - given
    if metric.direction is None or gap <= margin:
        return
    says = str(baseline.get("says", "the baseline"))
    yield Remark("worse_than_baseline",
                 f"{metric.title} {metric.text(own, 2)} is worse than the baseline, {says}: {metric.text(given, 2)}",
                 _against_baseline(facts))


def _against_baseline(facts: Facts) -> tuple[str, ...]:
    words = []
    if facts.target is not None and facts.option("dataset.target_scale") == "none":
        mean, deviation = facts.target  # a new network's outputs are about 0, and differ by about 1
        if abs(mean) > 2 or not 0.2 < deviation < 5:
            words.append("dataset.target_scale=standard")
    if facts.option("dataset.scale") == "none":
        words.append("dataset.scale=standard")
    return tuple([*words, *_training(facts)][:2])


def _training(facts: Facts) -> tuple[str, ...]:
    """What helps a network that has learnt too little: more epochs while its loss falls, else a smaller rate.

    Of one epoch it is not known, and more of them are the first thing to try.
    """
    curve, epochs, rate = _curve(facts, "train/loss"), facts.option("epochs"), facts.option("optimizer.lr")
    falls = len(curve) == 1 or (len(curve) > 1 and curve[-1] == min(curve) and _falls(curve, 0.0))
    if falls and isinstance(epochs, int):
        return (f"epochs={4 * epochs}",)
    return (f"optimizer.lr={rate / 10:g}",) if isinstance(rate, (int, float)) and rate else ()


def one_class_taken(facts: Facts) -> Iterator[Remark]:
    """All rows were predicted as one class, though several are true of them."""
    table = facts.result.get(f"{facts.split}_per_class") or {}
    rows = {name: row for name, row in table.items() if isinstance(row, Mapping) and "recall" in row}
    true = [name for name, row in rows.items() if row["rows"]]
    found = [name for name in true if rows[name]["recall"] > 0]
    if facts.rows < FEWEST_ROWS or len(rows) < len(table) or len(true) < 2 or len(found) != 1:
        return
    if rows[found[0]]["recall"] < 1:
        return
    counts = facts.counts.get("train") or (0,)
    uneven = max(counts) > 2 * min(counts)
    yield Remark("one_class_taken", f"every row is predicted as class {found[0]}",
                 (_weights(facts) if uneven else ()) or _training(facts))


def missed_classes(facts: Facts) -> Iterator[Remark]:
    """Some classes are never predicted rightly, while others are."""
    table = facts.result.get(f"{facts.split}_per_class") or {}
    rows = {name: row for name, row in table.items() if isinstance(row, Mapping) and "f1" in row}
    missed = sorted((name for name, row in rows.items() if row["f1"] == 0 and row["rows"] >= FEWEST_OF_CLASS),
                    key=lambda name: -rows[name]["rows"])
    if facts.rows < FEWEST_ROWS or not missed or any(one_class_taken(facts)):
        return
    of = "validation" if facts.split == "val" else facts.split
    text = f"no {of} row of class {missed[0]} is recognised (F1 0 on {rows[missed[0]]['rows']:,} rows)"
    if len(missed) > 1:
        text += f", nor one of {', '.join(missed[1:SHOWN])}"
        text += f" and {len(missed) - SHOWN} more classes" if len(missed) > SHOWN else ""
    yield Remark("missed_classes", text, _weights(facts) or _training(facts))


def few_photographs(facts: Facts) -> Iterator[Remark]:
    """A network learns to see from few photographs, without changing them or building on one that has seen more."""
    shape, rows = facts.input_shape, sum(facts.counts.get("train") or ())
    kind = facts.option("model.kind")
    if not rows or rows >= MANY_PICTURES or len(shape) != 3 or shape[0] != 3 or min(shape[1:]) < PHOTOGRAPH:
        return
    if not facts.result.get("parameters") or kind in (None, "pretrained"):
        return
    yield Remark("few_photographs", f"{rows:,} photographs are few to learn to see from",
                 (*(() if facts.augmented else ("augment=photographs",)), "model=pretrained"))


def still_falling(facts: Facts) -> Iterator[Remark]:
    """The loss was at its lowest when the epochs ended, and still on its way down."""
    key = "val/loss" if any("val/loss" in row for row in facts.epochs) else "train/loss"
    curve = _curve(facts, key)
    if facts.cut or facts.result.get("status") != "finished" or len(curve) < FEWEST_EPOCHS:
        return
    if min(curve) < curve[-1] or not _falls(curve):
        return
    last = _last(curve)
    before, epochs = min(curve[:-last]), facts.option("epochs") or len(curve)
    when = f"in the last {last} epochs" if last > 1 else "in the last one"
    yield Remark(LONGER, f"the {_named(key)} was still falling when the epochs ended "
                         f"({before:.4g} to {curve[-1]:.4g} {when})", (f"epochs={2 * int(epochs)}",))


def _last(curve: Sequence[float]) -> int:
    """The epochs of the last fifth."""
    return max(1, len(curve) // 5)


def _falls(curve: Sequence[float], worth: float = WORTH) -> bool:
    """Whether a loss is still on its way down at the end, by a share `worth` of it at least."""
    before = min(curve[: -_last(curve)])
    fall = before - curve[-1]
    return fall > worth * abs(before) and fall >= FALLING * (curve[0] - curve[-1])


def past_its_best(facts: Facts) -> Iterator[Remark]:
    """The validation loss had its lowest value long before the end, and the last weights were kept."""
    curve = _curve(facts, "val/loss")
    if len(curve) < FEWEST_EPOCHS or _restored(facts):
        return
    best = curve.index(min(curve))
    if best + 1 > 0.75 * len(curve) or curve[best] <= 0 or curve[-1] < curve[best] * (1 + RISEN):
        return
    yield Remark("past_its_best", f"the validation loss was lowest after epoch {best + 1} of {len(curve)} "
                                  f"({curve[best]:.4g}, at the end {curve[-1]:.4g})", ("early_stop=patience",))


def of_data(facts: Facts) -> Iterator[Remark]:
    """What was found in the rows before training, see `data.inspection`."""
    yield from facts.data


def watched_in_vain(facts: Facts) -> Iterator[Remark]:
    """What early stopping watched came to no number in any epoch, so that it neither stopped nor kept the best."""
    monitor = facts.option("early_stop.monitor")
    stops = any(isinstance(facts.option(f"early_stop.{key}"), (int, float)) for key in ("patience", "target"))
    if not stops or monitor is None or not facts.epochs or any(row.get(monitor) is not None for row in facts.epochs):
        return
    yield Remark("watched_in_vain", f"early stopping watched {monitor}, which these rows do not define in any epoch: "
                                    "the last weights are kept", ("early_stop.monitor=val/loss",))


def _weights(facts: Facts) -> tuple[str, ...]:
    known = "task.class_weights" in (facts.result.get("config") or {})
    return ("task.class_weights=balanced",) if known and facts.option("task.class_weights") is None else ()


def _curve(facts: Facts, key: str) -> list[float]:
    """The values of a metric by epoch; [] where one is missing or no number."""
    values = [row.get(key) for row in facts.epochs]
    return [float(value) for value in values if isinstance(value, (int, float))] if None not in values else []


def _restored(facts: Facts) -> bool:
    """Whether the best epoch's weights were kept."""
    stops = facts.option("early_stop.patience") is not None or facts.option("early_stop.target") is not None
    return stops and facts.option("early_stop.restore_best") is not False


def _named(key: str) -> str:
    return "validation loss" if key.startswith("val/") else "training loss"


RULES: tuple[Callable[[Facts], Iterator[Remark]], ...] = (
    worse_than_baseline, one_class_taken, missed_classes, of_data, few_photographs, past_its_best, watched_in_vain,
    still_falling)


def remarks(facts: Facts) -> list[Remark]:
    """All remarks on a run that came to its end, the gravest first; one that asks for more epochs is enough."""
    found = [remark for rule in RULES for remark in rule(facts)]
    longer = any(word.startswith("epochs=") for remark in found for word in remark.words if remark.kind != LONGER)
    return [remark for remark in found if not (longer and remark.kind == LONGER)]
