"""The machine's C compiler: a library of a source, made once and kept for this user alone.

What is kept is named by its source, by the compiler and the processor, and by its own content: it is used only where
all of these are right.  Equal names give equal bits.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from dlrun.config.places import cache_dir
from dlrun.record import own_file
from dlrun.record.provenance import cpu_model

FLAGS = ("-O2", "-march=native", "-std=gnu11", "-fPIC", "-shared", "-fno-math-errno", "-fno-trapping-math",
         "-fopenmp-simd", "-w")
GCC_FLAGS = ("-ftree-vectorize", "-fvect-cost-model=dynamic")  # what clang does anyway, and may refuse to be told
SECONDS = 60.0  # after which a compiler is given up
_ANSWERS = 10.0  # seconds within which it has to say its version


class NoCompiler(Exception):
    """There is no compiler that makes a library of a step; the text is the sentence for the user."""


def find() -> tuple[str, str]:
    """The compiler's command (`CC`, else cc, gcc, clang, or the Python package ziglang's), and how it names itself."""
    chosen = os.environ.get("CC")
    commands = [_words(chosen)] if chosen else [["cc"], ["gcc"], ["clang"]]
    if not chosen and find_spec("ziglang") is not None:
        commands.append([sys.executable, "-m", "ziglang", "cc"])
    for name, *more in commands:
        path = shutil.which(name)
        if path is None:
            continue
        found = Path(path).stat()
        return shlex.join([path, *more]), _version(path, *more, at=(found.st_mtime_ns, found.st_size, found.st_ino))
    raise NoCompiler(f"the compiler CC={chosen} is not there" if chosen else "no C compiler is here")


@lru_cache
def _version(*command: str, at: tuple[int, ...]) -> str:
    """How a compiler names itself; asked once, as long as its file is the one that it was (`at`)."""
    said = _run([*command, "--version"], _ANSWERS)
    return (said.splitlines() or [""])[0].strip()


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command) or [command]
    except ValueError as wrong:
        raise NoCompiler(f"CC={command} cannot be read ({wrong})") from None


def library(source: str, compiler: tuple[str, str]) -> ctypes.CDLL:
    """The library of a source, kept or made now; raises NoCompiler."""
    command, version = compiler
    flags = FLAGS if "clang" in version else FLAGS + GCC_FLAGS
    named = "\0".join([source, version, *flags, cpu_model(), _instructions(),
                       os.uname().machine if hasattr(os, "uname") else ""])
    key = hashlib.sha256(named.encode()).hexdigest()[:32]
    folder = private_folder()
    try:
        return _loaded(_kept(folder, key) or _made(source, [*_words(command), *flags], folder, key))
    except OSError as error:
        raise NoCompiler(f"{folder} cannot be used ({error.strerror or error})") from None


def _instructions() -> str:
    """What the processor can do: chips of one name (on virtual machines many are one) may differ in that."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:  # another system than Linux
        return ""
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def _kept(folder: Path, key: str) -> Path | None:
    """A library that is there, whole, and that nobody else can have written; others of its name are removed."""
    for kept in sorted(folder.glob(f"{key}-*.so")):
        if _own_file(kept) and _digest(kept) == kept.stem.partition("-")[2]:
            return kept
        kept.unlink(missing_ok=True)
    return None


def _made(source: str, command: list[str], folder: Path, key: str) -> Path:
    with tempfile.TemporaryDirectory(prefix=".making-", dir=folder) as place:
        text, made = Path(place) / "step.c", Path(place) / "step.so"
        text.write_text(source)
        _run([*command, "-o", str(made), str(text), "-lm"], SECONDS)
        if not made.is_file():
            raise NoCompiler(f"{command[0]} made no library")
        made.chmod(0o700)
        kept = folder / f"{key}-{_digest(made)}.so"
        os.replace(made, kept)
    return kept


def private_folder() -> Path:
    """Where libraries are kept; nobody else may write there.  Raises NoCompiler where that cannot be had."""
    folder = cache_dir() / "steps"
    try:
        return own_file.private_folder(folder)
    except OSError as error:
        raise NoCompiler(f"{folder} cannot be written ({error.strerror or error})") from None


def _own_file(path: Path) -> bool:
    """Whether a file is this user's and nobody else could write it, also while the folder was open to others."""
    found = path.lstat()
    others = os.name == "posix" and found.st_mode & 0o022
    return stat.S_ISREG(found.st_mode) and own_file.of_this_user(found) and not others


def _loaded(path: Path) -> ctypes.CDLL:
    try:
        found = ctypes.CDLL(str(path))
        found.take.restype, found.take.argtypes = None, [ctypes.c_long, ctypes.c_void_p]
    except (OSError, AttributeError) as error:
        raise NoCompiler(f"what the compiler made cannot be loaded ({error})") from None
    return found


def _digest(path: Path) -> str:
    return _digest_of(path.read_bytes())


def _digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _run(command: list[str], seconds: float) -> str:
    """What a compiler prints; it and what it has started are ended after so many seconds."""
    name = command[0]
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 text=True, errors="replace", start_new_session=True)
    except OSError as error:
        raise NoCompiler(f"{name} cannot be started ({error.strerror or error})") from None
    try:
        said, _ = child.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise NoCompiler(f"{name} did not end within {seconds:g} seconds") from None
    finally:
        if child.poll() is None:
            if hasattr(os, "killpg"):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
            child.kill()
            child.communicate()
    if child.returncode:
        first = next((line for line in said.splitlines() if "error" in line), "").strip()
        raise NoCompiler(f"{name} failed with exit code {child.returncode}" + (f" ({first[:200]})" if first else ""))
    return said
