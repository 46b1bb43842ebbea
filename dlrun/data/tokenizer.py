"""The library `tokenizers`: learns pieces of bytes from texts, and cuts texts into them.

Pieces are of words with the blank before them (GPT-2's), so that any text comes back whole and no letter is unknown.
What is learned is a function of the texts, the size and the library's version.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from dlrun.config.problem import problem

Merges = tuple[tuple[str, str], ...]  # the pairs that become a piece, in their order


def version() -> str:
    """The version of the library.  Raises ConfigError where it is missing."""
    return str(_library().__version__)


def learned(texts: Sequence[str], size: int) -> tuple[list[str], Merges]:
    """The pieces by their ids, `size` at most and the 256 bytes at least, and the merges; a pair comes twice or more.
    """
    _library()
    from tokenizers import models, pre_tokenizers, trainers

    made = _empty(models.BPE())
    made.train_from_iterator((whole(text) for text in texts), trainers.BpeTrainer(
        vocab_size=size, min_frequency=2, show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet())))
    model = json.loads(made.to_str())["model"]
    pairs = (pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"])
    return sorted(model["vocab"], key=model["vocab"].get), tuple((first, second) for first, second in pairs)


def tokenizer(pieces: Sequence[str], merges: Merges) -> Any:
    """The library's tokenizer of these pieces."""
    _library()
    from tokenizers import models

    return _empty(models.BPE({piece: place for place, piece in enumerate(pieces)}, list(merges)))


def whole(text: str) -> str:
    """A text as UTF-8 has it: half a letter, as JSON may have it, becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def _empty(pairs: Any) -> Any:
    from tokenizers import decoders, pre_tokenizers

    made = _library().Tokenizer(pairs)
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    return made


def _library() -> Any:
    # In a process that forks it would warn of its threads.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        import tokenizers
    except ImportError:
        raise problem("dataset.unit=bpe", "it needs tokenizers:  pip install 'dlrun[bpe]'") from None
    return tokenizers
