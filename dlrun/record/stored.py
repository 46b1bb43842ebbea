"""Reading a file that dlrun wrote: its content, or a sentence with the file, what is wrong with it and what to do."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from dlrun.config.problem import ConfigError, Problem

Content = TypeVar("Content")


class Damaged(ConfigError, ValueError):
    """A file is not what dlrun wrote; `wrong` says how, `then` what becomes of it or what the user can do.

    Where nobody handles it the command ends with its sentence and exit code 2.
    """

    def __init__(self, path: str | os.PathLike[str], wrong: str, then: str = ""):
        self.path, self.wrong = Path(path), wrong
        super().__init__([Problem(str(path), f"{wrong}; {then}" if then else wrong)])

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.path, self.wrong, self.problems)


def _again(path: Path, wrong: str, problems: list[Problem]) -> Damaged:
    made = Damaged(path, wrong)
    made.problems = problems
    return made


def read_file(path: str | os.PathLike[str], parse: Callable[[bytes], Content], then: str = "") -> Content:
    """What `parse` makes of a file's bytes.

    Raises FileNotFoundError where there is no file, Damaged where it can't be read (a folder, no permission, a disk
    error) or `parse` fails; `then` goes into the sentence.
    """
    try:
        with open(path, "rb", opener=regular_handle) as file:
            data = file.read()
    except FileNotFoundError:
        raise
    except NotADirectoryError as error:
        raise FileNotFoundError(error.errno, error.strerror, str(path)) from None
    except OSError as error:
        raise Damaged(path, _unreadable(error), then) from None
    return parsed(path, data, parse, then)


def parsed(path: str | os.PathLike[str], data: bytes, parse: Callable[[bytes], Content], then: str = "") -> Content:
    """What `parse` makes of the bytes of a file; raises Damaged where it fails."""
    try:
        return parse(data)
    except UnicodeDecodeError as error:
        raise Damaged(path, f"it is not UTF-8 (byte {error.start + 1:,})", then) from None
    except json.JSONDecodeError as error:
        found = "it is empty" if not data.strip() else f"it is not JSON (line {error.lineno}, column {error.colno})"
        raise Damaged(path, found, then) from None
    except RecursionError:
        raise Damaged(path, "it is nested too deeply", then) from None
    except KeyError as error:
        raise Damaged(path, f"it lacks {error}", then) from None
    except (ValueError, TypeError, AttributeError) as error:
        raise Damaged(path, str(error) or type(error).__name__, then) from None


def read_json(path: str | os.PathLike[str], then: str = "") -> dict[str, Any]:
    """The mapping in a JSON file; raises FileNotFoundError and Damaged, as `read_file` does."""
    return read_file(path, mapping, then)


def read_yaml_mapping(path: str | os.PathLike[str], then: str = "") -> dict[str, Any]:
    """The mapping in a YAML file that dlrun wrote; raises FileNotFoundError and Damaged, as `read_file` does."""
    def yaml_mapping(data: bytes) -> dict[str, Any]:
        import yaml

        from dlrun.config.compose.yaml_file import excess

        text, loader = data.decode("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            if too_much := excess(text, loader):
                raise ValueError(too_much)
            found = yaml.load(text, Loader=loader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            raise ValueError(f"it is not YAML{f' (line {mark.line + 1})' if mark else ''}") from None
        if not isinstance(found, dict):
            raise ValueError(f"expected a mapping, it holds {_called(found)}" if text.strip() else "it is empty")
        return found

    return read_file(path, yaml_mapping, then)


def mapping(data: bytes) -> dict[str, Any]:
    """The mapping in the bytes of a JSON file; raises ValueError."""
    found = json.loads(data.decode("utf-8"))
    if not isinstance(found, dict):
        raise ValueError(f"expected a mapping, it holds {_called(found)}")
    return found


def regular_handle(path: str, flags: int) -> int:
    """An opener for `open` that does not wait: OSError for a pipe, a device or a folder in the place of a file."""
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        kind = "a folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "not a regular file"
        os.close(handle)
        raise OSError(0, f"it is {kind}")
    return handle


def _unreadable(error: OSError) -> str:
    said = error.strerror or type(error).__name__
    return said if said.startswith("it is ") else f"it can't be read ({said})"


def _called(found: Any) -> str:
    if isinstance(found, (list, dict)):
        return "a list" if isinstance(found, list) else "a mapping"
    return "nothing" if found is None else f"{found!r:.20}"
