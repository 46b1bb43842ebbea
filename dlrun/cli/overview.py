"""`dlrun --help`: groups, verbs, five examples, on one screen."""

from __future__ import annotations

import sys

from dlrun.cli.verb import GROUP, verbs
from dlrun.config.compose.catalog import options
from dlrun.config.schema.root import GROUPS
from dlrun.record.terminal import columns, paint, say
from dlrun.registry.sentences import sentence


def print_overview() -> None:
    """Print the one page that shows everything a command can begin with."""

    def head(text: str) -> str:
        return paint(text, "bold", sys.stdout)

    say("dlrun trains neural networks: choose words, get a folder with everything that happened.\n")
    say(f"{head('usage')}   dlrun [key=value ...]          one run")
    say("        dlrun -m key=a,b [...]         one run for each combination")
    say("        dlrun VERB [...]               dlrun VERB --help has its arguments and keys\n")
    say(head("verbs"))
    say("\n".join(columns([[name, sentence(GROUP, name)] for name in verbs()])))
    say(f"\n{head('groups')}  (group=option; their keys are group.key=value)")
    say("\n".join(columns([[group, _fold(options(group))] for group in GROUPS])))
    say(f"  experiment  {_fold(options('experiment')) or 'none yet'}")
    say(f"\n{head('keys')}    seed batch_size epochs max_steps validation train_size device precision output_dir ...")
    say("        dlrun explain shows all of them, with their values, ranges and meaning\n")
    say(f"{head('debug')}   debug=tiny (20 rows, 2 steps)   debug=overfit (one batch)   "
        "debug=profile (where time goes)\n")
    say(head("examples"))
    say("\n".join(columns([
        ["dlrun", "the default: a small CNN on 1,797 real digits"],
        ["dlrun model=dense optimizer=sgd epochs=50", "other options, another number"],
        ["dlrun dataset=mnist model=lenet early_stop=patience", "stop when val/loss no longer improves"],
        ["dlrun dataset=csv dataset.path=my.csv dataset.target=price_class", "your own table"],
        ["dlrun -m optimizer=sgd,adam optimizer.lr=0.1,0.01 seeds=5", "twenty runs; dry_run=true prints the plan"],
    ])))
    say(f"\n{head('flags')}   -m (--multirun)   --cfg job   --info   --config-dir DIR   -sc install=bash   "
        "--hydra-help")


def _fold(names: list[str]) -> str:
    shown = names if len(names) <= 16 else [*names[:14], f"... ({len(names)})"]
    return " ".join(shown)
