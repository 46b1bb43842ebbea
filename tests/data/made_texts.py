"""Running and labelled texts of every encoding, line end and character."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence

from tests.data.made_files import MadeFile

LINES = ("the cat sat on the mat", "a dog ran far from it", "grün ist die heide", "ça va très bien",
"so it goes on and on")
LABELLED = (("good", "the cat sat"), ("bad", "a dog ran away"), ("good", "grün und schön"), ("bad", "so it goes"),
            ("good", "on and on"), ("bad", "it rained"), ("good", "the sun"), ("bad", "no more"))


def made_texts() -> list[MadeFile]:
    """All of them; the same ones at each call."""
    return [made for make in (_running, _labelled) for made in make()]


def running(name: str, data: str | bytes, text: str | None = None, says: str = "",
        chosen: Sequence[str] = ()) -> MadeFile:
    """`text` is what it is read as, None where it is refused."""
    given = ("dataset=text", "dataset.length=3", "dataset.stride=1", "model=lstm", "model.units=3", "model.embed=3",
    *chosen)
    return MadeFile(f"{name}.txt" if "." not in name else name, data.encode() if isinstance(data, str) else data,
        given, text, None, says)


def _running() -> Iterator[MadeFile]:
    text = "\n".join(LINES) + "\n"
    for name, data in (("utf-8", text.encode()), ("mark", text.encode("utf-8-sig")), ("utf-16", text.encode("utf-16")),
                       ("utf-16 big", b"\xfe\xff" + text.encode("utf-16-be")),
                       ("packed.txt.gz", gzip.compress(text.encode())),
                       ("windows", text.replace("\n", "\r\n").encode()),
                       ("old mac", text.replace("\n", "\r").encode())):
        yield running(name, data, text)
    yield running("latin-1", text.encode("latin-1"), text, "read as Latin-1")
    for name, data, says in (
            ("empty", b"", "no text: 0 different characters"), ("one letter", b"aaaaaaaaaaaa", "no text: 1 different"),
            ("zero bytes", bytes(90), "binary data"), ("utf-16 odd", text.encode("utf-16")[:-1], "no UTF-16"),
            ("cut.txt.gz", gzip.compress(text.encode())[:-9], "it is damaged"),
            ("not packed.txt.gz", text.encode(), "it is damaged"), ("broken byte", text.encode() * 9 + b"\xff\n",
            "damaged"),
            ("short", b"abc", "window"), ("program", b"\x7fELF" + bytes(60), "binary data")):
        yield running(name, data, says=says)
    one = "".join(LINES) * 2
    yield running("no line ends", one, one)
    yield running("no last line end", text[:-1], text[:-1])
    long = "abcdefghij" * 20000
    yield running("a long line", long, long)
    for name, mark in (("form feed", "\x0c"), ("vertical tab", "\x0b"), ("next line", "\x85"),
            ("line separator", "\u2028"), ("paragraph", "\u2029"),
                       ("unit", "\x1f"), ("file", "\x1c"), ("bell", "\x07"), ("escape", "\x1b[2m"), ("delete", "\x7f"),
                       ("tab", "\t"), ("nbsp", "\xa0"),
                       ("mark inside", "\ufeff"), ("right to left", "\u202e"), ("joined", "👩\u200d🔬"),
                       ("accent", "e\u0301"), ("private", "\ue000"),
                       ("beyond", "\U0010ffff"), ("quotes", "\"'`"), ("formula", "=1+1")):
        odd = [f"{line[:8]}{mark}{line[8:]}" for line in LINES]
        yield running(name, "\n".join(odd) + "\n", "\n".join(odd) + "\n")
    yield running("utf-32", text.encode("utf-32"), text)
    yield running("blank", b" \n \n\n", " \n \n\n")
    odd = text.encode() + b"\xed\xa0\x80 and more of it here\n"
    yield running("lone surrogate", odd, odd.decode("latin-1").lower(), "read as Latin-1")
    capitals = text.upper().replace("Ç", "ç")
    yield running("capitals", capitals, capitals.lower())
    yield running("capitals kept", capitals, capitals, chosen=["dataset.lower=false"])
    yield running("plain", text, text.encode("ascii", "ignore").decode(), chosen=["dataset.ascii_only=true"])
    blank = " ".join(text.split())
    yield running("blanks", text.replace(" ", " \n\t "), blank, chosen=["dataset.newlines=space"])


def labelled(name: str, data: str | bytes, rows: Sequence[tuple[str, str]] | None = LABELLED, says: str = "",
        chosen: Sequence[str] = ()) -> MadeFile:
    data = data.encode() if isinstance(data, str) else data
    given = ("dataset=labelled_text", "model=lstm", "model.units=3", "model.embed=3", *chosen)
    if rows is None:
        return MadeFile(f"{name}.tsv" if "." not in name else name, data, given, says=says)
    order = sorted({label for label, _ in rows})
    return MadeFile(f"{name}.tsv" if "." not in name else name, data, given, [text.lower().split() for _, text in rows],
                    [order.index(label) for label, _ in rows], says, [text for _, text in rows])


def _file(mark: str = "\t", end: str = "\n", quote: str = "", rows: Sequence[tuple[str, str]] = LABELLED) -> str:
    return "".join(f"{quote}{label}{quote}{mark}{quote}{text}{quote}{end}" for label, text in rows)


def _labelled() -> Iterator[MadeFile]:
    text = _file()
    for name, data in (("utf-8", text.encode()), ("mark", text.encode("utf-8-sig")), ("utf-16", text.encode("utf-16")),
                       ("packed.tsv.gz", gzip.compress(text.encode())), ("windows", _file(end="\r\n").encode()),
                       ("old mac", _file(end="\r").encode()),
                       ("no last end", text[:-1].encode()), ("blank lines", _file(end="\n\n").encode()),
                       ("comma", _file(",").encode()),
                       ("semicolon", _file(";").encode()), ("quoted", _file(",", quote='"').encode()),
                       ("header", b"label\ttext\n" + text.encode()),
                       ("two tabs", _file("\t\t").encode())):
        yield labelled(name, data)
    yield labelled("latin-1", text.encode("latin-1"), says="read as Latin-1")
    swapped = [(sentence, label) for label, sentence in LABELLED]
    yield labelled("text first", _file(rows=swapped))
    for name, mark in (("form feed", "\x0c"), ("next line", "\x85"), ("line separator", "\u2028"), ("unit", "\x1f"),
            ("quote", '"'), ("apostrophe", "'")):
        odd = [(label, f"{sentence[:2]}{mark}{sentence[2:]}") for label, sentence in LABELLED]
        made = labelled(f"{name} within", _file(rows=odd), odd)
        x = [[word for word in sentence.lower().replace('"', " ").split(" ") if word] for _, sentence in odd]
        yield MadeFile(made.name, made.data, made.chosen, x, made.y, made.says, made.new)
    for name, data, says in (
            ("empty", b"", "line 1: expected a label and a text"), ("no text", b"good\nbad\n", "line 1 has 1 cells"),
            ("no label", b"\thello there\n\tgood bye\n", "line 1: expected a label"),
            ("half a row", text.encode() + b"good\n", "line 9: expected a label"),
            ("one class", _file(rows=[("good", sentence) for _, sentence in LABELLED]).encode(), "'good' in every row"),
            ("three cells", _file(",").encode() + b"good,a,b\n", "line 9 has 3 cells"),
            ("binary", bytes(90), "binary data"),
            ("broken", text.encode() * 9 + b"good\tgr\xffn\n", "damaged"), ("page", b"<html>\n", "line 1 has 1 cells")):
        yield labelled(name, data, None, says)
