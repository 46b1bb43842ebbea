"""Run folders that dlrun 0.1 left: of each family one that is finished and one that was interrupted in mid-epoch.

`python -m tests.golden.old_runs` made `old_runs.tar.xz` with the code of that day; it is not to be made again, for what
it shows is that later code finds, resumes and repeats what earlier code has trained.
"""

from __future__ import annotations

import json
import os
import tarfile
import tempfile
from pathlib import Path

FILE = Path(__file__).with_name("old_runs.tar.xz")
COMMANDS = {  # with the step after which the interrupted one ended
    "dense": ("model=dense model.hidden=[16] model.dropout=0.2 epochs=4 early_stop=patience schedule=exponential", 14),
    "cnn": ("model=cnn model.filters=[4] model.hidden=[8] model.batch_norm=true augment=shift epochs=3", 11),
    "lstm": ("dataset=digits_rows model=lstm model.units=8 model.dropout=0.1 optimizer=rmsprop epochs=3", 13),
    "vae": ("model=vae model.hidden=[16] model.code=2 epochs=3", 12),
    "gan": ("model=gan model.generator_hidden=[16] model.discriminator_hidden=[16] model.latent=4 train_size=256 "
            "epochs=3", 6),
    "folds": ("dataset=iris model=dense model.hidden=[8] optimizer=sgd batch_size=16 epochs=3 validation.k=3", 7),
}
ALWAYS = ("device=cpu", "threads=1")
LEFT_OUT = ("pictures", "events.out")


def overrides(name: str) -> list[str]:
    line = COMMANDS[name][0].replace("validation.k=3", "validation={kind:kfold,k:3}")
    return [*line.split(), *ALWAYS]


def record() -> None:
    from dlrun.preflight.preflight import preflight
    from dlrun.record.recorder import Recorder
    from dlrun.run.run import run
    from tests.run.stops import signalled_after

    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        for name, (_, step) in COMMANDS.items():
            command = ["dlrun", *overrides(name)]
            run(preflight([*overrides(name), f"output_dir=finished/{name}"]), command, [Recorder()])
            with signalled_after(step):
                run(preflight([*overrides(name), f"output_dir=interrupted/{name}"]), command, [Recorder()])
        for file in Path().rglob("provenance.json"):
            content = json.loads(file.read_text())
            content |= {"workdir": "", "host": ""}
            content["code"]["workdir"] = None
            file.write_text(json.dumps(content, indent=2))
        with tarfile.open(FILE, "w:xz") as tar:
            for file in sorted(path for path in Path().rglob("*") if path.is_file()):
                if not any(mark in str(file) for mark in LEFT_OUT):
                    tar.add(file, filter=_nobody)


def _nobody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry


if __name__ == "__main__":
    record()
