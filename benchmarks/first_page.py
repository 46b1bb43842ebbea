"""docs/first-tasks.md of what first_tasks.py has measured: a table, then each task with its command and console."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.first_list import TASKS, Task

HEAD = """# Ten first tasks

What a new user gets from one command on files of their own, which were not used while dlrun was made. All are real,
of packages that anybody can install; nothing was prepared: columns of row numbers, missing cells, 24-bit sounds and a
file that is no sound are as they were. A sixth of the rows was held back before, for `dlrun evaluate`. One seed each,
on one thread of a machine with other work on it; seconds are those of the whole command.

`python -m benchmarks.first_tasks FOLDER` fetches the packages, trains and measures again, and writes this page.
"""
ODD = {
    "chile": "Nobody of class A (who would stay at home, 7 % of the rows) is found. Before this page the line of the "
             "lowest F1 alone said so; now a remark names the class and what would help.",
    "glass": "The file is sorted by class and has the rows' numbers in a column without a name. Before this page "
             "dlrun took it as an input, and had 100 % of the test rows right; now it is left out.",
    "diamonds": "The longest of the ten: 28,768 training rows are minutes on a CPU (47 on this busy one), nothing says "
                "beforehand how many, and the forest is better. Shown is what the command prints when it is typed "
                "again; processor seconds were not taken, and the forest is of one seed.",
    "wages": "Rows without a wage are left out, which is said. Half of the test rows have the inputs "
             "of a training row: there are four columns of few values, and now the line says so.",
    "penguins": "The column's name has blanks and brackets, so that it wants two kinds of quotes. Names of single "
                "birds (171 texts) were refused before this page, and are left out now. \"Comments\" becomes a column "
                "for each sentence.",
    "drawings": "Rows held back lie in a folder of files by class; before this page neither `evaluate` nor "
                "`predict` could read it.",
    "strokes": "Before this page a `gru` was the default, with 40 epochs of few steps: 25 %, the share of the "
               "largest class. `evaluate` refused the folder that `predict` read.",
    "drums": "One file is AIFF under the name .wav; it is left out with the words of the library that cannot "
             "read it. Strokes of one drum, soft and hard, are in training and test rows, which makes the test "
             "easy: `'dataset.group=^[^-]+'` keeps a kit in one part.",
    "photographs": "167 pictures to train and stop by are few: a forest on raw pixels has as much. "
                   "`augment=photographs` had 74 % of the test rows, and [a network that was trained "
                   "before](pretrained.md) is made for this; a remark names both now.",
    "mails": "The longest mail has 13,181 words, and before this page all had its length: 99 s an epoch. "
             "Attachments in base64 are words like others.",
}


ABOUT = """
The three columns in the middle are of the run's test rows, a fifth of the file. The forest is scikit-learn's with its
own defaults, on the same training rows (`dlrun baselines`, three seeds; texts as bags of words; pictures, sounds and
strokes as long rows of numbers). Rows held back have the 95 % interval over rows. Of an error less is better.
"""
TOP = """
| task | measure | largest class, or mean | random forest | dlrun | rows held back | wall, s | processor, s |
|---|---|---:|---:|---:|---:|---:|---:|
"""


def page(known: Mapping[str, Any]) -> str:
    """The page, of the tasks that were measured."""
    tasks = [task for task in TASKS if task.name in known]
    return "".join([HEAD, TOP, *(row(task, known[task.name]) for task in tasks), ABOUT,
                    *(section(task, known[task.name]) for task in tasks)])


def row(task: Task, found: Mapping[str, Any]) -> str:
    new = found["new"]
    between = f" ({number(task.metric, new['low'])} to {number(task.metric, new['high'])})" if "low" in new else ""
    unit = ", %" if task.metric == "accuracy" else ""
    cells = [f"[{task.name}](#{task.name})", task.metric + unit,
             *(number(task.metric, found[key]) for key in ("constant", "forest", "test")),
             number(task.metric, new["value"]) + between, f"{found['wall']:.0f}",
             f"{found['cpu']:.0f}" if found["cpu"] else ""]
    return f"| {' | '.join(cells)} |\n"


def section(task: Task, found: Mapping[str, Any]) -> str:
    typed = " ".join(f"'{word}'" if set(word) & set('{[" (') else word for word in task.words)
    console = "\n".join(line.rstrip() for line in found["console"])
    return (f"\n## {task.name}\n\n{task.what[0].upper()}{task.what[1:]}. Real, through {task.client}.\n\n"
            f"```\n$ dlrun {typed}\n{console}\n```\n\n{ODD[task.name]}\n")


def number(metric: str, value: float) -> str:
    return f"{100 * value:.1f}" if metric == "accuracy" else f"{value:,.3g}" if value < 100 else f"{value:,.0f}"
