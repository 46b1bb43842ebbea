"""Byte pairs: learned from the training text alone, by the rule that has their name, and whole when they come back."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.config.schema.holdout import Holdout
from dlrun.data import byte_pairs
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.dataset_info import dataset_info
from dlrun.data.prepare import prepare
from dlrun.data.sets.labelled_text import LabelledText
from dlrun.data.sets.text import Text
from dlrun.data.vocabulary import Vocabulary

pytest.importorskip("tokenizers")
WORDS = ["low", "lower", "newest", "widest", "new", "wide", "slow", "slower"]
TEXT = " ".join(np.random.default_rng(0).choice(WORDS, 400).tolist())


def corpus(folder: Path, text: str = TEXT, **cfg: object) -> Text:
    (folder / "t.txt").write_text(text, encoding="utf-8")
    return Text(path=str(folder / "t.txt"), unit="bpe", **{"length": 5, "stride": 1, "num_words": 270, **cfg})


def learned(cfg: object, **more: object) -> Vocabulary:
    kept = {"validation": None, "train_size": None, "seed": 0, **more}
    found = prepare(cfg, "", say=lambda note: None, **kept).vocabulary
    assert found is not None
    return found


def test_each_merge_is_of_a_pair_that_is_the_most_frequent_one_then(tmp_path: Path) -> None:
    vocabulary = learned(corpus(tmp_path, test=0))
    first, *rest = TEXT.split(" ")
    words = {tuple(word): count for word, count in Counter([first, *(f"Ġ{word}" for word in rest)]).items()}
    assert len(vocabulary.merges) == 270 - 257
    for pair in vocabulary.merges:
        counts: Counter[tuple[str, str]] = Counter()
        for word, count in words.items():
            for two in zip(word, word[1:]):
                counts[two] += count
        assert counts[pair] == max(counts.values())
        joined: dict[tuple[str, ...], int] = {}
        for word, count in words.items():
            made: list[str] = []
            for letter in word:
                if made and (made[-1], letter) == pair:
                    made[-1] += letter
                else:
                    made.append(letter)
            joined[tuple(made)] = joined.get(tuple(made), 0) + count
        words = joined


@pytest.mark.parametrize("text", ("", " ", "  two\n\n\tblanks ", "naïve – 日本語 🐈‍⬛ e\u0301", "<pad> <unknown>",
                                  "\x00\x7f", "LOWER Case", "a" * 999))
def test_any_text_comes_back_whole_also_from_the_folder(tmp_path: Path, text: str) -> None:
    prepared = prepare(corpus(tmp_path, lower=False), "", validation=None, train_size=None, seed=0, say=print)
    vocabulary = preprocessing.vocabulary(json.loads(json.dumps(preprocessing.plain(prepared))))
    assert vocabulary == prepared.vocabulary
    ids = vocabulary.encode(text)
    assert vocabulary.decode(ids) == text and all(0 < number < len(vocabulary) for number in ids)
    assert vocabulary.decode([0, *ids, 0]) == text


def test_halves_of_a_letter_are_no_trace(tmp_path: Path) -> None:
    vocabulary = learned(corpus(tmp_path))
    assert vocabulary.decode(vocabulary.encode("low \ud800 low")) == "low ? low"
    path = tmp_path / "t.jsonl"
    path.write_text('{"text": "low \\ud83d", "label": "a"}\n{"text": "slow", "label": "b"}\n')
    learned(LabelledText(path=str(path), text="text", target="label", unit="bpe", test=0))


def test_the_pieces_are_learned_from_the_training_part_alone(tmp_path: Path) -> None:
    strange = " zygote" * 60

    def zygote(validation: Holdout | None = None, **cfg: object) -> bool:
        return any("zyg" in word for word in learned(
            corpus(tmp_path, TEXT + strange, num_words=400, **cfg), validation=validation).words)

    assert zygote(test=0) and not zygote(test=len(strange))
    assert not zygote(Holdout(size=len(strange), take="end"), test=0)
    rows = [{"text": text, "label": "ab"[place % 2]} for place, text in enumerate(["low slow"] * 50 + ["zygote"] * 50)]
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    cfg = LabelledText(path=str(path), text="text", target="label", unit="bpe", num_words=300, test=0, split_seed=0)
    whole = learned(cfg)
    assert any("zyg" in word for word in whole.words)
    with_few = prepare(cfg, "", validation=None, train_size=3, seed=0, say=print)
    texts = {with_few.vocabulary.decode(row.tolist()) for row in with_few.train.x}
    pieces = set(with_few.vocabulary.words[257:])
    assert len(with_few.train) == 3 and all(any(piece.strip("Ġ") in text for text in texts) for piece in pieces)


def test_rows_of_any_seed_have_a_network_of_one_size(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("".join(f"{'ab'[place % 2]},{word} {word}\n" for place, word in enumerate(WORDS * 4)))
    for words, size in ((None, 1000), (300, 300)):
        cfg = LabelledText(path=str(path), unit="bpe", num_words=words)
        specs = {prepare(cfg, "", validation=Holdout(size=0.2), train_size=None, seed=seed, say=print)
                 .data_spec.vocabulary for seed in range(3)}
        assert specs == {size} and len(learned(cfg)) < 300


def test_windows_are_counted_in_tokens_before_the_run(tmp_path: Path) -> None:
    cfg, holdout = corpus(tmp_path, stride=2), Holdout(size=0.25, take="end")
    prepared = prepare(cfg, "", validation=holdout, train_size=None, seed=0, say=print)
    info = dataset_info(cfg, "", validation=holdout)
    lengths = {name: len(split) for name, split in prepared.splits.items()}
    assert info.split == lengths and info.data_spec == prepared.data_spec
    tokens = len(prepared.vocabulary.encode(prepared.vocabulary.decode(prepared.train.x.tolist())))
    assert lengths["train"] == (tokens - 6) // 2 + 1
    texts = "".join(prepared.vocabulary.decode(prepared.splits[name].x.tolist()) for name in ("train", "val", "test"))
    assert texts == TEXT


def test_what_is_learned_is_part_of_the_data_s_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text("".join(f"{'ab'[place % 2]},{word} {word}\n" for place, word in enumerate(WORDS * 4)))
    own, sizes = byte_pairs.learned, iter((266, 266, 260) * 2)
    monkeypatch.setattr(byte_pairs, "learned", lambda texts, size: own(texts, next(sizes)))
    for cfg in (corpus(tmp_path), LabelledText(path=str(path), unit="bpe", num_words=300)):
        hashes = []
        for _ in range(3):
            byte_pairs._last.clear()
            hashes.append(prepare(cfg, "", validation=None, train_size=None, seed=0, say=print).hash)
        assert hashes[0] == hashes[1] != hashes[2]
    byte_pairs._last.clear()


def test_too_few_pieces_and_a_missing_library_are_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="expected 257 or more"):
        learned(corpus(tmp_path, num_words=100))
    with pytest.raises(ConfigError, match="the test split has .* tokens, and a window with its target spans 41"):
        learned(corpus(tmp_path, length=40, test=60))
    byte_pairs._last.clear()
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ConfigError, match=r"it needs tokenizers:  pip install 'dlrun\[bpe\]'"):
        learned(corpus(tmp_path))
