"""Files in folders: a folder a class, directly or below train/, val/ and test/; pictures, or others."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from dlrun.config.content import DESKTOPS
from dlrun.config.problem import ConfigError, problem
from dlrun.config.regular_file import read_regular
from dlrun.data.formats.picture_file import Unreadable

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".ppm", ".pgm", ".tif", ".tiff", ".webp")
SPLITS = {"train": ("train",), "val": ("val", "validation"), "test": ("test",)}
Suffixes = tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """What lies in the folder: by split the files, sorted by class and name, and the class number of each.

    `outside` counts links that lead out of the folder, which are not followed, `others` files of other kinds beside
    these; `empty` names folders without such files, which are no classes.  `test_root` is the folder of test files that
    lie apart.
    """

    root: Path
    classes: tuple[str, ...]
    files: dict[str, list[tuple[Path, int]]]
    outside: int
    others: int
    empty: tuple[str, ...]
    test_root: Path | None = None

    def name(self, file: Path) -> Path:
        """Where a file lies below its folder, below the name of that one where it lies apart."""
        if self.test_root is not None and not file.is_relative_to(self.root):
            return Path(self.test_root.resolve().name, file.relative_to(self.test_root))
        return file.relative_to(self.root)

    def told(self) -> list[str]:
        """The note on test files that lie apart."""
        if self.test_root is None:
            return []
        return [f"the {len(self.files['test']):,} test rows are those of {self.test_root.resolve().name}/"]

    @property
    def all_files(self) -> list[Path]:
        """The files of all splits, in order."""
        return [file for files in self.files.values() for file, _ in files]

    @property
    def state(self) -> list[object]:
        """Name, size and time of each file: what a cached copy stands for."""
        return [
            (str(self.name(file)), stat.st_size, stat.st_mtime_ns)
            for file in self.all_files
            for stat in [file.stat() if file.exists() else file.lstat()]  # a link to nothing can't be read
        ]


@dataclass
class FilesBelow:
    """The files of one kind of a folder and all below it, sorted folder by folder, and what else lies there."""

    files: list[Path] = field(default_factory=list)
    outside: int = 0  # links that lead out of the folder
    others: int = 0


def look(root: Path, given: str, suffixes: Suffixes = SUFFIXES, noun: str = "pictures",
         test_root: Path | None = None) -> Listing:
    """The files below a folder, those with the `suffixes`, and those below that of the test files.

    Raises ConfigError where they lie in no folders by class, or in folders of other classes for the test.
    """
    folders = {folder.name: folder for folder in folders_below(root)}
    splits = {split: [folders[name] for name in names if name in folders] for split, names in SPLITS.items()}
    if len(splits["val"]) > 1:
        raise problem(f"dataset.path={given}", "expected val/ or validation/, not both")
    if not splits["train"] or not folders_below(splits["train"][0]):
        splits = {"train": [root]}
    home = root.resolve()
    found = {split: {folder.name: files_below(folder, home, suffixes) for folder in folders_below(where[0])}
             for split, where in splits.items() if where}
    if test_root is not None:
        if "test" in found:
            raise problem(f"dataset.path={given}", "expected no test/ in it beside  dataset.test_path")
        apart = test_root.resolve()
        found["test"] = {folder.name: files_below(folder, apart, suffixes) for folder in folders_below(test_root)}
    classes = tuple(sorted(name for name, below in found["train"].items() if below.files))
    if len(classes) < 2:
        there = f"only {classes[0]}/" if classes else "none"
        raise problem(
            f"dataset.path={given}",
            f"expected a folder with {noun} for each of two classes or more, directly or below train/; "
            f"there is {there} ({', '.join(suffixes)})",
        )
    for split, names in found.items():
        strange = sorted(name for name, below in names.items() if below.files and name not in classes)
        lacking = sorted(name for name in classes if name not in names or not names[name].files)
        if strange or lacking:
            which = f"{strange[0]}/ is not a class of train/" if strange else f"no {noun} of {lacking[0]}"
            if split == "test" and test_root is not None:
                raise problem(f"dataset.test_path={test_root}", "expected the classes of  dataset.path; "
                              + which.replace(" of train/", " there"))
            raise problem(f"dataset.path={given}", f"the classes of {split}/ and train/ must agree; {which}")
    files = {split: [(file, number) for number, name in enumerate(classes) for file in names[name].files]
             for split, names in found.items()}
    everywhere = [below for names in found.values() for below in names.values()]
    return Listing(root, classes, files, sum(below.outside for below in everywhere),
                   sum(below.others for below in everywhere),
                   tuple(sorted(name for name, below in found["train"].items() if not below.files)), test_root)


def files_below(folder: Path, home: Path | None = None, suffixes: Suffixes = SUFFIXES) -> FilesBelow:
    """The files of a kind of a folder and all below it; links out of `home` (None: the folder) are not followed."""
    found, home = FilesBelow(), home or folder.resolve()
    for where, folders, names in os.walk(folder, onerror=_refused):  # links to folders are not followed
        folders.sort()
        for name in sorted(names):
            file = Path(where, name)
            if not name.lower().endswith(suffixes):
                found.others += not name.startswith(".") and name.lower() not in DESKTOPS
            elif file.is_symlink() and not file.resolve().is_relative_to(home):
                found.outside += 1
            else:
                found.files.append(file)
    return found


def bytes_of(file: Path) -> bytes:
    """The file's bytes.  Raises Unreadable for what can't be read: a pipe, a device, a link to nothing."""
    try:
        return read_regular(file)
    except FileNotFoundError:
        raise Unreadable("there is no such file") from None
    except OSError as error:
        raise Unreadable(f"it can't be read ({error.strerror})") from None


def folders_below(root: Path) -> list[Path]:
    """The folders directly below, sorted; links that leave `root` are not taken.  ConfigError for an unreadable one."""
    home = root.resolve()
    try:
        with os.scandir(root) as entries:
            inside = [
                Path(entry.path) for entry in entries
                if not entry.name.startswith(".") and entry.is_dir()
                and (not entry.is_symlink() or Path(entry.path).resolve().is_relative_to(home))
            ]
    except OSError as error:
        raise _not_listed(error) from None
    return sorted(inside)


def _refused(error: OSError) -> None:
    raise _not_listed(error) from None


def _not_listed(error: OSError) -> ConfigError:
    return problem(str(error.filename), f"this folder can't be read ({error.strerror})")
