"""What a run leaves for the eye: the first batch, and where its classes are confused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from dlrun.data.batches import Rows, in_order
from dlrun.record.folder import RunFolder
from dlrun.record.recorder import Recorder
from dlrun.run.assemble import Parts

SAMPLES = 32


def sample_batch(parts: Parts, folder: RunFolder, recorder: Recorder) -> None:
    """The first rows of the first batch as the model sees them, with their classes (images only)."""
    from dlrun.record.pictures import save_batch

    signature = parts.prepared.signature
    if signature.input_kind != "image":
        return
    x, y = next(parts.batches.steps(0, 1))
    path = folder.pictures / "batch.png"
    save_batch(path, x[:SAMPLES].cpu().numpy(), [signature.classes[label] for label in y[:SAMPLES].tolist()])
    recorder.picture("batch", 0, path)


def graph(parts: Parts, recorder: Recorder) -> None:
    """The model's graph for TensorBoard, traced on two rows with dropout off (torch's own converter)."""
    from torch.utils.tensorboard._pytorch_graph import graph as traced

    x, _ = parts.train.range(0, min(2, parts.train.count))
    parts.model.eval()
    graph_def, _ = traced(parts.model, x)
    parts.model.train()
    recorder.graph(graph_def.SerializeToString())


def confusion(parts: Parts, rows: Rows, cast: Callable[[], Any], epoch: int, folder: RunFolder,
              recorder: Recorder) -> None:
    """The confusion matrix of the rows that were measured last."""
    from dlrun.record.pictures import save_confusion

    classes = parts.prepared.signature.classes
    matrix = torch.zeros(len(classes) ** 2, dtype=torch.int64, device=rows.device)
    parts.model.eval()
    with torch.no_grad():
        for x, y in in_order(rows, parts.evaluate_batch):
            with cast():
                logits = parts.model(x).float()
            matrix += torch.bincount(y * len(classes) + parts.task.classify(logits), minlength=len(matrix))  # type: ignore[attr-defined]
    parts.model.train()
    path = folder.pictures / "confusion.png"
    save_confusion(path, matrix.view(len(classes), -1).cpu().numpy(), list(classes))
    recorder.picture("confusion", epoch, path)
