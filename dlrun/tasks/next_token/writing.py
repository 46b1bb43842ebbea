"""Text from a model of the next token: one token after the other, at a temperature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.batches import Rows
from dlrun.data.form import Form
from dlrun.data.prepared import Split
from dlrun.data.scale import Scale
from dlrun.tasks._base.generation import GenerateOptions


@dataclass
class Passage:
    """A text to be written: what it continues (ids), at which temperature, and the CPU generator that draws.

    The softmax of logits / `temperature` is drawn from; 0 takes the most likely token, infinity any.  `made` are the
    tokens written so far, `entropies` those of the distributions that they were drawn from, in nats.
    """

    start: Sequence[int]
    temperature: float
    generator: torch.Generator
    made: list[int] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)

    def draw(self, logits: Tensor) -> None:
        """Take the next token by its logits (tokens,), on the CPU."""
        if self.temperature == 0:
            self.made.append(int(logits.argmax()))
            self.entropies.append(0.0)
            return
        shares = torch.softmax(logits.double() / self.temperature, 0)
        self.made.append(int(torch.multinomial(shares, 1, generator=self.generator)))
        self.entropies.append(float(torch.special.entr(shares).sum()))


def continuation(model: nn.Module, state: dict[str, Any], options: GenerateOptions) -> str:
    """The text that follows a prompt, of a run with this preprocessing state; on the CPU."""
    vocabulary = preprocessing.vocabulary(state)
    assert vocabulary is not None
    length = preprocessing.data_spec(state).input_shape[-1]
    ids = vocabulary.encode(options.prompt) or vocabulary.encode(" ") or [0]
    form = form_of(state)
    made = write(model, form, length, ids, options.tokens, options.temperature,
                 torch.Generator().manual_seed(options.seed), torch.device("cpu"))
    return vocabulary.decode(made)


def form_of(state: dict[str, Any]) -> Form:
    """What a window of ids becomes for the network of a run with this preprocessing state."""
    asked = state["asked"]
    return Form(asked["form"], asked["size"] if asked["form"] == "one_hot" else 0)


def write(model: nn.Module, form: Form, length: int, start: Sequence[int], count: int, temperature: float,
          generator: torch.Generator, device: torch.device) -> list[int]:
    """`count` tokens that follow `start` (ids); the model sees the last `length` of them.

    The generator is a CPU one, so that the same seed writes the same text on every device as far as the logits agree.
    """
    passage = Passage(start, temperature, generator)
    write_all(model, form, length, [passage], count, device)
    return passage.made


def write_all(model: nn.Module, form: Form, length: int, passages: Sequence[Passage], count: int,
              device: torch.device) -> None:
    """`count` tokens more of each passage, all of them in one batch."""
    windows = [window([*passage.start, *passage.made], length) for passage in passages]
    for _ in range(count):
        rows = next_logits(model, form, windows, device)
        for place, passage in enumerate(passages):
            passage.draw(rows[place])
            windows[place] = [*windows[place][1:], passage.made[-1]]
    model.train()


def next_logits(model: nn.Module, form: Form, windows: Sequence[Sequence[int]], device: torch.device) -> Tensor:
    """The logits of the token after each window of ids, (windows, tokens), on the CPU."""
    model.eval()  # stateful layers start from zeros: the window holds all that they are to have seen
    stored = Split(np.array(windows, np.int32), np.zeros(len(windows), np.int64), form=Form(form.kind, form.size))
    x, _ = Rows(stored, Scale(np.float32(0), np.float32(1)), device, resident=True).range(0, len(windows))
    with torch.no_grad():
        logits: Tensor = model(x).float()
    return (logits if logits.ndim == 2 else logits[:, :, -1]).cpu()


def window(seen: Sequence[int], length: int) -> list[int]:
    """The last `length` ids; a short text begins with its first token, repeated."""
    found = list(seen)[-length:]
    return [found[0]] * (length - len(found)) + found
