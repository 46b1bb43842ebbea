"""Damaging files, and asking what reads them: an answer is the one of before, or a sentence says what happened."""

from __future__ import annotations

import contextlib
import hashlib
import io
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dlrun.cli.route import route
from tests.faults.case_process import forked
from tests.faults.written import kind_of
from tests.helpers.cases import Cases

SAYS = ("edited by hand", "edited or damaged", "damaged", "not readable", "unreadable", "unverified", "unfinished",
        "checksum", "is missing", "resuming from the checkpoint before", "decoded again", "is not resumed from",
        "it can't be read", "does not belong", "belongs to run", "is not what the run wrote")
UNREAD = ("traceback.txt",)


@dataclass(frozen=True)
class Answer:
    """What a command line answered: its exit code, what it printed, and the digests of files that it has to write."""

    code: int
    out: str
    err: str
    written: tuple[tuple[str, str], ...] = ()

    @property
    def printed(self) -> str:
        return self.out + self.err


def ask(arguments: list[str], writes: Iterable[str] = ()) -> Answer:
    """The answer of a command line, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = route(arguments)
    written = tuple((name, hashlib.sha256(Path(name).read_bytes()).hexdigest()) for name in writes
                    if Path(name).is_file())
    return Answer(code, out.getvalue(), err.getvalue(), written)


def right_or_said(before: Answer, now: Answer) -> str:
    """What is wrong with an answer about damaged files; "" for the answer of before, or one that says it."""
    if now == before:
        return ""
    if now.code not in (0, 1, 2):
        return f"exit code {now.code}: {now.printed[-300:]}"
    if now.code == 2:
        return "" if "problem" in now.err else f"no sentence: {now.printed[-300:]}"
    new = set(now.printed.splitlines()) - set(before.printed.splitlines())
    said = any(word in line for line in new for word in SAYS)
    gone = set(before.printed.splitlines()) - set(now.printed.splitlines())
    return "" if said else f"without a word: {sorted(new)[:4]}, before {sorted(gone)[:4]}"


def damages(data: bytes, flips: int, cuts: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Copies of a file with one bit flipped, cut short, and of other content."""
    draw = random.Random(seed)
    for bit in draw.sample(range(8 * len(data)), min(flips, 8 * len(data))):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        yield f"bit {bit}", bytes(changed)
    for size in sorted({0, *draw.sample(range(len(data)), min(cuts, len(data)))}):
        yield f"cut to {size}", data[:size]
    yield from (("a list", b"[]"), ("a mapping", b"{}"), ("zeros", bytes(len(data))))


def files_of(folder: Path, but: Iterable[str] = UNREAD) -> list[Path]:
    """The files of a folder that something may read again; each of a kind that is known, see `written`."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    unknown = [place for path in found if not kind_of(place := path.relative_to(folder).as_posix())]
    assert not unknown, f"no kind of file of tests/faults/written.py: {unknown}"
    return [path for path in found if path.name not in but]


def asked_of_damaged(cases: Cases, name: str, folder: Path, commands: list[list[str]], flips: int, cuts: int,
                     writes: Iterable[str] = (), names: tuple[str, ...] = ("*",), code: int = 0) -> None:
    """Damage each file of a folder (of these names) and ask every command, in a forked process each time.

    The last of them, the run's own, ends with `code`.

    What the commands write into the folder in the meantime is taken back.
    """
    before = [ask(arguments, writes) for arguments in commands]
    codes = [*[0] * (len(commands) - 1), code]
    assert [answer.code for answer in before] == codes, [answer.printed for answer in before if answer.code]
    whole = {path: path.read_bytes() for path in files_of(folder, ())}

    def answers() -> list[Answer]:
        return [ask(arguments, writes) for arguments in commands]

    for seed, file in enumerate(file for file in files_of(folder) if any(map(file.match, names))):
        place = file.relative_to(folder)
        few = file.suffix == ".png" or file.name.startswith("events")  # nothing of dlrun's reads these again
        for how, data in damages(whole[file], flips // 10 if few else flips, cuts // 10 if few else cuts, seed):
            case = f"{name}: {place} {how}"
            if not cases.new(case):
                continue
            file.write_bytes(data)
            ended = forked(answers, seconds=120)
            if ended.code:
                cases.add(case, trace=f"exit code {ended.code}: {ended.printed[-600:]}")
            else:
                found = [f"{arguments[0]}: {wrong}" for arguments, answer, now in zip(commands, before, ended.value)
                         if (wrong := right_or_said(answer, now))]
                traced = any("Traceback" in answer.printed for answer in ended.value)
                cases.add(case, "; ".join(found), "Traceback" if traced else "")
            restore(folder, whole)


def restore(folder: Path, whole: dict[Path, bytes]) -> None:
    """Make the folder's files what they were."""
    for path in files_of(folder, ()):
        if path not in whole:
            path.unlink()
    for path, data in whole.items():
        if not path.is_file() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
