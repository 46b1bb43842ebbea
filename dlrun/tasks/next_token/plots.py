"""What a model of the next token writes, at three temperatures, from the same place of the text."""

from __future__ import annotations

import numpy as np
import torch

from dlrun.config.seeds import derive_seed
from dlrun.tasks._base.plots import Plots
from dlrun.tasks._base.view import View
from dlrun.tasks._plots.inputs import first_batch
from dlrun.tasks.next_token.writing import Passage, write_all

TEMPERATURES = (0.2, 0.5, 1.0)
TOKENS = 300


def passages(view: View) -> None:
    """``pictures/text-0040.txt``: a prompt from the shown rows and what follows it."""
    prepared = view.prepared
    data_spec, vocabulary = prepared.data_spec, prepared.vocabulary
    if vocabulary is None or not data_spec.next_token:
        return
    split = view.split
    assert split.rows is not None
    length = data_spec.input_shape[-1]
    begin = int(split.rows[0])
    prompt = [int(token) for token in np.asarray(split.x[begin:begin + length])]
    lines = [f"prompt: {vocabulary.decode(prompt)}", ""]
    seed = derive_seed(view.config.seed, "text", view.epoch)
    made = [Passage(prompt, temperature, torch.Generator().manual_seed(seed)) for temperature in TEMPERATURES]
    write_all(view.model, split.form, length, made, TOKENS, view.rows.device)
    for passage in made:
        lines += [f"temperature {passage.temperature}: {vocabulary.decode(passage.made)}", ""]
    view.write(f"text-{view.epoch:04d}", "\n".join(lines))


PLOTS = Plots(start=(first_batch,), during=(passages,), end=(passages,))
