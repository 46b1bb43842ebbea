"""Tables of every encoding, separator, header, line end, shape and damage that people's programs write."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tests.data.made_files import MadeFile

A = (1.5, -2.25, 3.0, 4.75, 5.5, 6.25, -7.0, 8.125)
B = ("red", "blue", "red", "green", "blue", "red", "green", "red")
KIND = ("p", "p", "q", "q", "p", "q", "q", "p")
Column = Sequence[float] | Sequence[str]


def made_tables() -> list[MadeFile]:
    """All of them; the same ones at each call."""
    return [made for make in (_encodings, _separators, _ends, _headers, _shapes, _odd) for made in make()]


def lines(columns: Sequence[Sequence[Any]] = (A, B, KIND), names: Sequence[str] = ("a", "b", "kind"),
          mark: str = ",", end: str = "\n", cell: Callable[[Any], str] = str) -> str:
    """A file of these columns."""
    rows = [mark.join(map(cell, row)) for row in zip(*columns)]
    return "".join(line + end for line in ([mark.join(map(cell, names))] if names else []) + rows)


def inputs(*columns: Column) -> np.ndarray:
    """Numbers as they are, texts as one column of 0 and 1 a word; an empty text has none."""
    made: list[list[float]] = []
    for column in columns:
        if isinstance(column[0], str):
            made += [[float(cell == word) for cell in column] for word in sorted(set(column) - {""})]
        else:
            made.append(list(column))
    return np.array(made, np.float64).T.astype(np.float32)


def codes(kinds: Sequence[str]) -> list[int]:
    order = sorted(set(kinds))
    return [order.index(kind) for kind in kinds]


def table(name: str, data: str | bytes, *columns: Column, kinds: Sequence[Any] = KIND, says: str = "",
          chosen: Sequence[str] = (), target: str = "kind", refused: bool = False, new: Any = None) -> MadeFile:
    """A table whose columns are A and B, where no others are given."""
    return MadeFile(
        name if "." in name else f"{name}.csv", data.encode() if isinstance(data, str) else data,
        ("dataset=csv", f"dataset.target={target}", *chosen), None if refused else inputs(*(columns or (A, B))),
        None if refused else codes(kinds) if isinstance(kinds[0], str) else list(kinds), says, new)


def _encodings() -> Iterator[MadeFile]:
    words = ("grün", "blau", "grün", "weiß", "blau", "grün", "weiß", "grün")
    text = lines((A, words, KIND))
    for name, data in (("utf-8", text.encode()), ("mark", text.encode("utf-8-sig")), ("utf-16", text.encode("utf-16")),
                       ("utf-16 big", b"\xfe\xff" + text.encode("utf-16-be")),
                       ("packed.csv.gz", gzip.compress(text.encode())),
                       ("packed twice over.csv.gz",
                       gzip.compress(text[:40].encode()) + gzip.compress(text[40:].encode()))):
        yield table(name, data, A, words)
    yield table("latin-1", text.encode("latin-1"), A, words, says="read as Latin-1, since line 2, byte 7 (0xfc)")
    for name, data, says in (
            ("utf-16 unmarked", text.encode("utf-16-le"), "binary data"),
            ("utf-32", text.encode("utf-32"), "binary data"),
            ("utf-16 odd", text.encode("utf-16")[:-1], "no UTF-16"), ("cut.csv.gz", gzip.compress(text.encode())[:-9],
            "it is damaged"),
            ("not packed.csv.gz", text.encode(), "it is damaged"),
            ("bad sum.csv.gz", gzip.compress(text.encode())[:-8] + b"\0" * 8, "it is damaged"),
            ("broken byte", text.encode()[:90] + b"\xff" + text.encode()[90:],
            "damaged: the file's other letters are UTF-8"),
            ("zero byte", text.encode()[:50] + b"\0" + text.encode()[50:], "binary data"),
            ("late zero byte", (text.encode() * 60)[:5000] + b"\0" + text.encode(), "binary data"),
            ("zip", b"PK\x03\x04" + bytes(90), "binary data"), ("empty", b"", "has no rows"),
            ("blank", b"\n\n \n", "no rows"), ("mark alone", b"\xef\xbb\xbf", "has no rows"),
            ("page", b"<!DOCTYPE html>\n<html><body>404</body></html>\n", "expected 2 cells in each line")):
        yield table(name, data, says=says, refused=True)
    japanese = ("赤", "青", "赤", "緑", "青", "赤", "緑", "赤")
    yield table("japanese", lines((A, japanese, KIND)), A, japanese)
    yield table("emoji", lines((A, ["🐈" if b == "red" else "e\u0301" for b in B], KIND)), A,
                ["🐈" if b == "red" else "e\u0301" for b in B])
    yield table("one latin letter", lines().encode().replace(b"green", b"gr\xfcn"), A,
                [b.replace("green", "grün") for b in B], says="read as Latin-1")


def _separators() -> Iterator[MadeFile]:
    for name, mark in (("comma", ","), ("semicolon", ";"), ("tab.tsv", "\t"), ("pipe", "|"), ("space", " "),
            ("spaces", "   "),
                       ("comma and blank", ", "), ("blanks around", " ; "), ("tab and blank", "\t ")):
        yield table(name, lines(mark=mark))
    for name, mark in (("chosen comma", ","), ("chosen semicolon", ";"), ("chosen tab", "\t"), ("chosen pipe", "|"),
                       ("chosen space", " ")):
        word = {"\t": "tab", " ": "space"}.get(mark, f"'{mark}'")
        yield table(name, lines(mark=mark), chosen=[f"dataset.separator={word}"])
    yield table("wrong choice", lines(), chosen=["dataset.separator=tab"], says="no such column", refused=True)
    yield table("two colons", lines(mark="::"), says="no such column", refused=True)
    yield table("trailing", lines(end=",\n"), says='"column 3" has no values and is left out')
    yield table("trailing but the header", lines(end=",\n").replace("kind,", "kind", 1), says="expected 3 cells",
                refused=True)
    yield table("trailing semicolons", lines(mark=";", end=";;\n"), says="has no values and is left out")
    yield table("comma in words", lines(mark=";").replace("red", "red, dark"), A,
                [b.replace("red", "red, dark") for b in B])
    yield table("sep line", "sep=;\n" + lines(mark=";"), says="expected 2 cells", refused=True)
    yield table("comment", "# made by hand\n" + lines(), says="expected 1 cells", refused=True)
    yield table("comment below", lines() + "# the end\n", says="line 10 has 1", refused=True)
    yield table("short row", lines().replace("3.0,red,q", "3.0,red"), says="line 4 has 2", refused=True)
    yield table("long row", lines().replace("3.0,red,q", "3.0,red,q,9"), says="line 4 has 4", refused=True)


def _ends() -> Iterator[MadeFile]:
    for name, end in (("windows", "\r\n"), ("old mac", "\r"), ("unix", "\n")):
        yield table(f"ends {name}", lines(end=end))
        yield table(f"ends {name} but the last", lines(end=end).rstrip())
        yield table(f"ends {name} with blanks", lines(end=f" {end}"))
    yield table("mixed ends", lines().replace("q\n", "q\r\n", 2))
    yield table("blank lines", lines(end="\n\n") + "\n\n")
    yield table("blank lines first", "\n\n" + lines())
    for name, mark in (("form feed", "\x0c"), ("next line", "\x85"), ("line separator", "\u2028"),
            ("vertical tab", "\x0b"), ("unit", "\x1f")):
        words = [b.replace("red", f"re{mark}d") for b in B]
        for kind, between in (("comma", ","), ("tab", "\t")):
            yield table(f"{name} within {kind}", lines((A, words, KIND), mark=between), A, words)
    yield table("end mark", lines() + "\x1a", says="line 10 has 1", refused=True)


def _headers() -> Iterator[MadeFile]:
    def named(*names: str) -> str:
        return lines(names=(*names, "kind"))

    for name, names in (("blanks", ("the length", "b c")), ("letters", ("länge", "色")), ("marks", ("a=b", "$b.c[0]")),
                        ("formula", ("=1+1", "@x")), ("escape", ("\x1b[31ma", "b")), ("dots", ("a.b", "a.c")),
                        ("long", ("x" * 10000, "b")),
                        ("brackets", ("[a]", "{b}")), ("quotes", ("a'b", "`b`")),
                        ("dashes", ("-1", "b"))[:1] + (("-a", "-b"),),
                        ("case", ("A", "a")), ("slash", ("a/b", "a\\b")), ("percent", ("%s", "%d"))):
        yield table(f"header {name}", named(*names))
    yield table("header of nothing", named("", "b"))
    yield table("twice", named("a", "a"), says='the columns 0 and 1 are both called "a"', refused=True)
    yield table("twice but dropped", named("a", "a"), A, chosen=["dataset.drop=[1]"],
                new='the column "a"')
    yield table("target twice", lines(names=("kind", "b", "kind")), says="several columns have this name", refused=True)
    yield table("header alone", "a,b,kind\n", says="no rows", refused=True, chosen=["dataset.header=true"])
    yield table("no header", lines(names=()), target="2")
    yield table("no header backwards", lines(names=()), target="-1")
    yield table("header refused", lines(), ("a", *map(str, A)), ("b", *B), kinds=("kind", *KIND), target="2",
                chosen=["dataset.header=false"], says="holds texts beside its numbers (line 1: 'a')")
    years = (A, A[::-1], KIND)
    yield table("years", lines(years, names=("2019", "2020", "kind")), says="can be a header or a row", refused=True)
    yield table("years, target by place", lines(years, names=("2019", "2020", "kind")), target="-1",
                says="can be a header or a row", refused=True)
    yield table("years, chosen", lines(years, names=("2019", "2020", "kind")), A, A[::-1],
                chosen=["dataset.header=true"])
    yield table("a row of years", lines((range(1990, 1998), range(1991, 1999), KIND), names=()), range(1990, 1998),
                range(1991, 1999), target="2")
    yield table("years and numbers", lines((A, A[::-1], codes(KIND)), names=("2019", "2020", "y")), A, A[::-1],
                target="y",
                kinds=codes(KIND), says="is read as the header")
    yield table("numbers in a header", lines((A, codes(KIND)), names=("3.7", "y")), target="y",
                says="can be a header or a row", refused=True)
    yield table("numbers in a header, chosen", lines((A, codes(KIND)), names=("3.7", "y")), A, target="y",
                kinds=codes(KIND), chosen=["dataset.header=true"])
    yield table("raised digits", lines((A, A, codes(KIND)), names=("²", "³", "y")), A, A, target="y", kinds=codes(KIND))
    yield table("unknown target", lines(), target="knid", says="did you mean  kind", refused=True)
    yield table("target by number", lines(), target="2")
    yield table("target beyond", lines(), target="7", says="0 to 2", refused=True)


def _shapes() -> Iterator[MadeFile]:
    yield table("one column", lines((KIND,), names=("kind",)), says="no column is left", refused=True)
    yield table("one row", "a,b,kind\n1,red,p\n", says="'p' in every row", refused=True)
    yield table("two rows", "a,kind\n1,p\n2,q\n", says="different texts in 2 rows", refused=True)
    yield table("one class", lines((A, B, ["p"] * 8)), says="'p' in every row", refused=True)
    wide = np.arange(8 * 10000).reshape(8, 10000) % 97 / 4
    yield table("10,000 columns", lines((*wide.T, KIND), names=(*(f"c{n}" for n in range(10000)), "kind")), *wide.T)
    long = np.arange(20000) % 1013 / 8
    yield table("20,000 rows", lines((long, KIND * 2500), names=("a", "kind")), long, kinds=KIND * 2500)
    many = [f"word {n}" for n in range(60)]
    yield table("many words alone", lines((many, (KIND * 8)[:60]), names=("a", "kind")), says="60 different texts",
                refused=True)
    yield table("many words", lines((many, range(60), (KIND * 8)[:60]), names=("a", "b", "kind")), range(60),
                kinds=(KIND * 8)[:60], says="60 different texts ('word 0' ...) and is left out")
    yield table("row numbers", lines((range(1, 9), A, KIND), names=("", "a", "kind")), A,
                says='the column "column 0" numbers the rows and is left out')
    yield table("row numbers of pandas", lines((range(8), A, KIND), names=("Unnamed: 0", "a", "kind")), A,
                says='the column "Unnamed: 0" numbers the rows and is left out')
    yield table("no row numbers", lines((range(1, 9), A, KIND), names=("order", "a", "kind")), range(1, 9), A)
    yield table("no name", lines(([1, 1, 2, 2, 3, 3, 4, 4], A, KIND), names=("", "a", "kind")),
                [1, 1, 2, 2, 3, 3, 4, 4], A)
    several = [f"word {n % 51}" for n in range(204)]
    yield table("several words", lines((several, (KIND * 26)[:204]), names=("a", "kind")), several,
                kinds=(KIND * 26)[:204],
                says="becomes 51 columns, one a word")
    words = [b.replace("red", "r" * 9000) for b in B]
    yield table("long word", lines((A, words, KIND)), A, words)
    yield table("too long a word", lines((A, [b.replace("red", "r" * 200000) for b in B], KIND)),
                says="can't be read as a table (field larger", refused=True)
    yield table("same rows", lines(((1.5,) * 8, ("red",) * 8, KIND)), (1.5,) * 8, ("red",) * 8)


def _odd() -> Iterator[MadeFile]:
    yield table("name with a blank.csv", lines())
    yield table("=1+1.csv", lines())
    yield table("ünï.csv", lines())
    yield table("UPPER.CSV", lines())
    yield table("no suffix at all.data", lines())
    yield table("wrong suffix.png", lines())
    yield table("json.csv", '[{"a": 1, "kind": "p"}]\n', says="no such column", refused=True)
    yield table("arrow.csv", b"ARROW1\0\0" + bytes(60), says="binary data", refused=True)
    yield table("drop all", lines(), chosen=["dataset.drop=[a,b]"], says="no column is left", refused=True)
    yield table("drop target", lines(), chosen=["dataset.drop=[kind]"], says="this is the target", refused=True)
    yield table("drop unknown", lines(), chosen=["dataset.drop=[x]"], says="no such column", refused=True)
