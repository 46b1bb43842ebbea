"""TensorBoard: curves, pictures, histograms, the configuration, and one row in the hparams table for one run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlrun.record.events import EventFile, event_files, read_records, truncate_superseded
from dlrun.record.folder import RunFolder, plain, yaml_text
from dlrun.record.metrics import read
from dlrun.record.own_file import to_disk
from dlrun.record.recorder import EpochProgress, Recorder, RunInfo
from dlrun.record.stored import Damaged, read_file
from dlrun.record.summaries import END, START, hparams, picture, session_end, tensor
from dlrun.registry import register

_OUTCOME = ("test/", "val/kept/", "val/best/")  # by outcome(), so stale on a resumed run
_PICTURES = "pictures/"
_WHOLE = {"finished": "STATUS_SUCCESS", "stopped": "STATUS_SUCCESS", "interrupted": "STATUS_UNKNOWN"}


@register("recorder", "tensorboard")
class TensorBoardWriter(Recorder):
    """TensorBoard: writes the run's own event file; knows neither torch nor TensorFlow.

    The losses of training are tags of one group, ``loss/train`` beside ``loss/val``, which stands before all others.
    The horizontal axis counts epochs, except for tags that begin with ``step/``, which count steps: the running
    metrics of training, written at most once in `every` steps (0: not at all).  ``outcome`` adds the result as scalars
    of the last epoch: ``test/...``, ``val/kept/...`` (the weights that were kept) and ``val/best/epoch``;
    TensorBoard's hparams table shows these beside the run's configuration, one row a run, and each of a run's curves
    with its last value.  Without `table` there is no row (the folds of a run are not runs).

    On a resumed run everything is again in one event file: a new one with all that is still true, taken from the old
    files and metrics.jsonl; the old ones are then emptied.  TensorBoard's own means (a SessionLog that discards what
    follows a step) has one step for all tags and cannot tell steps from epochs; its hparams plugin also keeps the
    *first* end of a session that it reads, which would stay "interrupted".
    """

    def __init__(self, every: int = 0, table: bool = True):
        self._every, self._table = every, table
        self._next = 0
        self._epoch = 0
        self._file: EventFile | None = None

    @classmethod
    def of_run(cls, log_every: int) -> TensorBoardWriter:
        return cls(every=log_every)

    def start(self, info: RunInfo) -> None:
        old = event_files(info.folder)
        kept = _kept(old, info)
        self._file = file = EventFile(info.folder)
        self._epoch, self._next = info.first_epoch - 1, info.resumed_step + self._every
        # A TensorBoard that is open forgets at this mark what it has read of the run; to one opened later it is the
        # first mark, which says nothing.
        from tensorboard.compat.proto import event_pb2

        file.event(step=0, session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START))
        self._graphed = ("graph", 0) in kept
        for record in kept.values():
            file.write_record(record)
        if ("config", 0) not in kept:
            self._text("config", f"```yaml\n{_config_text(info)}```\n")
        if self._table and (START, 0) not in kept:
            self._hparams(info.flat)
        for row in read(RunFolder(info.folder).metrics):
            if row["epoch"] < info.first_epoch:
                self._row({key: value for key, value in row.items() if (tag_of(key), row["epoch"]) not in kept})
        file.flush()
        if old:
            for synced in to_disk(info.folder):  # before what it replaces goes
                synced.result()
        for path in old:
            truncate_superseded(path)

    def fold(self, name: str, after: int, together: int = 1) -> Recorder:
        return TensorBoardWriter(self._every, table=False)

    def step(self, progress: EpochProgress) -> None:
        if self._every and progress.step >= self._next:
            self._next = progress.step + self._every
            for key, value in progress.values.items():
                self._scalar("step/" + key.removeprefix("train/"), value, progress.step)

    def epoch(self, row: Mapping[str, Any], best: bool) -> None:
        self._epoch = row["epoch"]
        self._row(row)

    def picture(self, tag: str, at: int, path: Path) -> None:
        tag = f"{_PICTURES}{tag.removeprefix(_PICTURES)}"  # one group, behind the losses: there may be one a run
        self._open().event(step=at, summary=picture(tag, Path(path).read_bytes()))

    def histogram(self, tag: str, at: int, values: Any) -> None:
        import numpy as np
        from tensorboard.plugins.histogram.metadata import create_summary_metadata

        flat = np.asarray(values, dtype=np.float64).ravel()
        flat = flat[np.isfinite(flat)]
        if flat.size:
            counts, edges = np.histogram(flat, bins=30)
            buckets = np.stack([edges[:-1], edges[1:], counts], axis=1)  # (bucket, left right count)
            self._tensor(tag, at, create_summary_metadata(None, None), buckets)

    def graph(self, graph_def: bytes) -> None:
        if not self._graphed:  # a resumed run has it already
            self._open().event(graph_def=graph_def)
            self._graphed = True

    def flush(self) -> None:
        if self._file is not None:
            self._file.flush()

    def outcome(self, result: Mapping[str, Any]) -> None:
        if result.get("status") != "interrupted":
            for split, prefix in (("test", "test/"), ("val", "val/kept/")):
                for key, value in (result.get(split) or {}).items():
                    self._scalar(prefix + key, value, self._epoch)
            if result.get("best"):
                self._scalar("val/best/epoch", result["best"]["epoch"], self._epoch)
        if self._table:
            status = _WHOLE.get(str(result.get("status")), "STATUS_FAILURE")
            self._open().event(step=0, summary=session_end(status))
        self._open().flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _open(self) -> EventFile:
        if self._file is None:
            raise RuntimeError("TensorBoardWriter.start comes first")
        return self._file

    def _row(self, row: Mapping[str, Any]) -> None:
        for key, value in row.items():
            if "/" in key:  # epoch, step and seconds are no curves
                self._scalar(tag_of(key), value, row["epoch"])

    def _scalar(self, tag: str, value: Any, at: int) -> None:
        from tensorboard.compat.proto import summary_pb2

        value = plain(value)  # NaN becomes None: TensorBoard cannot draw it
        if isinstance(value, (int, float)):
            summary = summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=tag, simple_value=value)])
            self._open().event(step=at, summary=summary)

    def _tensor(self, tag: str, at: int, metadata: Any, data: Any) -> None:
        from tensorboard.compat.proto import summary_pb2

        value = summary_pb2.Summary.Value(tag=tag, metadata=metadata, tensor=tensor(data))
        self._open().event(step=at, summary=summary_pb2.Summary(value=[value]))

    def text(self, tag: str, at: int, text: str) -> None:
        indented = "".join(f"    {line}\n" for line in text.splitlines())  # Markdown shows it as it is
        self._text(tag, indented, at)

    def _text(self, tag: str, text: str, at: int = 0) -> None:
        from tensorboard.plugins.text.metadata import create_summary_metadata

        self._tensor(tag, at, create_summary_metadata(None, None), [text.encode()])

    def _hparams(self, flat: Mapping[str, Any]) -> None:
        values = {key: _cell(value) for key, value in flat.items() if value is not None}
        self._open().event(step=0, summary=hparams(values))


def tag_of(key: str) -> str:
    """Where a number of an epoch stands: losses of training in a group of their own, which sorts before all others.

    >>> tag_of("train/loss"), tag_of("train/generator_loss"), tag_of("val/accuracy")
    ('loss/train', 'loss/train_generator', 'val/accuracy')
    """
    split, _, name = key.rpartition("/")
    if split not in ("train", "val"):
        return key
    if name == "loss":
        return f"loss/{split}"
    of_a_player = name.endswith("_loss") and name != "log_loss"  # that is a measure beside the loss
    return f"loss/{split}_{name.removesuffix('_loss')}" if of_a_player else key


def _kept(old: list[Path], info: RunInfo) -> dict[tuple[str, int], bytes]:
    """Of the old files the records that are true for a run that resumes at `info.first_epoch`; the last of each."""
    kept: dict[tuple[str, int], bytes] = {}
    for path in old:
        for record, event in read_records(path):
            if event.graph_def:
                kept["graph", 0] = record
            for value in event.summary.value:  # one a record, as `TensorBoardWriter` writes them
                last = info.resumed_step if value.tag.startswith("step/") else info.first_epoch - 1
                if event.step <= last and value.tag != END and not value.tag.startswith(_OUTCOME):
                    kept[value.tag, event.step] = record
    return dict(sorted(kept.items(), key=lambda item: item[0][1]))


def _cell(value: Any) -> bool | int | float | str:
    value = plain(value)
    return value if isinstance(value, (bool, int, float, str)) else _flow(value)


def _flow(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_flow(member) for member in value) + "]"
    return "null" if value is None else str(value)


def _config_text(info: RunInfo) -> str:
    """The text of config.yaml, which a run writes before it is recorded."""
    try:
        return read_file(RunFolder(info.folder).config, bytes.decode)
    except (FileNotFoundError, Damaged):
        return yaml_text(plain(info.config))
