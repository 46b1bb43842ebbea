"""`dlrun generate RUN`: text from a prompt, or pictures from noise, with nothing but a run's folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dlrun.config.problem import did_you_mean, problem

_KEYS = {"prompt": "", "tokens": "300", "temperature": "0.8", "seed": "0", "count": "36", "between": "0", "out": "",
         "allow": ""}


def main(words: Sequence[str]) -> int:
    values = dict(_KEYS)
    places = [word for word in words if "=" not in word or Path(word).exists()]
    for word in words:
        if word in places:
            continue
        key, _, value = word.partition("=")
        if key not in values:
            raise problem(word, f"keys are {', '.join(_KEYS)}{did_you_mean(key, _KEYS)}")
        values[key] = value
    if len(places) != 1:
        raise problem(" ".join(["generate", *words]), "dlrun generate RUN [prompt=... temperature=0.8] for a text, "
                                                      "[count=36 seed=0 between=8 out=FILE.png] for pictures")
    from dlrun.inference.load import load_run
    from dlrun.models.assembly import Gan, Vae

    run = load_run(Path(places[0]).expanduser(), tuple(filter(None, [values["allow"]])))
    if isinstance(run.model, (Gan, Vae)):
        return _pictures(run, values)
    if run.data_spec.next_token:
        return _text(run, values)
    raise problem(f"task={run.config.task.kind}",
                  "GANs, VAEs and models of the next token generate; see  dlrun predict")


def _number(values: dict[str, str], key: str, low: float, kind: type = int) -> Any:
    try:
        number = kind(values[key])
    except ValueError:
        number = low - 1
    if number < low:
        noun = "an integer" if kind is int else "a number"
        raise problem(f"{key}={values[key]}", f"{noun} >= {low:g} is wanted (default {_KEYS[key]})")
    return number


def _text(run: Any, values: dict[str, str]) -> int:
    import torch

    from dlrun.data import preprocessing_state as fitted
    from dlrun.tasks.next_token.writing import write

    count, seed = _number(values, "tokens", 1), _number(values, "seed", 0)
    temperature = _number(values, "temperature", 0, float)
    vocabulary = fitted.vocabulary(run.kept)
    assert vocabulary is not None
    length = run.data_spec.input_shape[-1]
    ids = vocabulary.encode(values["prompt"]) or vocabulary.encode(" ") or [0]
    part = fitted.of_texts(run.kept, [vocabulary.decode([ids[0]] * length)])
    made = write(run.model, part.form, length, ids, count, temperature,
                 torch.Generator().manual_seed(seed), torch.device("cpu"))
    print(values["prompt"] + vocabulary.decode(made))
    return 0


def _pictures(run: Any, values: dict[str, str]) -> int:
    """A grid of samples; with `between`, each line goes from one latent vector to another in so many pictures."""
    import torch

    from dlrun.models.assembly import latents, sample
    from dlrun.record.pictures import save_batch

    if run.data_spec.input_kind != "image":
        raise problem(f"dataset={run.config.dataset.name}", "rows of a table are no pictures")
    count, between = _number(values, "count", 1), _number(values, "between", 0)
    generator = torch.Generator().manual_seed(_number(values, "seed", 0))
    z = latents(count, run.model, generator)
    columns = None
    if between > 1:
        ends = latents(count, run.model, generator)
        shares = torch.linspace(0, 1, between).view(1, -1, *(1 for _ in z.shape[1:]))
        z = (z[:, None] + shares * (ends - z)[:, None]).flatten(0, 1)
        columns = between
    path = Path(values["out"] or "samples.png")
    save_batch(path, sample(run.model, z).float().numpy(), columns=columns)
    print(path)
    return 0
