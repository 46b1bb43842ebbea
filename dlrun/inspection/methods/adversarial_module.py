"""Rows that are moved along the sign of a gradient, and what they are taken for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from dlrun.config.problem import problem
from dlrun.inspection.overlay import as_rgb
from dlrun.inspection.progress import Progress
from dlrun.inspection.scores import chosen_classes, class_number, probabilities, scored
from dlrun.inspection.sheet import interleaved, save_sheet

if TYPE_CHECKING:
    from dlrun.inspection.rows import ShownRows
    from dlrun.inspection.subject import Subject

ROWS = 32  # at once
SHOWN = 6  # rows that are drawn
LEVEL = 0.95  # of intervals, over rows


@dataclass(frozen=True)
class Fooled:
    """A row that the first `epsilon` fooled: its pixels before and after, class and probability of both."""

    name: str
    epsilon: float
    pixels: Tensor
    moved: Tensor
    before: str
    after: str


@dataclass
class Attacked:
    """Of `rows` rows `right` ones could be fooled; how many were, by epsilon, the share with its interval, and how many
    random signs fooled.  `kept` are rows to be drawn.
    """

    rows: int = 0
    right: int = 0
    fooled: list[int] = field(default_factory=list)
    noise: list[int] = field(default_factory=list)
    shares: list[tuple[float, float, float]] = field(default_factory=list)
    kept: list[Fooled] = field(default_factory=list)


def attacked(subject: Subject, rows: Callable[[], ShownRows], epsilons: Sequence[float], towards: str | None,
             seed: int) -> Attacked:
    """Move rows by each epsilon (in levels of 256), from their class or to one, and count what is fooled.

    Raises ConfigError for a run whose targets are no classes.
    """
    spec = subject.run.data_spec
    if scored(subject) != "classes":
        raise problem("inspect adversarial", "expected a run whose task tells classes apart")
    target = None if towards is None else class_number(spec.classes, towards)
    shown = rows()
    classes = chosen_classes(subject, None, shown)
    found = Attacked(len(shown), fooled=[0] * len(epsilons), noise=[0] * len(epsilons))
    draws = torch.Generator().manual_seed(seed)
    with Progress("rows", len(shown)) as progress:
        for begin in range(0, len(shown), ROWS):
            part = slice(begin, begin + ROWS)
            _batch(subject, shown, part, torch.tensor(classes[part]), epsilons, target, draws, found)
            progress.step(len(shown.names[part]))
    found.shares = [_interval(count, found.right) for count in found.fooled]
    return found


def _batch(subject: Subject, rows: ShownRows, part: slice, classes: Tensor, epsilons: Sequence[float],
           target: int | None, draws: torch.Generator, found: Attacked) -> None:
    x, names = rows.x[part], rows.names[part]
    before = probabilities(subject, x)
    taken = before.argmax(1)
    aim = classes if target is None else torch.full_like(classes, target)
    open_ = taken == classes if target is None else taken != target  # rows that can still be fooled
    found.right += int(open_.sum())
    direction = loss_gradient(subject, x, aim).sign() * (1 if target is None else -1)
    signs = torch.randint(0, 2, x.shape, generator=draws).float() * 2 - 1
    pixels, drawn = subject.pixels(x), torch.zeros(len(x), dtype=torch.bool)
    for place, epsilon in enumerate(epsilons):
        for step, counts in ((direction, found.fooled), (signs, found.noise)):
            moved = (pixels + step * (epsilon / 255)).clamp(0, 1)
            after = probabilities(subject, subject.inputs(moved))
            now = after.argmax(1)
            won = open_ & (now != classes if target is None else now == target)
            counts[place] += int(won.sum())
            if step is direction:
                for row in (won & ~drawn).nonzero()[:SHOWN - len(found.kept), 0].tolist():
                    found.kept.append(Fooled(names[row], epsilon, pixels[row], moved[row], _said(subject, before[row]),
                                             _said(subject, after[row])))
                drawn |= won


def loss_gradient(subject: Subject, x: Tensor, classes: Tensor) -> Tensor:
    """The gradient of each row's cross-entropy for its class, by the row."""
    x = x.detach().requires_grad_()
    logits = subject.outputs(x)
    logits = logits.mean(1) if logits.ndim == 3 else logits
    if logits.shape[1] == 1:
        loss = F.binary_cross_entropy_with_logits(logits[:, 0], classes.float(), reduction="sum")
    else:
        loss = F.cross_entropy(logits, classes, reduction="sum")
    return torch.autograd.grad(loss, x)[0]


def draw(subject: Subject, kept: Sequence[Fooled]) -> None:
    """A sheet of rows that were fooled: before, what was added, after."""
    before, after = (as_rgb(torch.stack(pixels)) for pixels in zip(*((one.pixels, one.moved) for one in kept)))
    added = as_rgb(torch.stack([0.5 + (one.moved - one.pixels) * (127 / one.epsilon) for one in kept]))
    labels = interleaved([f"{one.name}: {one.before}" for one in kept],
                         [f"{one.epsilon:g}/255 ({127 / one.epsilon:.0f} x)" for one in kept],
                         [one.after for one in kept])
    subject.save("fooled", lambda path: save_sheet(path, interleaved(before, added, after), labels,
                                                   columns=3 if before.shape[-1] > 150 else 6))


def _said(subject: Subject, shares: Tensor) -> str:
    place = int(shares.argmax())
    return f"{subject.run.data_spec.classes[place]} {float(shares[place]):.2f}"


def _interval(count: int, of: int) -> tuple[float, float, float]:
    """A share, and Wilson's interval of it."""
    if not of:
        return 0.0, 0.0, 1.0
    from scipy.stats import binomtest

    found = binomtest(count, of).proportion_ci(LEVEL, "wilson")
    return count / of, float(found.low), float(found.high)
