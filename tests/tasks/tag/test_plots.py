"""Pictures of tagging: sentences with their tags."""

from __future__ import annotations

from pathlib import Path

from tests.tasks.make import data_of


def test_each_word_of_a_sentence_has_its_tag(go, real_data: Path) -> None:
    outcome = go("dataset=treebank", "model=gru", "model.units=8", "epochs=1", "train_size=400", "dataset.maxlen=60")
    head, *lines = filter(None, (outcome.folder / "pictures" / "sentences.txt").read_text().splitlines())
    split = data_of(outcome.folder).test
    assert split is not None and split.y is not None
    assert [len(line.split()) for line in lines] == (split.x[:20] != 0).sum(1).tolist()
    classes = data_of(outcome.folder).data_spec.classes
    for line, ids, tags in zip(lines, split.x, split.y):
        said = [word.rpartition("/")[2] for word in line.split()]
        true = [tag.rpartition("[")[2].rstrip("]") for tag in said]
        assert true == [classes[tag] for tag, word in zip(tags, ids) if word]
    assert (outcome.folder / "pictures" / "confusion.png").is_file()
