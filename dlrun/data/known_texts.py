"""The standard texts as constants: classes, rows, file names.  Nothing is opened."""

from __future__ import annotations

from dlrun.data.dataset_spec import DatasetSpec

POLARITY = ("negative", "positive")
TOPICS = (
    "cocoa", "grain", "veg-oil", "earn", "acq", "wheat", "copper", "housing", "money-supply", "coffee", "sugar",
    "trade", "reserves", "ship", "cotton", "carcass", "crude", "nat-gas", "cpi", "money-fx", "interest", "gnp",
    "meal-feed", "alum", "oilseed", "gold", "tin", "strategic-metal", "livestock", "retail", "ipi", "iron-steel",
    "rubber", "heat", "jobs", "lei", "bop", "zinc", "orange", "pet-chem", "dlr", "gas", "silver", "wpi", "hog", "lead",
)
PAD_TAG = "<pad>"
TAGS = (
    PAD_TAG, "#", "$", "''", ",", "-LRB-", "-RRB-", ".", ":", "CC", "CD", "DT", "EX", "FW", "IN", "JJ", "JJR", "JJS",
    "LS", "MD", "NN", "NNP", "NNPS", "NNS", "PDT", "POS", "PRP", "PRP$", "RB", "RBR", "RBS", "RP", "SYM", "TO", "UH",
    "VB", "VBD", "VBG", "VBN", "VBP", "VBZ", "WDT", "WP", "WP$", "WRB", "``",
)
CLASSES = {"imdb": POLARITY, "reuters": TOPICS, "umich": POLARITY, "treebank": TAGS}
ROWS = {
    "imdb": {"train": 25000, "test": 25000}, "reuters": {"train": 8982, "test": 2246}, "umich": {"train": 7086},
    "treebank": {"train": 3914},
}
KERAS = ("imdb", "reuters")  # word ids come from the file, not from a fitted vocabulary
CORPORA = {
    "nietzsche": "nietzsche.txt", "alice": "alice_in_wonderland.txt", "aesop": "aesop_11339.txt",
}


def data_spec(kind: str) -> DatasetSpec:
    """What is known of a row before it is padded (`shape.of_sentences`)."""
    if kind == "treebank":
        return DatasetSpec((), "tokens", "tokens", TAGS, target_name="part of speech")
    return DatasetSpec((), "tokens", "classes", CLASSES[kind])
