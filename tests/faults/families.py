"""A small run of each family; with a checkpoint after every step, so that kills fall between them."""

from __future__ import annotations

FIXED = ["threads=1", "device=cpu", "checkpoint_seconds=0"]
SMALL = ["batch_size=10", "train_size=20", "test_size=20", "epochs=2"]
DENSE = ["dataset=digits", "model=dense", "model.hidden=[4]", "model.dropout=0.3", "early_stop=patience",
         "early_stop.monitor=val/loss", *SMALL, *FIXED]
FAMILIES = {
    "dense": DENSE,
    "cnn": ["dataset=digits", "model=cnn", "model.filters=[2]", "model.hidden=[4]", "augment=shift", *SMALL],
    "conv1d": ["dataset=digits_rows", "model=conv1d", "model.filters=[2]", "model.kernel=3", *SMALL],
    "lstm": ["dataset=digits_rows", "model=lstm", "model.units=3", "model.recurrent_dropout=0.2", *SMALL],
    "regress": ["dataset=diabetes", "model=dense", "model.hidden=[4]", "schedule=cosine", *SMALL],
    "sequential": ["dataset=iris", "model=sequential", "model.layers=[{dense: 4},{dense: out}]", *SMALL],
    "autoencoder": ["dataset=digits", "model=autoencoder", "model.hidden=[4]", "model.code=2", *SMALL],
    "conv_autoencoder": ["dataset=digits", "model=conv_autoencoder", "model.filters=[2]", "model.code=2", *SMALL],
    "lstm_autoencoder": ["dataset=digits_rows", "model=lstm_autoencoder", "model.units=2", *SMALL],
    "vae": ["dataset=digits", "model=vae", "model.hidden=[4]", *SMALL],
    "conv_vae": ["dataset=digits", "model=conv_vae", "model.filters=[2]", *SMALL],
    "gan": ["dataset=digits", "model=gan", "model.generator_hidden=[4]", "model.discriminator_hidden=[4]", *SMALL],
    "dcgan": ["dataset=digits", "model=dcgan", "model.generator_filters=[2,2]", "model.discriminator_filters=[2,2]",
              *SMALL],
    "wgan_gp": ["dataset=digits", "model=wgan_gp", "model.generator_hidden=[4]", "model.discriminator_hidden=[4]",
                *SMALL],
    "pca": ["dataset=digits", "model=pca", "model.code=2", "train_size=20", "test_size=20"],
    "majority": ["dataset=iris", "model=majority"],
    "permuted": ["dataset=iris", "model=permuted"],
    "kfold": ["dataset=iris", "model=dense", "model.hidden=[3]", "batch_size=60", "epochs=1",
              "validation={kind: kfold, k: 2, shuffle: true, final: true}"],
}
FAMILIES = {name: list(dict.fromkeys([*overrides, *FIXED])) for name, overrides in FAMILIES.items()}
