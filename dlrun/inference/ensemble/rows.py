"""What the members of an ensemble say of the same rows, each reading them as its own training did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from dlrun.assembly.build_run import rows_of
from dlrun.assembly.components import GATHERED
from dlrun.config.places import data_dir
from dlrun.config.problem import problem
from dlrun.config.schema.folds import depends_on_seed
from dlrun.config.schema.root import Config
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.batches import Rows, in_order
from dlrun.data.form import Form
from dlrun.data.prepared import PreparedData, Split
from dlrun.data.scale import NONE, Target
from dlrun.inference.ensemble.members import Member
from dlrun.inference.ensemble.same_rows import check_files, check_test, validation_of
from dlrun.inference.evaluate_run import own_test
from dlrun.inference.labelled import Labelled, labelled
from dlrun.inference.load import ROWS
from dlrun.inference.own_rows import own_rows
from dlrun.models.build import stateful

Say = Callable[[str], None]
CLOSE = 1e-4  # targets that were scaled in one way and another, in the scale of the first


@dataclass(frozen=True)
class Shown:
    """Rows that all members have answered: `outputs` (members, rows, ...) and targets (rows, ...), in the scale of the
    first member's targets, float32 or int64.  `labelled` are the rows as the first one reads them."""

    outputs: Tensor
    targets: Tensor
    labelled: Labelled

    def rows(self) -> Rows:
        """The rows by their numbers: what `Answers` takes for inputs."""
        places = np.arange(len(self.targets))
        return Rows(Split(places, self.targets.numpy(), form=Form("tokens")), NONE, torch.device("cpu"), resident=True)


class Answers(nn.Module):
    """A network in evaluation mode whose outputs (rows, ...) are known: its inputs are the numbers of rows."""

    def __init__(self, outputs: Tensor):
        super().__init__()
        self.outputs = outputs
        self.eval()

    def forward(self, places: Tensor) -> Tensor:
        return self.outputs[places]


def shown_test(members: Sequence[Member], say: Say) -> Shown:
    """The members' own test rows; ConfigError where they are not the same ones."""
    read: dict[str, PreparedData] = {}

    def own(member: Member) -> Labelled:
        return own_test(member.run, lambda config, say: _read(config, read, say), say)

    check_test(members)
    return _shown(members, own, "test rows", say)


def shown_validation(members: Sequence[Member], say: Say) -> Shown:
    """The members' validation rows; ConfigError where they are not the same ones: others were trained on them."""
    read: dict[str, PreparedData] = {}
    first = members[0]

    def own(member: Member) -> Labelled:
        split = own_rows(member.run, say, lambda config, say: _read(config, read, say)).val
        if split is None:
            raise problem("weights=fitted", f"{member.name} has no validation rows; expected runs with the same ones, "
                                            "or weights=equal")
        return Labelled(split)

    for member in members[1:]:
        check_files(first, member)
        if validation_of(first.run.config) != validation_of(member.run.config):
            for one in (first, member):
                own(one)  # that it has none is said first
            raise problem("weights=fitted", f"the validation rows of {member.name} and {first.name} are not the same: "
                                            "each was trained on rows of the other's; expected runs with the same ones "
                                            "(validation=0.2 takes the last rows), or weights=equal")
    return _shown(members, own, "validation rows", say)


def shown_data(members: Sequence[Member], data: str, target: str, group: str, say: Say) -> Shown:
    """The rows of a file, a folder or another data set; see `inference.labelled`."""
    def given(member: Member) -> Labelled:
        run = member.run
        return labelled(run.kept, run.config.dataset, data, str(data_dir(run.config.data_dir)), say, target, group)

    return _shown(members, given, "rows", say)


def _shown(members: Sequence[Member], rows_for: Callable[[Member], Labelled], what: str, say: Say) -> Shown:
    """Show each member its rows; ConfigError where the targets are not the same, row by row."""
    found: list[Labelled] = []
    outputs: list[Tensor] = []
    first: Tensor | None = None
    for place, member in enumerate(members, start=1):
        rows = rows_for(member)
        say(f"member {place} of {len(members)}, {member.name}: {len(rows.split):,} {what}")
        answers, y = _in_common(member, members[0], *_answers(member, rows.split, len(members)))
        if first is None:
            first = y
        elif first.shape != y.shape or not torch.allclose(first.double(), y.double(), rtol=CLOSE, atol=CLOSE):
            raise problem(member.name, f"its {len(y):,} {what} have other targets than the {len(first):,} of "
                                       f"{members[0].name}; expected runs on the same data")
        if outputs and answers.shape != outputs[0].shape:
            raise problem(member.name, f"it answers a row with {tuple(answers.shape[1:])} numbers, and "
                                       f"{members[0].name} with {tuple(outputs[0].shape[1:])}")
        found.append(rows)
        outputs.append(answers)
    assert first is not None
    return Shown(torch.stack(outputs), first, found[0])


def _in_common(member: Member, first: Member, outputs: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Outputs and targets in the scale of the first member: seeds may have drawn other training rows."""
    spec = first.run.data_spec
    own, common = (preprocessing.targets(one.run.kept) for one in (member, first))
    if own == common or not own:
        return outputs, y
    if not spec.heads:
        return rescaled(outputs, own[0], common[0]), rescaled(y, own[0], common[0])
    widths = [head.outputs for head in spec.heads]
    parts = [rescaled(part, *scales) for part, *scales in zip(outputs.split(widths, 1), own, common)]
    return torch.cat(parts, 1), torch.stack([rescaled(column, *scales) for column, *scales in zip(y.T, own, common)], 1)


def rescaled(scaled: Tensor, own: Target, common: Target) -> Tensor:
    """Numbers that are scaled as `own` says, scaled as `common` says; those that are not scaled stay as they are."""
    unit = scaled.double() / own.factor + own.offset
    return ((unit - common.offset) * common.factor).to(scaled.dtype)


def _answers(member: Member, split: Split, members: int) -> tuple[Tensor, Tensor]:
    """Outputs and targets of all rows, in order."""
    run = member.run
    spec = run.data_spec
    size = len(split) * run.config.task.width(spec) * max(1, spec.target_length)
    if size * members > GATHERED:
        raise problem(member.name, f"{members} members give {size * members:,} numbers for {len(split):,} rows, and "
                                   f"{GATHERED:,} are held at most; data=FILE measures fewer rows")
    rows = run.rows(split)
    run.rng.seed_step(-1)
    with torch.no_grad():
        pairs = [(run.task.predict(run.model, x).float(), y) for x, y in
                 in_order(rows, run.config.batch_size if stateful(run.model) else ROWS)]
    outputs, y = (torch.cat(each) for each in zip(*pairs))
    return outputs, y


def _read(config: Config, read: dict[str, PreparedData], say: Say) -> PreparedData:
    """The rows of a run; of runs that see the same ones they are read once."""
    seed = config.seed if depends_on_seed(config) else None
    key = repr((config.dataset, config.data_dir, config.validation, config.train_size, config.test_size, seed))
    if key not in read:
        read.clear()  # the rows of one are held at a time
        read[key] = rows_of(config, say)
    return read[key]
