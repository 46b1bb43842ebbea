"""Text from a model of the next token: one token after the other, at a temperature."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from dlrun.data.batches import Rows
from dlrun.data.form import Form
from dlrun.data.part import Part
from dlrun.data.scale import Scale


def write(model: nn.Module, form: Form, length: int, start: Sequence[int], count: int, temperature: float,
          generator: torch.Generator, device: torch.device) -> list[int]:
    """`count` tokens that go on after `start` (ids); the model sees the last `length` of them.

    The softmax of logits / `temperature` is drawn from; 0 takes the most likely token.  The generator is a CPU one,
    so that the same seed writes the same text on every device as far as the logits agree.
    """
    window = list(start)[-length:]
    window = [window[0]] * (length - len(window)) + window  # a short prompt begins with its first token, repeated
    scale = Scale(np.float32(0), np.float32(1))
    made: list[int] = []
    with torch.no_grad():
        for _ in range(count):
            model.eval()  # stateful layers begin anew: the window holds all that they are to have seen
            stored = Part(np.array([window], np.int32), np.zeros(1, np.int64), form=Form(form.kind, form.size))
            x, _ = Rows(stored, scale, device, resident=True).range(0, 1)
            logits = model(x).float()
            logits = (logits[0] if logits.ndim == 2 else logits[0, :, -1]).cpu()
            made.append(_drawn(logits, temperature, generator))
            window = [*window[1:], made[-1]]
    model.train()
    return made


def _drawn(logits: torch.Tensor, temperature: float, generator: torch.Generator) -> int:
    if temperature == 0:
        return int(logits.argmax())
    return int(torch.multinomial(torch.softmax(logits.double() / temperature, 0), 1, generator=generator))
