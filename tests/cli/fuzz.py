"""Command lines and YAML files as nobody should type them, for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from dlrun.config.schema.fields import rules
from dlrun.config.schema.groups import KINDS
from dlrun.config.schema.root import GROUPS, Root

OPTIONS = {
    "dataset": ["digits", "iris", "blobs", "csv", "npz", "image_folder", "series", "text", "python_docs", "nope"],
    "model": ["dense", "cnn", "lstm", "vae", "gan", "sequential", "linear", "autoencoder", "transformer", "nope"],
    "task": ["auto", "classify", "regress", "reconstruct", "next_token", "quantile", "nope"],
    "optimizer": ["adam", "sgd", "rmsprop", "nope"], "schedule": ["constant", "step", "plateau", "cosine", "nope"],
    "early_stop": ["none", "patience", "nope"], "augment": ["none", "flip", "nope"],
}
KEYS = sorted(set(rules(Root)) | {
    f"{group}.{key}" for group in GROUPS for schema in KINDS[group].values() for key in rules(schema)})
ODD = [
    "", "null", "none", "true", "nan", "inf", "-inf", "-1", "0", "1", "1.5", "1e309", "1e-400", "9" * 5000,
    "0." + "3" * 400, "[]", "{}", "[1,2]", "[[1]]", "{1:2}", "{a:1}", "{kind:kfold}", "{kind:kfold,k:0}",
    "[" * 60 + "]" * 60, "[" * 3, "{" * 3, "'", '"', "''", "\"'a'\"", "~", "~/x", "a b", "a,b", "1,2", "$", "${seed}",
    "${nope}", "${oc.env:NOPE}", "${oc.env:HOME}", "${.x}", "${", "%", "&", "\\", "\\n", "\n", "\t", "\x1b[2J", "ü",
    "日本", "\u202e", "x" * 300, "../x", "/", ".", "..", "/dev/null", "/nope/x", "table.csv", "range(3)", "range(1,0)",
    "choice(1,2)", "interval(0,1)", "log(0,1)", "glob(*)", "sort(1,2)", "shuffle(1,2)", "int(x)", "str(1)", "a=b",
    "=", "==", "0x10", "1_000", "01", "1e3", "+1", "@", "a@b", "[1,null]", "[a,[b]]", "[{name: dense, units: 3}]",
    "[dense]", "[{_target_: os.system}]", "os.system", "val/loss", "train/nope",
]
VERBS = [
    "list", "explain", "summary", "report", "runs", "diff", "predict", "evaluate", "generate", "help", "metrics",
    "trian",
]
FLAGS = [
    "-m", "--multirun", "-r", "--help", "-h", "--cfg", "job", "--cfg=job", "--info", "--version", "-x", "--nope",
    "--", "-", "--config-dir", "--config-dir=configs", "--config-dir=nope", "-cd", "--hydra-help", "-sc",
    "query=bash", "hydra.mode=MULTIRUN",
]
SWEEP = [
    "seeds=2", "seeds=0", "seeds=x", "seeds=99999999999", "zip(seed,epochs)", "skip(seed=1)", "zip(", "sweep.name=x",
    "sweep.nope=1", "n_trials=3", "search=random", "workers=0", "dry_run=true", "metric=nope",
]

odd = st.one_of(st.sampled_from(ODD), st.text(max_size=12).filter(lambda text: "\0" not in text),
                st.integers().map(str), st.floats().map(repr))
chosen = st.sampled_from(sorted(OPTIONS)).flatmap(
    lambda group: st.sampled_from(OPTIONS[group]).map(lambda option: f"{group}={option}"))
setting = st.builds(lambda sign, key, value: f"{sign}{key}={value}", st.sampled_from(["", "", "", "+", "++", "~"]),
                    st.one_of(st.sampled_from(KEYS), st.sampled_from(KEYS).map(lambda key: key + "x"), odd), odd)
argument = st.one_of(chosen, setting, setting, st.sampled_from(SWEEP), st.sampled_from(FLAGS), odd)
command = st.one_of(
    st.lists(argument, max_size=5),
    st.builds(lambda rest: ["-m", *rest], st.lists(argument, max_size=4)),
    st.builds(lambda verb, rest: [verb, *rest], st.sampled_from(VERBS), st.lists(argument, max_size=3)),
).filter(lambda words: "/" not in words)  # `report /` looks for runs on all disks, as long as that takes

PIECES = [
    "kind: dense", "kind: nope", "hidden: [8]", "hidden: &a [1]", "label: *a", "label: *b", "<<: *a",
    "defaults: [dense]", "defaults: [mine]", "defaults: x", "root: {epochs: 3}", "root: {nope: 1}", "root: 3",
    "_target_: os.system", "name: 3", "name: ${oc.env:HOME}", "- a", "a: [1", "a: {b", "? a",
    "!!python/object:os.system {}", "!x y", "a:\tb", "'", '"', "%TAG", "---", "...", "# @package _global_",
    "dropout: ${seed}", "dropout: ${nope}", "dropout: .nan", "dropout: -1", "1: 2", "null: 3", "true: 4",
    "2020-13-01: x", "d: 2020-13-41", "layers: [{name: dense}]", "layers: [dense, {dense: 3}]", "sweep: {}",
    "sweep: {seeds: x}", "sweep: [1]", "hydra: {mode: MULTIRUN}", "seed: x", "epochs: 1e9", "book: {printed: 3}",
    "book: x", "allow: [os]", "optimizer: adam", "optimizer.lr: 3", "validation: {1: 2}", "\x07", "\ufeff", "  x: 1",
    "a: |", "a: >", "a: 1\na: 2", "x" * 2000, "a: " + "9" * 5000, "a: " + "[" * 300,
]
yaml_text = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=20)), max_size=6).map("\n".join)
