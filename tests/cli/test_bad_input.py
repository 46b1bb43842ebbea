"""Every kind of bad input has its one clear message: key, value, what is allowed, the nearest right name.

Each case is the arguments of a command, fragments of what must be said, and the user's files that it needs.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from dlrun.cli.route import route

TABLE = "a,b,price\n" + "".join(f"{row},{row * 2},{row % 3}\n" for row in range(40))


@dataclass(frozen=True)
class Case:
    """`arguments` as typed, one blank apart; `says`: fragments of stderr; `started` is True after torch was loaded."""

    arguments: str
    says: tuple[str, ...]
    files: dict[str, str | bytes] = field(default_factory=dict)
    lines: int | None = None  # how many problems are counted
    started: bool = False


def case(arguments: str, *says: str, lines: int | None = 1, started: bool = False, **files: str | bytes) -> Case:
    """Keywords are files: ``experiment`` is ./experiments/x.yaml, ``mine`` is mine.py, and so on."""
    places = {"experiment": "experiments/x.yaml", "model": "configs/model/x.yaml", "mine": "mine.py",
              "optimizer": "configs/optimizer/x.yaml", "csv": "t.csv", "npz": "t.npz", "extra": "configs/extra/x.yaml",
              "cnn": "configs/model/cnn.yaml",
              "early_stop": "configs/early_stop/x.yaml", "other": "configs/model/y.yaml", "picture": "pics/a.txt"}
    return Case(arguments, says, {places[name]: content for name, content in files.items()}, lines, started)


def npz(**arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


X, Y = np.zeros((6, 4), np.float32), np.arange(6) % 2

NAMES = [
    case("dataset=csv dataset.path=~nouser/x.csv dataset.target=y", "no user nouser",
         "with its whole path:  /", "/~nouser/x.csv"),
    case("dataset=csv dataset.path=~draft.csv dataset.target=y", "dataset.path=~draft.csv", "no user draft.csv",
         "with its whole path:  /", "/~draft.csv"),
    case("modle=cnn", "modle=cnn", "no such key", "did you mean  model=cnn"),
    case("optimzer=adam", "did you mean  optimizer=adam"),
    case("model=cnnn", "no such model", "did you mean  model=cnn"),
    case("optimizer=ADAM", "no such optimizer", "did you mean  optimizer=adam"),
    case("early_stop=early_stop", "no such early_stop", "there are: auto, none, patience"),
    case("dataset=MNIST", "did you mean  dataset=mnist"),
    case("dataset=cifar10 dataset.only=frgo", "dataset.only=frgo", "did you mean  frog"),
    case("dataset=cifar10 dataset.only=frog", "two classes at least"),
    case("model=mlp", "did you mean  model=dense"),
    case("task=zzzzz", "no such task", "there are:", "classify"),
    case("model.dropuot=0.2", "no such key", "did you mean  model.dropout=0.2"),
    case("optimizer.l=1", "did you mean  optimizer.lr=1"),
    case("epoch=5", "did you mean  epochs=5"),
    case("lr=0.1", "did you mean  optimizer.lr=0.1"),
    case("learning_rate=0.1", "did you mean  optimizer.lr=0.1"),
    case("validation_split=0.1", "did you mean  validation=0.1"),
    case("Model=cnn", "did you mean  model=cnn"),
    case("wxyz=1", "wxyz=1", "no such key", "`dlrun explain` shows them all"),
    case("model.wxyz=1", "model cnn has no such key; it has:", "filters", "hidden"),
    case("optimizer.nesterov=true", "optimizer adam has no such key; it belongs to optimizer=sgd"),
    case("experiment=nope", "experiment=nope", "no such experiment; `dlrun list experiments` names them"),
    case("experiment=reuters", "no such experiment; with it in the name: chollet/ch03-reuters-bottleneck, "),
    case("experiment=xx", "no such experiment; did you mean  experiment=x", experiment="epochs: 3\n"),
    case("experiment=a/b", "no such experiment"),
    case("experiment=./experiments/x.yaml", "named without folder and ending:  experiment=x", experiment="epochs: 3\n"),
    case("dataset=./my.csv", "a file of your own is read by  dataset=csv dataset.path=./my.csv"),
    case("dataset=my.npz", "a file of your own is read by  dataset=npz dataset.path=my.npz"),
    case("dataset=my.txt", "a file of your own is read by  dataset=text dataset.path=my.txt"),
    case("hydra.fob=1", "hydra.fob=1", "Hydra has no such key"),
    case("hydra.mode=FOO", "Hydra does not take this value", "MULTIRUN"),
    case("hydra/launcher=foo", "no such hydra/launcher; there are: ", "basic"),
]

FORMS = [
    case("cnn", "expected key=value; did you mean  model=cnn"),
    case("model", "expected a value after it:  model=...", "lenet"),
    case("epochs", "expected a value after it", "epochs=..."),
    case("epochs = 5", "expected a value after it, without blanks:  epochs=..."),
    case("model:cnn", "expected key=value, as in  model=cnn"),
    case("seed=1 cnn", "cnn", "did you mean  model=cnn"),
    case("dataset=digits name=my first run",
         "first run  expected key=value; a value with blanks is quoted as a whole:  'name=my first run'"),
    case("dataset=digits foo foo", "foo foo  expected key=value", "'dataset=digits foo foo'"),
    case("dataset=digits foo name=a foo bar", "'dataset=digits foo'", "'name=a foo bar'", lines=2),
    case("my.csv epochs=3", "my.csv", "a file of your own is read by  dataset=csv dataset.path=my.csv"),
    case("epochs=3 my.csv", "my.csv", "a file of your own is read by  dataset=csv dataset.path=my.csv"),
    case("dataset=csv dataset.path=[t.csv dataset.target=price", "the  [  is not closed"),
    case("=3", "=3", "expected key=value"),
    case("epochs=", "epochs=", "expected an integer >= 1"),
    case("model=", "model=", "no such model", "lenet"),
    case("model==cnn", "expected one  =, as in  model=cnn"),
    case("model.hidden=[1,2", "the  [  is not closed; a  ]  is missing"),
    case("model.hidden=1]", "a  ]  without its  ["),
    case("validation={kind:holdout", "the  {  is not closed"),
    case("name='abc", "the quote  '  is not closed"),
    case("model.filters=[32,,64]", "nothing between two commas"),
    case("model.filters=(32,64)", "a list is written with  [ ]:  model.filters=[32,64]"),
    case("name=a;b,c", "a text with  ;  needs two pairs of quotes"),
    case("model=cnn,", "nothing between two commas, or beside a bracket"),
    case("model=ünet", "model=ünet", "no such model; did you mean  model=lenet"),
    case("train", "training needs no verb: leave the word out"),
    case("run model=dense", "leave the word out:  dlrun model=dense"),
    case("train name='x'", "leave the word out:  dlrun \"name='x'\""),
    case("validate", "unknown command; did you mean  dlrun explain"),
    case("models", "did you mean  dlrun list models"),
    case("seed=1,2", "several values need a multirun: add  -m"),
    case("model=cnn,dense", "several values need a multirun: add  -m"),
    case("seed=range(3)", "several values need a multirun"),
    case("~seed", "a key cannot be removed"),
    case("~optimizer", "a key cannot be removed"),
    case("~model.hidden", "a key cannot be removed"),
    case("+seed=1", "+seed=1", "the key exists: no + is needed"),
    case("+model=dense", "no + is needed:  model=dense"),
    case("+wxyz=1", "wxyz=1", "no such key"),
    case("++model.wxyz=1", "model.wxyz=1", "no such key"),
    case("optimizer@x=adam", "a group keeps its place; write  group=option"),
    case("model={kind:dense}", "expected the name of an option: ", "convnet"),
    case("model=[cnn]", "expected the name of an option: "),
    case("model=3", "no such model; there are: ", "cnn"),
    case("model=null", "expected the name of an option"),
    case("model.kind=dense", "the kind comes with the option:  model=dense"),
    case("+model._target_=os.system", "a class of your own enters by a file"),
    case("+dataset._target_=os.system", "a class of your own enters by a file, as configs/dataset/mine.yaml"),
    case("+optimizer._target_=os.system", "a class of your own enters by a file, as configs/optimizer/mine.yaml"),
    case("trian", "unknown command", "expected a command (baselines, book, cache, ",
         "or key=value; training needs no verb"),
    case("sumary", "unknown command; did you mean  dlrun summary"),
    case("--foo", "no such flag"),
    case("-x", "-x  no such flag; `dlrun --help` shows them"),
    case("-x --y", "-x", "--y", "no such flag", lines=2),
    case("--model=cnn", "keys have no dashes:  model=cnn"),
    case("--config-name other", "dlrun has one config", "experiment=mine"),
    case("--config-dir nowhere", "--config-dir nowhere", "no such folder"),
    case("--config-dir", "expected a folder after it"),
    case("--cfg", "--cfg", "expected one of job, hydra, all after it"),
    case("--cfg jobs", "did you mean  job"),
    case("--cfg job modle=cnn", "did you mean  model=cnn"),
    case("~/x --cfg=job", "~/x", "expected key=value"),
    case("--cfg job x", "x", "expected key=value"),
    case("-m 5.1e-265 --cfg=job", "5.1e-265", "expected key=value"),
    case("-m 5.1e-265 -1 --cfg=job", "-1", "no such flag"),
    case("model=gan -- --hydra-help", "--  no such flag"),
    case("--info nope", "defaults-tree"),
    case("-sc foo", "install=bash"),
    case("list modle", "did you mean  models"),
    case("summary modle=cnn", "did you mean  model=cnn"),
    case("explain seed=x", "seed=x", "expected an integer >= 0"),
    case("explain -m", "`dlrun explain` looks at one run"),
]

VALUES = [
    case("batch_size=0", "expected an integer >= 1 or \"auto\" (default 128)"),
    case("batch_size=-5", "batch_size=-5", "expected an integer >= 1"),
    case("batch_size=1e99", "beyond what 64 bits hold"),
    case("seed=-1", "expected an integer >= 0 (default 0)"),
    case("seed=[1,2]", "seed=[1,2]", "expected an integer >= 0"),
    case("epochs=3.5", "epochs=3.5", "expected an integer >= 1"),
    case("epochs=null", "epochs=null", "expected an integer >= 1"),
    case("epochs=true", "epochs=true", "expected an integer >= 1"),
    case("epochs='5'", "epochs='5'", "expected an integer >= 1"),
    case("optimizer.lr=abc", "expected a number > 0 (optimizer adam, default 0.001)"),
    case("optimizer.lr=0", "optimizer.lr=0", "expected a number > 0"),
    case("optimizer.lr=nan", "optimizer.lr=nan", "expected a number > 0"),
    case("optimizer.lr=inf", "optimizer.lr=inf", "expected a number > 0"),
    case("optimizer.lr={a:1}", "optimizer.lr={a: 1}", "expected a number > 0"),
    case("model=dense model.dropout=1.0", "model.dropout=1",
         "expected a number >= 0 and < 1 (model dense, default 0)"),
    case("model=dense model.dropout=-0.1", "model.dropout=-0.1", "expected a number >= 0 and < 1"),
    case("optimizer=sgd optimizer.momentum=1", "expected a number >= 0 and < 1 (optimizer sgd, default 0)"),
    case("model.hidden=abc", "expected a list of integers >= 1 (model cnn"),
    case("model.hidden={a:1}", "model.hidden={a:1}", "expected a list of integers >= 1"),
    case("model.hidden.7=3", "model.hidden is a list of 1 here"),
    case("model.hidden.x=3", "model.hidden is a list of 1 here"),
    case("model.hidden.0=a", "model.hidden=[a]", "expected a list of integers >= 1"),
    case("model.filters=[]", "expected a list of integers >= 1"),
    case("model.activation=rel", "one of relu,", "did you mean  relu"),
    case("precision=fp166", "expected one of float32, bf16, fp16", "did you mean  fp16"),
    case("force=yes", "expected true or false; did you mean  true"),
    case("force=3", "expected true or false (default false)"),
    case("threads=all", 'expected an integer >= 1 or "auto"'),
    case("train_size=0.5", "expected an integer >= 1 or null"),
    case("max_seconds=0", "expected a number > 0 or null"),
    case("output_dir=null", "expected a text"),
    case("output_dir=", "expected a folder"),
    case("seed.x=1", "seed is a single value; it has no x"),
    case("name=../x", "expected a folder below output_dir"),
    case("name=sweeps", "expected a folder below output_dir"),
    case("device=gpu", "expected one of auto, cpu, cuda, cuda:N, mps; did you mean  cuda"),
    case("device=cuda:x", "one of auto, cpu, cuda"),
    case("modle=cnn optimizer.lr=fast batch_size=0", "modle=cnn", "did you mean  model=cnn", "optimizer.lr=fast",
         "a number > 0", "batch_size=0", "an integer >= 1", lines=3),
    case("seed=-1 wxyz=1 model=cnnn name='a", "seed=-1", "wxyz=1", "did you mean  model=cnn", "not closed", lines=4),
]

RULES = [
    case("validation=1.5", "validation=1.5", "a fraction < 1, a count, 0 for none"),
    case("validation=abc", "a fraction < 1, a count"),
    case("validation=-0.2", "a fraction < 1, a count"),
    case("validation=true", "validation=true", "a fraction < 1, a count"),
    case("validation={sise:0.3}", "did you mean  validation.size"),
    case("validation={size:2.5}", "validation.size=2.5", "expected a fraction < 1 or a count"),
    case("validation={take:begin}", "expected one of end, start, random"),
    case("validation={stratify:true}", "rows from the end are not stratified", "take: random"),
    case("validation.size=0.2", "validation is a single value here", "validation={size: 0.2}"),
    case("validation=5000", "of 1,437 rows leaves none to train on"),
    case("dataset.test=1797", "of 1,797 rows leaves none to train on"),
    case("train_size=100000", "there are 1,437 training rows"),
    case("test_size=361", "expected 1 to 360; there are 360 test rows"),
    case("test_size=1 dataset.test=0", "there are no test rows to measure"),
    case("test_at=[50] epochs=20", "test_at=[50]", "training ends after epoch 20"),
    case("test_at=0", "expected a list of integers >= 1"),
    case("early_stop=patience early_stop.monitor=val/los", "did you mean  val/loss"),
    case("early_stop=patience early_stop.monitor=f1", "task classify measures train/loss, train/accuracy, val/loss"),
    case("early_stop=patience early_stop.monitor=test/loss", "the test rows are never used to choose"),
    case("early_stop=patience validation=0", "early_stop.monitor=val/loss", "validation=0 leaves nothing to watch"),
    case("schedule=plateau validation=0", "schedule.monitor=val/loss", "validation=0 leaves nothing to watch"),
    case("schedule=plateau schedule.monitor=val/acuracy", "did you mean  val/accuracy"),
    case("early_stop=patience early_stop.start_epoch=99 epochs=20", "training ends after epoch 20"),
    case("optimizer=sgd optimizer.nesterov=true", "it needs optimizer.momentum > 0"),
    case("optimizer=rmsprop optimizer.eps_inside=true optimizer.centered=true", "without momentum and centered"),
    case("model=dense model.batch_norm=true optimizer.accumulate=2", "optimizer.accumulate=2",
         "a batch in parts is another one for batch_norm"),
    case("model=sparse_autoencoder task.sparsity=kl model.code_activation=sigmoid optimizer.accumulate=2",
         "optimizer.accumulate=2", "computed from the batch as a whole"),
    case("optimizer=lbfgs optimizer.accumulate=2", "lbfgs takes one batch at a time"),
    case("optimizer=lbfgs precision=bf16", "precision=bf16", "lbfgs needs float32"),
    case("precision=fp16 device=cpu", "it needs a CUDA device, not device=cpu; bf16 runs anywhere"),
    case("dataset=iris model=cnn", "model=cnn", "cnn expects images", "4 features", "model=dense"),
    case("dataset=iris model=dense augment=flip", "augment.flip_horizontal=true", "only images are augmented"),
    case("model.kernel=9 model.padding=valid", "model=cnn", "a window of 9 x 9 is larger than its input of 8 x 8"),
    case("model.filters=[8,8,8,8,8]", "model=cnn", "a window of 2 x 2 is larger than its input of 1 x 1"),
    case("model.kernel=[3,3,3]", "model.kernel=[3", "expected one integer, or 2, one for each of filters=[32, 64]"),
    case("model=sequential model.layers=[flaten]", "model.layers[0]=flaten", "did you mean  flatten"),
    case("model=sequential model.layers=[flatten,{dense:{unit:3}}]", "dense.unit=3", "did you mean  units", lines=2),
    case("model=sequential model.layers=[flatten,{dense:3}]", "gives 3, the task needs 10", "- dense: out"),
    case("model=sequential model.layers=[{dense:out}]", "model=sequential", "dense expects a flat input", "- flatten"),
    case("model=sequential model.layers=[]", "expected a list of layers"),
    case("model=sequential model.layers=flatten", "expected a list of layers"),
    case("model=cnn task=vae", "task=vae  ", "it trains model=conv_vae or vae; task=auto", "model=cnn"),
    case("model=dense task=reconstruct", "task=reconstruct  ", "model=autoencoder or conv_autoencoder"),
    case("model=dense task=adversarial", "task=adversarial  ", "model=dcgan or gan"),
    case("model=x allow=mine task=vae", "task=vae  ", "model=conv_vae or vae", model="_target_: mine.Net\n",
         mine="class Net: pass\n"),
    case("model=autoencoder task=classify", "  task=classify  model=autoencoder is trained with task=reconstruct"),
    case("model=gan optimizer=lbfgs", "optimizer=lbfgs", "each network of a GAN"),
    case("model=gan task.generator_optimizer={kind:lbfgs}", "task.generator_optimizer.kind=lbfgs",
         "each network of a GAN"),
    case("dataset=treebank model=lstm optimizer.accumulate=2", "optimizer.accumulate=2", "a mean over words"),
    case("schedule=plateau schedule.min_lr=1", "schedule.min_lr=1", "begins at optimizer.lr=0.001 and only falls"),
    case("dataset=digits_rows model=lstm model.stateful=true shuffle=false batch_size=32 test_size=64", "test_size=64",
         "model.stateful reads the test rows one after another"),
    case("dataset=digits_rows model=lstm model.stateful=true shuffle=false batch_size=5000", "batch_size=5000",
         "model.stateful needs whole batches: there are 1,149 training rows"),
    case("model=gan task=wgan early_stop=patience early_stop.monitor=train/generator_loss batch_size=500",
         "early_stop.monitor=train/generator_loss", "an epoch has 3 steps", "once in 5 (task.critic_steps)"),
    case("model=wgan schedule=plateau schedule.monitor=train/generator_loss steps_per_epoch=4",
         "schedule.monitor=train/generator_loss", "an epoch has 4 steps"),
]

DATA = [
    case("dataset=csv model=dense", "dataset.path", "dataset.target", "must be given", lines=2),
    case("dataset=csv model=dense dataset.path=nope.csv dataset.target=a", "dataset.path=nope.csv", "no such file"),
    case("dataset=csv model=dense dataset.path=tt.csv dataset.target=a", "no such file; did you mean  t.csv",
         csv=TABLE),
    case("dataset=csv model=dense dataset.path=t.csv", "dataset.target", "must be given", csv=TABLE),
    case("dataset=csv model=dense dataset.path=t.csv dataset.target=a task=regress", "task=regress", "has classes",
         "dataset.targets=number reads the column as numbers", csv="a,b\n" + "1,0.5\n0,0.25\n" * 20),
    case("dataset=iris model=dense task=regress", "dataset iris has classes; task=classify fits\n"),
    case("dataset=csv model=dense dataset.path=t.csv dataset.target=prise", "no such column; did you mean  price",
         csv=TABLE),
    case("dataset=csv model=dense dataset.path=t.csv dataset.target=prise dataset.drop=z", "did you mean  price",
         "dataset.drop=z", csv=TABLE, lines=2),
    case("dataset=csv model=dense dataset.path=t.csv dataset.target=9", "there are 3 columns, 0 to 2", csv=TABLE),
    case("dataset=csv model=dense dataset.path=t.csv dataset.target=price dataset.drop=z", "dataset.drop=z",
         "the columns are a, b, price", csv=TABLE),
    case("dataset=csv model=dense dataset.path=t.csv dataset.target=c", "t.csv", "expected 3 cells in each line",
         "line 3 has 2", csv="a,b,c\n1,2,3\n1,2\n4,5,6\n"),
    case("dataset=csv model=dense dataset.path=t.csv dataset.target=c", "t.csv", "has no rows", csv=""),
    case("dataset=csv model=dense dataset.path=pics dataset.target=c", "expected a file; this is a folder",
         picture="x"),
    case("dataset=npz model=dense dataset.path=nope.npz", "dataset.path=nope.npz", "no such file"),
    case("dataset=npz model=dense dataset.path=t.npz", "t.npz", "x_train", "there are images, labels; dataset.x=NAME",
         npz=npz(images=X, labels=Y)),
    case("dataset=npz model=dense dataset.path=t.npz", "no targets to learn", npz=npz(images=X)),
    case("dataset=npz model=dense dataset.path=t.npz", "t.npz", "6", "5", npz=npz(x=X, y=Y[:5])),
    case("dataset=npz model=dense dataset.path=t.csv", "expected a NumPy .npz or .npy file", csv=TABLE),
    case("dataset=image_folder dataset.path=nope", "dataset.path=nope", "no such folder"),
    case("dataset=image_folder dataset.path=pics", "a folder with pictures for each of two classes", picture="x"),
    case("dataset=image_folder dataset.path=t.csv", "expected a folder; this is a file", csv=TABLE),
]

EXPERIMENTS = [
    case("experiment=x", "batch_sise=3", "did you mean  batch_size", "(experiments/x.yaml:2)",
         experiment="# mine\nbatch_sise: 3\n"),
    case("experiment=x", "model.dropuot=0.3", "did you mean  model.dropout", "(experiments/x.yaml:3)",
         experiment="# mine\nmodel:\n  dropuot: 0.3\n"),
    case("experiment=x", "epochs=many", "(experiments/x.yaml:1)", "seed=-1", "(experiments/x.yaml:2)", lines=2,
         experiment="epochs: many\nseed: -1\n"),
    case("experiment=x", "train_size=99999", "there are 1,437 training rows", "(experiments/x.yaml:2)",
         experiment="seed: 1\ntrain_size: 99999\n"),
    case("experiment=x", "early_stop.monitor=val/acc", "did you mean  val/accuracy", "(experiments/x.yaml:3)",
         experiment="early_stop:\n  patience: 3\n  monitor: val/acc\n"),
    case("experiment=x", "validation.sise=3", "did you mean  validation.size", "(experiments/x.yaml:2)",
         experiment="validation:\n  sise: 3\n"),
    case("experiment=x", "- override /model: densse", "no such model; did you mean  dense", "(experiments/x.yaml:2)",
         experiment="defaults:\n  - override /model: densse\n"),
    case("experiment=x", "no such group; did you mean  model", "(experiments/x.yaml:2)",
         experiment="defaults:\n  - override /modle: dense\n"),
    case("experiment=x", "this one is chosen by  - override /model: dense", "(experiments/x.yaml:2)",
         experiment="defaults:\n  - /model: dense\n"),
    case("experiment=x", "groups are named from the top", "(experiments/x.yaml:2)",
         experiment="defaults:\n  - override model: dense\n"),
    case("experiment=x", "taken in by its whole name:  - /experiment/y", "(experiments/x.yaml:2)",
         experiment="defaults:\n  - /experiment: y\n"),
    case("experiment=x", "- /experiment/xx", "no such experiment; did you mean  x", "(experiments/x.yaml:2)",
         experiment="defaults:\n  - /experiment/xx\n"),
    case("experiment=x", "defaults=3", "expected a list", "(experiments/x.yaml:1)", experiment="defaults: 3\n"),
    case("experiment=x", "model=dense", "expected the name of an option, or a mapping", "(experiments/x.yaml:1)",
         experiment="model: dense\n"),
    case("experiment=x", "model.kind=dense", "the other keys are those of cnn", "(experiments/x.yaml:2)",
         experiment="model:\n  kind: dense\n"),
    case("experiment=x", "experiments/x.yaml:2", "not readable as YAML", experiment="epochs: [1\nseed: 3\n"),
    case("experiment=x", "experiments/x.yaml:2", "a tab; YAML is indented with blanks",
         experiment="model:\n\thidden: 3\n"),
    case("experiment=x", "experiments/x.yaml:2", "duplicate key epochs", experiment="epochs: 3\nepochs: 4\n"),
    case("experiment=x", "experiments/x.yaml:1", "expected a mapping (key: value) at the top of the file",
         experiment="- epochs\n- 3\n"),
    case("experiment=x", "experiments/x.yaml", "not readable as YAML", experiment=b"name: \xff\xfe\n"),
    case("experiment=x", "experiments/x.yaml:1", "expected a key before the colon", experiment="null: 3\n"),
    case("experiment=x", "epochs", "its interpolation leads nowhere", "'nope'", "(experiments/x.yaml:1)",
         experiment="epochs: ${nope}\n"),
    case("experiment=x", "epochs=${", "an interpolation is written  ${key}", "(experiments/x.yaml:1)",
         experiment="epochs: ${\n"),
    case("experiment=x", "allow=[mine]", "it counts on the command line only", "(experiments/x.yaml:1)",
         experiment="allow: [mine]\n"),
    case("experiment=x", "hydra.foo", "Hydra has no such key", "(experiments/x.yaml:2)",
         experiment="hydra:\n  foo: 3\n"),
    case("experiment=x bogus=1", "bogus=1", "epochs=bad", "(experiments/x.yaml:1)", lines=2,
         experiment="epochs: bad\n"),
    case("experiment=x epochs=0", 'epochs=0  expected an integer >= 1 or "auto" (default 40)\n',
         experiment="epochs: bad\n"),
]

FILES = [
    case("model=x", "configs/model/x.yaml:2", "not readable as YAML", model="kind: [\n"),
    case("model=x", "model.kind=densse", "did you mean  dense", "(configs/model/x.yaml:1)", model="kind: densse\n"),
    case("model=x", "model.kind", "must be given: one of ", "dense", "(configs/model/x.yaml:1)",
         model="hidden: [3]\n"),
    case("model=x", "model.hiden=[3]", "did you mean  model.hidden", "(configs/model/x.yaml:2)",
         model="kind: dense\nhiden: [3]\n"),
    case("model=x", "model.hidden=a", "a list of integers", "(model x, default", "(configs/model/x.yaml:2)",
         model="kind: dense\nhidden: a\n"),
    case("model=x", "model.filters=[8]", "it belongs to cnn", "(configs/model/x.yaml:2)",
         model="kind: dense\nfilters: [8]\n"),
    case("model=x", "configs/model/x.yaml:1", "expected a mapping (key: value) at the top of the file",
         model="- flatten\n"),
    case("model=x", "- cnnn", "no such model; did you mean  cnn", "(configs/model/x.yaml:2)",
         model="defaults:\n  - cnnn\nhidden: 3\n"),
    case("model=x", "- x", "the file names itself", "(configs/model/x.yaml:2)", model="defaults:\n  - x\n"),
    case("model=x", "model=x", "name one another in a circle", model="defaults:\n  - y\n", other="defaults:\n  - x\n"),
    case("model=x", "a model stays at model; leave this line out", "(configs/model/x.yaml:1)",
         model="# @package _global_\nkind: dense\n"),
    case("model=x", "the file is read as the model already", "(configs/model/x.yaml:1)",
         model="model:\n  kind: dense\n"),
    case("model=cnn", "configs/model/cnn.yaml would not be read", "rename it", cnn="kind: cnn\nhidden: [3]\n"),
    case("optimizer=x", "optimizer.lr=fast", "(optimizer x, default 0.001)", "(configs/optimizer/x.yaml:2)",
         optimizer="kind: adam\nlr: fast\n"),
    case("extra=x", "a group of your own is added with a plus:  +extra=x", extra="epochs: 3\n"),
    case("+extra=x", "# @package _global_", "(configs/extra/x.yaml:1)", extra="epochs: 3\n"),
    case("model=x", "model._target_=mine.Net", "no module mine is found", "(configs/model/x.yaml:1)",
         model="_target_: mine.Net\n"),
    case("model=x", "mine.py defines no Net; did you mean  Nett", model="_target_: mine.Net\n",
         mine="class Nett: pass\n"),
    case("model=x", "its code would run; allow it by  allow=mine  on the command line", "(configs/model/x.yaml:1)",
         model="_target_: mine.Net\n", mine="class Net: pass\n"),
    case("model=x allow=other", "allow it by  allow=mine", model="_target_: mine.Net\n", mine="class Net: pass\n"),
    case("model=x experiment=x", "allow=[mine]", "it counts on the command line only", "(experiments/x.yaml:1)",
         model="_target_: mine.Net\n", mine="class Net: pass\n", experiment="allow: [mine]\n"),
    case("model=x allow=mine", "mine.py:1", "not readable as Python", model="_target_: mine.Net\n",
         mine="class Net(: pass\n"),
    case("model=x allow=mine", "model._target_=3", "expected module.Class", model="_target_: 3\n"),
    case("model=x allow=mine model.blocks=3", "it has: width; another argument of your class is added with a plus:  "
         "+model.blocks=3", model="_target_: mine.Net\nwidth: 3\n", mine="class Net: pass\n"),
    case("model=x allow=os", "defines no system", model="_target_: os.system\n"),
    case("optimizer=x", "its code would run; allow it by  allow=torch.optim", optimizer="_target_: torch.optim.Adam\n"),
    case("early_stop=x", "takes a class of your own", early_stop="_target_: torch.optim.Adam\n"),
    case("augment._target_=mine.Jitter", "chosen by its name:  augment=NAME allow=MODULE"),
    case("model=x allow=mine", "model.width", "mine.Net: no such argument; it takes none", started=True,
         model="_target_: mine.Net\nwidth: 3\n", mine="class Net: pass\n"),
]

MULTIRUN = [
    case("-m seed=1,x", "seed=x", "expected an integer >= 0"),
    case("-m seed=1,2 epochs=0,3 optimizer.lr=0.1,fast", "epochs=0", "optimizer.lr=fast", lines=2),
    case("-m model=cnn,densse", "model=cnn,densse", "did you mean  model=dense"),
    case("-m optimizer.lr=interval(0,1)", "an interval needs a search", "range(start,stop,step)"),
    case("-m model=glob(x*)", "nothing matches; the options are: ", "cnn"),
    case("-m seed=glob(*)", "glob chooses among the options of a group"),
    case("-m seed=range(0)", "it has no values"),
    case("-m dataset=digits,iris model=cnn", "model=cnn", "cnn expects images"),
]

STARTED = [
    case("device=cuda:99", "device=cuda:99", "expected auto or cpu", started=True),
    case("dataset=mnist model=dense data_dir=nowhere", "dataset=mnist", "could not be downloaded", "nowhere",
         "train-images-idx3-ubyte.gz", "digits", "run without any file", "(or name their folder by DLRUN_DATA)",
         started=True),
]

CASES = [*NAMES, *FORMS, *VALUES, *RULES, *DATA, *EXPERIMENTS, *FILES, *MULTIRUN, *STARTED]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Downloads fail at once, and nothing lies in a cache."""
    monkeypatch.setenv("DLRUN_CACHE", str(tmp_path_factory.mktemp("cache")))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


def test_a_file_whose_name_begins_with_a_tilde_is_read_by_the_path_that_is_advised(folder: Path, write, capsys) -> None:
    write({"~draft.csv": TABLE})
    words = ["dataset=csv", "dataset.target=price", "model=linear", "epochs=1", "threads=1", "verbosity=0"]
    assert route([*words, "dataset.path=~draft.csv"]) == 2
    advised = capsys.readouterr().err.split("whole path:")[1].strip()
    assert advised == str(folder / "~draft.csv") and route([*words, f"dataset.path={advised}"]) == 0


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: bad.arguments)
def test_bad_input_is_answered_by_one_clear_message_and_nothing_starts(bad: Case, folder: Path, write, capsys) -> None:
    write(bad.files)
    before = {path for path in folder.rglob("*") if "__pycache__" not in path.parts}

    code = route(bad.arguments.split(" "))

    said = capsys.readouterr().err
    assert code == 2, said
    assert "Traceback" not in said and "HYDRA_FULL_ERROR" not in said
    for fragment in (*bad.says, "nothing was started"):
        assert fragment in said
    if bad.lines is not None:
        assert said.startswith(f"{bad.lines} problem")
    after = {path for path in folder.rglob("*") if "__pycache__" not in path.parts} - before
    if bad.started:  # the folder was taken (its lock) before the device or the data were looked at
        after = {path for path in after if path.is_file() and path.name != "lock"}
    assert not after


def test_there_are_more_than_sixty_kinds_and_none_is_said_twice() -> None:
    keys = [(bad.arguments, *sorted(bad.files.items())) for bad in CASES]
    assert len(set(keys)) == len(keys) >= 75
