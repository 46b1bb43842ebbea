"""What a model of the next token writes, in numbers: how varied its text is at which temperature."""

from __future__ import annotations

import math
import re

import numpy as np
import torch

from dlrun.config.seeds import derive_seed
from dlrun.data.prepared import Split
from dlrun.tasks._base.view import View
from dlrun.tasks.next_token.writing import Passage, write_all

TEMPERATURES = (0.0, 0.2, 0.5, 1.0, 1.2, math.inf)
STARTS, TOKENS = 4, 400  # passages at each temperature, and how long they are
GRAM = 4  # tokens that stand together
_WORD = re.compile(r"[^\W\d_]+")


def text_diversity(view: View) -> dict[str, float]:
    """Measures of passages that begin at `STARTS` places of the test rows (else of other rows), by temperature.

    ``words_0.5``: different words / words, the type-token ratio.  ``real_0.5``: the share of words that the training
    text has, for texts of characters or byte pairs.  ``grams_0.5``: different `GRAM` tokens in a row / all.
    ``entropy_0.5``: mean entropy of the distributions that were drawn from, in nats.  Temperature 0 takes the most
    likely token, ``inf`` any.
    Means over the passages; empty where no next token is predicted.  Nothing is drawn from a stream that training uses.
    """
    prepared = view.prepared
    data_spec, vocabulary = prepared.data_spec, prepared.vocabulary
    if vocabulary is None or not data_spec.next_token:
        return {}
    split, length = prepared.test or prepared.val or prepared.train, data_spec.input_shape[-1]
    starts = [[int(token) for token in np.asarray(split.x[begin:begin + length])] for begin in _begins(split)]
    seeds = [derive_seed(view.config.seed, "variety", place) for place in range(len(starts))]
    passages = [Passage(start, temperature, torch.Generator().manual_seed(seeds[place]))
                for temperature in TEMPERATURES for place, start in enumerate(starts)]
    write_all(view.model, split.form, length, passages, TOKENS, view.rows.device)
    letters = vocabulary.unit != "word"
    known = set(_WORD.findall(vocabulary.decode(prepared.train.x))) if letters else set()
    found: dict[str, list[float]] = {}
    for passage in passages:
        # Of characters the first word may continue the start, and the last may be cut.
        words = _WORD.findall(vocabulary.decode(passage.made))[1:-1] if letters else passage.made
        grams = list(zip(*(passage.made[place:] for place in range(GRAM))))
        shares = {"words": _share(len(set(words)), len(words)), "grams": _share(len(set(grams)), len(grams)),
                    "entropy": float(np.mean(passage.entropies))}
        if letters:
            shares["real"] = _share(sum(word in known for word in words), len(words))
        for name, value in shares.items():
            found.setdefault(f"{name}_{passage.temperature:g}", []).append(value)
    return {name: float(np.mean(values)) for name, values in found.items()}


def _begins(split: Split) -> list[int]:
    assert split.rows is not None
    places = np.linspace(0, len(split.rows), STARTS, endpoint=False).astype(int)
    return [int(split.rows[place]) for place in places]


def _share(count: int, of: int) -> float:
    return count / of if of else 0.0
