"""Tables whose cells are written in every way: numbers, marks between thousands, gaps, quotations, targets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.data.made_files import MadeFile
from tests.data.made_tables import KIND, A, B, inputs, lines, table

NAN = float("nan")


def made_cells() -> list[MadeFile]:
    """All of them; the same ones at each call."""
    return [made for make in (_numbers, _missing, _quotes, _targets) for made in make()]


def _numbers() -> Iterator[MadeFile]:
    def comma(cell: Any) -> str:
        return str(cell).replace(".", ",")

    yield table("decimal comma", lines(mark=";", cell=comma))
    yield table("decimal comma in quotes", lines(cell=lambda cell: f'"{comma(cell)}"'))
    yield table("decimal comma in quotes of numbers",
                lines(cell=lambda cell: f'"{comma(cell)}"' if isinstance(cell, float) else cell))
    yield table("decimal comma chosen", lines(mark=";", cell=comma), chosen=["dataset.decimal=comma"])
    yield table("decimal comma tab.tsv", lines(mark="\t", cell=comma))
    yield table("decimal comma space", lines(mark=" ", cell=comma))
    yield table("point chosen", lines(), chosen=["dataset.decimal=point"])
    big = (1234.5, 22222.25, 1000000.0, 4321.75, 9999999.5, 1200.25, 7000.0, 8888.125)
    for name, cell, mark in (("thousands comma", lambda v: f"{v:,}", ";"),
            ("thousands point", lambda v: f"{v:,}".translate({44: 46, 46: 44}), ";"),
                             ("thousands comma in quotes", lambda v: f'"{v:,}"', ","),
                             ("thousands point in quotes", lambda v: '"' + f"{v:,}".translate({44: 46, 46: 44}) + '"',
                             ",")):
        yield table(name, lines((list(map(cell, big)), B, KIND), mark=mark), big, B)
    yield table("either", lines((["2.480", "1,5", "3,0", "4,75", "5,5", "6,25", "7,0", "8,125"], B, KIND), mark=";"),
                says="dataset.decimal=point or dataset.decimal=comma", refused=True)
    yield table("either comma chosen", lines((["2.480", "1,5", "3,0", "4,75", "5,5", "6,25", "7,0", "8,5"], B, KIND),
                mark=";"),
                (2480, 1.5, 3, 4.75, 5.5, 6.25, 7, 8.5), B, chosen=["dataset.decimal=comma"])
    yield table("two marks", lines((["2.5", "1,5", "3,0", "4,75", "5,5", "6,25", "7,0", "8,5"], B, KIND), mark=";"),
                (2.5, 1.5, 3, 4.75, 5.5, 6.25, 7, 8.5), B)
    for name, cells, numbers in (
            ("forms", "+1 -0 .5 5. 1e2 1E+2 2e-3 007", (1, 0, .5, 5, 100, 100, .002, 7)),
            ("large", "1e38 -3e38 3.4e38 1e-38 1e-45 1e-400 123456789012345678901234567890 0",
            (1e38, -3e38, 3.4e38, 1e-38, 1e-45, 0, 1.2345678901234568e29, 0)),
            ("digits", "0.1234567890123456789 16777217 16777216 3.14159265358979 1e0 9.999999999 2 3",
            (0.12345678901234568, 16777217, 16777216, 3.14159265358979, 1, 9.999999999, 2, 3)),
            ("long", "9" * 38 + " 1 2 3 4 5 6 7", (1e38, 1, 2, 3, 4, 5, 6, 7)),
            ("many digits", "1." + "3" * 5000 + " 1 2 3 4 5 6 7", (4 / 3, 1, 2, 3, 4, 5, 6, 7)),
            ("same", "2 2 2 2 2 2 2 2", (2,) * 8)):
        yield table(name, lines((cells.split(), B, KIND), mark=";"), numbers, B)
    for cell in ("1e39", "-1e400", "inf", "-Infinity", "9" * 400):
        yield table(f"not finite {cell[:9]}", lines(([cell, *A[1:]], B, KIND)), says="line 2, column \"a\"",
                    refused=True)
    for name, cells in (("underscores", "1_0 2_0 3_0 1_0 2_0 3_0 1_0 2_0"),
            ("hexadecimal", "0x1 0x2 0x1 0x2 0x1 0x2 0x1 0x2"),
                        ("percent", "5% 6% 5% 6% 5% 6% 5% 6%"), ("money", "$5 $6 $5 $6 $5 $6 $5 $6"),
                        ("signs", "++1 --2 ++1 --2 ++1 --2 ++1 --2"),
                        ("ranges", "1-2 2-3 1-2 2-3 1-2 2-3 1-2 2-3"), ("dates", "2020-01-01 2020-01-02 " * 4),
                        ("times", "10:00 11:00 " * 4),
                        ("german dates", "1.1.2020 2.1.2020 " * 4), ("half a form", "1e 2e 1e 2e 1e 2e 1e 2e"),
                        ("booleans", "true false " * 4)):
        yield table(f"texts {name}", lines((A, cells.split(), KIND)), A, cells.split())
    yield table("one text among numbers",
                lines((["oops", *(str(n / 7) for n in range(1, 20))], (B * 3)[:20], (KIND * 3)[:20])),
                says="line 2, column \"a\": expected a number", refused=True)
    yield table("texts beside numbers", lines((A, ["1", "2", "x", "1", "2", "x", "1", "2"], KIND)), A,
                ["1", "2", "x", "1", "2", "x", "1", "2"], says="holds texts beside its numbers (line 4: 'x')")


def _missing() -> Iterator[MadeFile]:
    gaps = (1.5, NAN, 3.0, NAN, 5.5, 6.25, -7.0, 8.125)
    for word in ("", "NA", "n/a", "NaN", "nan", "null", "NULL", "?", "  "):
        cells = [word if number != number else number for number in gaps]
        yield table(f"missing {word.replace('/', ' ').replace('?', 'mark')}", lines((cells, B, KIND)), gaps, B)
    for word in ("-", "None", "#N/A", ".", "missing", "-999", "-999.0"):
        cells = [word if number != number else number for number in gaps]
        yield table(f"chosen missing {word.replace('/', ' ').replace('.', 'p')}", lines((cells, B, KIND)), gaps, B,
                    chosen=[f"dataset.missing=['{word}']"])
    yield table("missing texts", lines((A, ["", *B[1:]], KIND)), A, ["", *B[1:]])
    yield table("missing targets", lines((A, B, ["", *KIND[1:]])), A[1:], B[1:], kinds=KIND[1:],
                says="1 rows without a target are left out (the first is line 2)", new=inputs(A, B))
    yield table("no targets", lines((A, B, [""] * 8)), says="no row of", refused=True)
    yield table("empty column", lines((A, [""] * 8, KIND)), A, says='the column "b" has no values and is left out')
    yield table("only empty columns", lines(([""] * 8, ["NA"] * 8, KIND)), says="no column is left", refused=True)


def _quotes() -> Iterator[MadeFile]:
    yield table("all quoted", lines(cell=lambda cell: f'"{cell}"'))
    for name, word in (("separator", "a, b"), ("line end", "a\nb"), ("doubled", 'a "b" c'),
            ("carriage return", "a\r\nb"),
                       ("semicolon", "a;b"), ("tab", "a\tb"), ("alone", '"')):
        words = [b.replace("red", word) for b in B]
        yield table(f"quoted {name}", lines((A, words, KIND), cell=lambda cell: '"' + str(cell).replace('"',
                    '""') + '"'), A, words)
    inch = [b.replace("red", '5" x') for b in B]
    yield table("inch", lines((A, inch, KIND)), A, inch)
    single = [b.replace("red", "'red'") for b in B]
    yield table("single quotes", lines((A, single, KIND)), A, single)
    yield table("apostrophe", lines((A, [b.replace("red", "l'eau") for b in B], KIND)), A,
                [b.replace("red", "l'eau") for b in B])
    yield table("quote after a blank", lines(mark=', ', cell=lambda cell: f'"{cell}"'))
    yield table("never closed", lines().replace("green", '"green', 1), says="quotation mark that opens in line",
                refused=True)
    yield table("header quoted", lines(names=('"a, in m"', '"b"', '"kind"')))
    yield table("header of two lines", lines(names=('"a\nin m"', "b", "kind")))


def _targets() -> Iterator[MadeFile]:
    numbers = (0.5, 1.25, -3.0, 4.75, 1e6, 0.0, 7.5, 8.0)
    yield table("numbers", lines((A, B, numbers)), kinds=numbers)
    yield table("decimal commas", lines((A, B, numbers), mark=";", cell=lambda cell: str(cell).replace(".", ",")),
                kinds=numbers)
    yield table("decimal commas in quotes",
                lines((A, B, numbers), cell=lambda cell: '"' + str(cell).replace(".", ",") + '"'), kinds=numbers)
    yield table("few integers", lines((A, B, (3, 7) * 4)), kinds=(0, 1) * 4)
    yield table("few integers as numbers", lines((A, B, (3, 7) * 4)), kinds=(3, 7) * 4,
                chosen=["dataset.targets=number"])
    yield table("booleans", lines((A, B, ("True", "False") * 4)), kinds=("b", "a") * 4)
    yield table("infinite target", lines((A, B, ("inf", *numbers[1:]))), says='line 2, column "kind"', refused=True)
    yield table("too large a target", lines((A, B, ("1e39", *numbers[1:]))), says='line 2, column "kind"', refused=True)
    yield table("texts as numbers", lines(), chosen=["dataset.targets=number"], says="expected numbers", refused=True)
    yield table("all different texts", lines((A, B, "abcdefgh")), says="8 different texts in 8 rows", refused=True)
