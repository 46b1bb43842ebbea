"""Commands of every form that an override can have; some need the files of `test_composer.FILES`."""

from __future__ import annotations

OVERRIDES = [
    [], ["seed=3"], ["optimizer.lr=1e-3"], ["optimizer.lr=1e-05", "optimizer.beta1=0.5"], ["optimizer.lr=.1"],
    ["epochs=1_000"], ["model.hidden=[8,8]"], ["model.hidden=[]"], ["model.hidden=7"], ["model.hidden.0=5"],
    ["model.hidden=[1,2,3]", "model.hidden.1=9"], ["name='a, b'"], ['name="it\'s"'], ["name=a b"], ["name=null"],
    ["name='null'"], ["name='1e-3'"], ["name=True"], ["name='${seed}'"], ["seed=5", "name=run_${seed}"],
    ["model.dropout=${optimizer.lr}", "optimizer.lr=0.25"], ["data_dir=${oc.env:DLRUN_TEST_WORD}"],
    ["model=linked"], ["model=linked", "optimizer.lr=0.4"], ["optimizer.lr=0.4", "model=linked", "optimizer=sgd"],
    ["model=long"], ["model=long", "epochs=9"], ["epochs=9", "model=long"], ["experiment=x", "model=long"],
    ["experiment=x", "epochs=4", "optimizer.lr=0.125"], ["experiment=x", "optimizer=sgd"], ["+setup=fast"],
    ["+setup=fast", "epochs=5", "model.hidden=[4]"], ["validation={size: 0.2, take: random}"], ["validation=300"],
    ["+book.page=3"], ["++book={a: 1}"], ["book={a: {b: [1, 2.5, x, 'y z', null, true]}}"], ["++seed=4"],
    ["experiment=x", "+book.page=12", "book.nested.deep=[3]"], ["experiment=x", "book={other: 1}"], ["book=null"],
    ["task=classify"], ["task=classify", "task.label_smoothing=0.1"], ["model=gan", "task=adversarial"],
    ["allow=[a,b]"], ["test_at=[1,2]"], ["threads=auto"], ["resident=false"], ["hydra.job.chdir=null", "seed=2"],
    ["~book"], ["~optimizer.lr"], ["~seed", "epochs=2"], ["seed=1", "seed=2"], ["log_every=0x10"], ["seed=1.0"],
    ["seed=nan"], ["checkpoint_seconds=inf"], ["name=\\$x"], ["name=a\\,b"], ["dataset=csv", "dataset.path=a/b.csv"],
    ["optimizer={lr: 0.5}"], ["model={hidden: [2]}"],
    ["wxyz=1"], ["+seed=1"], ["model.hidden.7=5"], ["name=${nowhere}"],
    ["~book.page"], ["seed={a: 1}"],
]
