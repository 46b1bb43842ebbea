"""A problem is what a user gets for a mistake: key, value, what is allowed, the nearest right name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One mistake: what the user gave (``batch_size=0``) and what is expected there.

    `origin` names the file and line that the value came from; empty for the command line.
    """

    given: str
    expected: str
    origin: str = ""


class ConfigError(Exception):
    """Everything that is wrong with a command, reported at once; nothing was started.  Exit code 2."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = list(dict.fromkeys(problems))
        super().__init__(self.problems)

    @property
    def line(self) -> str:
        """All problems in one line, for logs and tables."""
        return "; ".join(f"{p.given}: {p.expected}" for p in self.problems)

    def __str__(self) -> str:
        """The report that the command prints."""
        return "\n".join(report(self.problems))


def report(problems: Sequence[Problem], after: str = "nothing was started",
           emphasis: Callable[[str], str] = str) -> list[str]:
    """The lines of a report: what was given, what is expected, and the file and line where it stands.

    `emphasis` marks what was given (in bold, on a terminal).
    """
    lines = [f"{len(problems)} problem{'' if len(problems) == 1 else 's'}{f', {after}' if after else ''}", ""]
    width = min(max((len(_one_line(p.given)) for p in problems), default=0), 34)
    for wrong in problems:
        given = _one_line(wrong.given)
        expected = f"{wrong.expected}  ({wrong.origin})" if wrong.origin else wrong.expected
        if len(given) > width:
            lines += [f"  {emphasis(given)}", f"  {'':{width}}  {expected}"]
        else:
            lines.append(f"  {emphasis(given)}{'':{width - len(given)}}  {expected}")
    return lines


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:40]}...{line[-57:]}"  # a path says what it is at its end


def problem(given: str, expected: str, origin: str = "") -> ConfigError:
    """A single problem, ready to raise."""
    return ConfigError([Problem(given, expected, origin)])


def nearest(word: str, known: Iterable[str], count: int = 1) -> list[str]:
    """The known names most like `word`, best first; empty when nothing is close.

    A name that differs in case alone is that name; one slip of the keys away goes before all that are less alike.
    Names of the same depth come first: ``optimizer.l`` means ``optimizer.lr``, and ``optimizer.wxyz`` means nothing,
    though all names there begin alike.

    >>> nearest("adma", ["adadelta", "adam", "adamax"])
    ['adam']
    """
    names = list(dict.fromkeys(known))
    same = [name for name in names if name.lower() == word.lower().removesuffix(".yaml").strip("/ ")]
    if same:
        return same[:count]
    parent, dot, member = word.rpartition(".")
    if dot:  # the members of one group are alike by their common part alone: that does not count
        members = {name.rpartition(".")[2]: name for name in names if name.rpartition(".")[0] == parent}
        close = [members[like] for like in nearest(member, members, count)]
        if close:
            return close
        names, cutoff = [name for name in names if name not in (parent, *members.values())], 0.75
    else:
        cutoff = 0.6
    import difflib  # only a mistake needs it

    def other_depth(name: str) -> bool:
        return name.count(".") != word.count(".")

    alike = difflib.get_close_matches(word, names, n=len(names) or 1, cutoff=cutoff)
    slips = [name for name in alike if _one_slip(word, name)]
    slips += [name for name in names if len(word) > 1 and name not in slips and _one_slip(word, name)]
    close = sorted(slips, key=other_depth)
    close += sorted((name for name in alike[:max(count, 5)] if name not in slips), key=other_depth)
    if not close:
        close = [name for name in names if len(word) >= 2 and name.startswith(word)]
    return close[:count]


def _one_slip(typed: str, name: str) -> bool:
    """Whether one letter is missing, too many or another, or two neighbours are swapped (Damerau's distance is 1)."""
    a, b = typed.lower(), name.lower()
    if abs(len(a) - len(b)) > 1:
        return False
    start = next((place for place, (one, other) in enumerate(zip(a, b)) if one != other), min(len(a), len(b)))
    a, b = a[start:], b[start:]
    while a and b and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    return max(len(a), len(b)) == 1 or (len(a) == 2 and a == b[::-1])


def containing(word: str, known: Iterable[str], most: int = 4) -> str:
    """``; with it in the name: chollet/ch03-reuters-dense, ...``, or nothing: the known names that hold the word."""
    found = [name for name in known if len(word) > 2 and word.lower() in name.lower()]
    more = f", ... ({len(found)})" if len(found) > most else ""
    return f"; with it in the name: {', '.join(found[:most])}{more}" if found else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean  optimizer`` or nothing."""
    close = nearest(word, known)
    return f"; did you mean  {close[0]}" if close else ""
