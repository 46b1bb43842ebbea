"""A user's own sounds: a folder a class, directly or below train/, val/ and test/."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.problem import problem
from dlrun.config.schema.fields import choice, integer, number
from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.formats.class_folders import Listing, bytes_of, look
from dlrun.data.formats.picture_file import Unreadable
from dlrun.data.sets import _options as options
from dlrun.data.sets._base import Dataset, Say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config
    from dlrun.data.file_rows import FileRows
    from dlrun.data.formats.sound import SoundForm
    from dlrun.data.source import DatasetFiles, RawDataset


@register("dataset", "sounds")
@dataclass(frozen=True)
class Sounds(Dataset):
    """Your own sounds, WAV: dataset.path=FOLDER with a folder a class, or train/ and test/ above them.

    A spectrogram is a picture (bands, windows) of loudness from 0 to 1 (see `formats.sound.spectrogram`); a wave is a
    series of one column.
    """

    stratifies: ClassVar[bool] = True
    suggests: ClassVar[Mapping[str, Any]] = options.SUGGESTED
    name: str = options.name()
    path: str = options.path("The folder")
    test_path: str = options.test_path("A folder")
    form: str = choice("spectrogram", ("spectrogram", "wave"), "What a sound becomes: a picture of its frequencies, or "
                       "its values in time.")
    rate: int = integer(8000, "Values in a second that sounds are resampled to.", low=100, high=192_000)
    seconds: float = number(1.0, "How long a sound is: longer ones are cut behind, shorter ones end in silence.",
                            low=0.01, high=600)
    bands: int = integer(64, "Bands of the spectrogram.", low=4, high=512)
    window: int = integer(256, "Values in a window of the spectrogram; windows overlap by half.", low=16, high=16_384)
    scale: str = choice("none", ("none", "standard"), "How values are scaled: not at all, or to mean 0 and deviation 1 "
                        "over the training rows.")
    test: float = options.test()
    split_seed: int | str = options.split_seed()
    stratify: bool = options.own_stratify()
    group: str = options.file_group()

    @classmethod
    def file_rows(cls) -> FileRows:
        from dlrun.data.new_sounds import ROWS

        return ROWS

    def info(self, data_dir: str) -> DatasetInfo:
        """Spec and rows; unreadable files still count here."""
        from dlrun.data import cache

        listing = self._listing()
        known = cache.dataset_info(cache.entry(self.kind, self._settings(), [listing.root], listing.state))
        return known or DatasetInfo(self._spec(listing), {split: len(files) for split, files in listing.files.items()})

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        from dlrun.data.source import DatasetFiles

        listing = self._listing()
        return DatasetFiles([listing.root], lambda say: self._decode(listing, say), self._settings(), listing.state)

    def read_revision(self, config: Config) -> int:
        """Above 1 where validation rows keep the proportions of the classes, which they once did not."""
        from dlrun.data.split_revision import of_split

        return of_split(self, config)

    def _listing(self) -> Listing:
        from dlrun.data import paths
        from dlrun.data.formats.sound import SUFFIXES

        apart = paths.own(self.test_path, directory=True, key="test_path") if self.test_path else None
        return look(paths.own(self.path, directory=True), self.path, SUFFIXES, "sounds", apart)

    def _settings(self) -> list[object]:
        return [self.form, self.rate, self.seconds, self.bands, self.window, *([self.group] if self.group else [])]

    def _form(self) -> SoundForm:
        from dlrun.data.formats.sound import SoundForm

        return SoundForm(self.rate, self.seconds, self.bands if self.form == "spectrogram" else 0, self.window)

    def _spec(self, listing: Listing) -> DatasetSpec:
        kind, features = ("image", ()) if self.form == "spectrogram" else ("series", ("sound",))
        return DatasetSpec(self._form().shape, kind, "classes", listing.classes, features)

    def _decode(self, listing: Listing, say: Say) -> RawDataset:
        import numpy as np

        from dlrun.data.formats.file_groups import grouped
        from dlrun.data.formats.sound import decode
        from dlrun.data.source import RawDataset

        form = self._form()
        say(f"{listing.root.name}: decoding {len(listing.all_files):,} sounds once")
        sha, arrays = hashlib.sha256(), {}
        broken: dict[Path, str] = {}
        kept: dict[str, list[tuple[Path, int]]] = {}
        for split, files in listing.files.items():
            x = np.empty((len(files), *form.shape), np.float32)
            y: list[int] = []
            for file, label in files:
                data = b""
                try:
                    data = bytes_of(file)
                    x[len(y)] = decode(data, form)
                    y.append(label)
                except Unreadable as error:
                    broken[file] = str(error)
                sha.update(os.fsencode(
                    f"{listing.name(file).as_posix()} {hashlib.sha256(data).hexdigest()}\n"))
            lacking = next((name for number, name in enumerate(listing.classes) if number not in y), None)
            if lacking is not None:
                first, why = next((file, broken[file]) for file, label in files if listing.classes[label] == lacking)
                raise problem(f"dataset.path={self.path}", f"no {split} sound of {lacking} can be read; expected one "
                                                           f"or more of every class; {first.name}: {why}")
            arrays[split] = x[:len(y)], np.array(y, np.int64)
            kept[split] = [(file, label) for file, label in files if file not in broken]
        val, test = arrays.get("val", (None, None)), arrays.get("test", (None, None))
        groups = grouped(listing, kept, self.group)
        return RawDataset(
            self._spec(listing), *arrays["train"], x_val=val[0], y_val=val[1], x_test=test[0], y_test=test[1],
            files={f"{listing.root.resolve().name}/": sha.hexdigest()}, grouped=True,
            groups=groups.get("train"), groups_test=groups.get("test"),
            reading={"sound": dataclasses.asdict(form), **({"group": self.group} if self.group else {})},
            notes=tuple(_notes(listing, broken)))


def _notes(listing: Listing, broken: dict[Path, str]) -> list[str]:
    shown = ", ".join(f"{listing.name(file)}: {why}" for file, why in list(broken.items())[:3])
    counts = {
        f"{len(broken):,} unreadable sounds are left out ({shown}{' ...' if len(broken) > 3 else ''})": len(broken),
        f"{listing.outside:,} links that lead out of {listing.root} are left out": listing.outside,
        f"{listing.others:,} files beside the sounds are left out": listing.others,
        f"folders without sounds are no classes: {', '.join(listing.empty[:5])}": len(listing.empty),
    }
    return [note for note, count in counts.items() if count] + listing.told()
