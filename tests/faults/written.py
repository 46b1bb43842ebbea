"""Every kind of file that dlrun writes, and which test damages files of that kind.

A module that begins to write, and a file of another name in a folder that is damaged, fail a test until they are here.
"""

from __future__ import annotations

import re
from pathlib import Path

import dlrun

ONCE = "read by people, TensorBoard or other programs, by no command of dlrun's; damaged with its folder all the same"
FILES = {  # a pattern of the path in a run's folder (or a fold's, or that of a sweep, the cache): who reads it again
    r"(folds/\d+/|final/)?config\.yaml": "resume, predict, report",
    r"(folds/\d+/|final/)?result\.json": "the run's command, report, runs, diff, predict",
    r"(folds/\d+/|final/)?metrics\.jsonl": "resume, report, diff",
    r"(folds/\d+/|final/)?provenance\.json": "resume, report, runs, diff",
    r"(folds/\d+/|final/)?fitted\.json": "predict, generate",
    r"(folds/\d+/|final/)?manifest\.json": "all that read one of the other files",
    r"(folds/\d+/|final/)?checkpoints/(last|previous|best|judge)\.pt": "resume, predict, generate, a longer run",
    r"(folds/\d+/|final/)?events\.out\.tfevents\..*": "resume, which takes off what will be recorded again",
    r"(folds/\d+/|final/)?pictures/.*\.(png|txt)": ONCE,
    r"(folds/\d+/|final/)?projector(_config\.pbtxt|/.*\.(tsv|png))": ONCE,
    r"export/.*": ONCE,
    r"inspect/[a-z_]+/unfinished\.pt": "the same inspection, which begins anew where it is damaged",
    r"inspect/(projector_config\.pbtxt|projector/.*\.tsv|[a-z_]+/.*\.png|events\.out\.tfevents\..*)": ONCE,
    r"code\.txt": "report, runs, diff; a damaged one is said to be other code (tests/record/test_provenance.py)",
    r"(packages\.txt|changes-(dlrun|workdir)\.patch|forks\.jsonl)": ONCE,
    r"tags\.json": "dlrun runs and tag; damaged by the tests of dlrun tag",
    r"traceback\.txt": "the page of a report, which shows any text",
    r"lock": "whoever asks whether a process works on the run",
    r"evaluations\.jsonl": "dlrun evaluate's own lines, a checksum in each; damaged by the tests of evaluate",
    r"ensemble\.json": "predict and evaluate; damaged by the tests of dlrun ensemble",
    r"(plan\.json|jobs\.jsonl|study\.jsonl|trials\.json)": "report, the sweep's command",
    r"(reports|tables)/(table\.(csv|md|tex)|report\.(json|html)|book\.html)": ONCE,
    r"logs/.*": ONCE,
    r"decoded/[^/]+/(about\.json|[a-z_]+\.npy)": "each start on that data",
    r"arrays/targets-.*\.npy": "each start on a Dataset whose rows are not held",
    r"bases/[0-9a-f]{64}\.pt": "checkpoints whose frozen weights the installed package no longer has",
    r"steps/[0-9a-f]+-[0-9a-f]+\.so": "compiled steps, which are compiled again where one is damaged",
    r"trials/[a-z]+-[0-9a-f]+\.json": "packs and compiled steps, which are tried again where one is damaged",
    r"baselines/[0-9a-f]+\.json": "dlrun baselines, which measures again what is damaged",
    r"data/.*": "the first start on a downloaded set",
}
WRITERS = {  # modules of dlrun that open files for writing: what they write
    "record/own_file.py": "what takes the place of a file in one step: all that the others write by it",
    "record/folder.py": "config.yaml, provenance.json, fitted.json, manifest.json, result.json, by one function",
    "record/pack_place.py": "provenance.json of a pack's members",
    "record/metrics.py": "metrics.jsonl", "record/events.py": "events.out.tfevents", "record/lock.py": "lock",
    "record/tags.py": "tags.json", "preflight/trials.py": "trials", "engine/compiled/compiler.py": "steps",
    "record/drawing.py": "pictures, the projector's sprite", "record/plots.py": "pictures",
    "record/projector.py": "the projector's tables", "record/plan.py": "plan.json, jobs.jsonl",
    "sweep/search/trials.py": "trials.json", "report/experiments.py": "what a book's results are kept as, on demand",
    "record/checkout.py": "a temporary repository", "record/provenance.py": "code.txt",
    "engine/checkpoint.py": "checkpoints", "data/cache.py": "decoded", "data/array_cache.py": "arrays",
    "data/formats/download.py": "data",
    "baselines/measure.py": "baselines.json", "models/pretrained/stored.py": "bases",
    "run/header.py": "config.yaml, provenance.json", "run/session.py": "fitted.json, traceback.txt",
    "run/training.py": "traceback.txt", "tasks/_base/view.py": "pictures", "tasks/quantile/plots.py": "pictures",
    "report/files.py": "tables", "record/range_plot.py": "the picture of a range test",
    "inference/ensemble/folder.py": "ensemble.json",
    "inference/export.py": "export", "inference/export_run.py": "export's model card",
    "cli/comparison.py": "the pages of a comparison",
    "cli/verbs/book.py": "a README that the user asked for",
    "cli/debug.py": "the profile of a short run",
    "cli/machine_facts.py": "a temporary file in each folder that dlrun writes to",
    "cli/reference.py": "dlrun's own documentation", "sweep/search/journal.py": "study.jsonl",
    "sweep/execute/run_job.py": "traceback.txt", "sweep/execute/worker_process.py": "logs",
    "sweep/execute/by_files.py": "how far a job is, while it runs",
}
_OPENS = re.compile(r"\breplacing\(|\bopen_own\([^)]*\"(ab?\+?b?|rb?\+b?)\"|\bwrite_(text|bytes|json|new)\(|"
                    r"\bnp\.savez?\(|\bopen\([^()\n]*, \"[wax]|O_CREAT|\bos\.fdopen\(|download=True")
_NOTHING = ("record/epoch_lines.py", "sweep/execute/worker.py")  # they open os.devnull, and a pipe


def kind_of(place: str) -> str:
    """Who reads a file of this path again; empty for one of no known kind."""
    return next((readers for pattern, readers in FILES.items() if re.fullmatch(pattern, place)), "")


def writing_modules() -> set[str]:
    """The modules of dlrun that open files for writing, by their text."""
    root = Path(dlrun.__file__).parent
    return {path.relative_to(root).as_posix() for path in root.rglob("*.py")
            if _OPENS.search(path.read_text(encoding="utf-8"))} - set(_NOTHING)
