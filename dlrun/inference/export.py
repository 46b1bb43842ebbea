"""A finished run as a file that loads without dlrun: ONNX, a program of torch's, or its tensors alone.

Preprocessing is part of the first two where inputs are values or ids: rows go in as they are stored, probabilities and
numbers in their unit come out.
"""

from __future__ import annotations

import dataclasses
import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dlrun.config.problem import ConfigError, problem
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.batches import Rows
from dlrun.data.prepared import Split
from dlrun.data.scale import squeezed
from dlrun.inference.load import Loaded
from dlrun.inference.own_rows import own_rows
from dlrun.models.build import stateful
from dlrun.models.pretrained.module import whole_state
from dlrun.models.recurrent.exported import exported_cells
from dlrun.record.folder import json_text, write_bytes, write_text

FORMATS = ("onnx", "torch", "safetensors")
FILES = {"onnx": "model.onnx", "torch": "model.pt2", "safetensors": "model.safetensors"}
ROWS = 32  # that outputs are compared on
FAR = 1e-4  # a larger difference of an output, as a share of the largest, is no rounding
NEEDS = {"onnx": ("onnx", "onnxscript", "onnxruntime"), "safetensors": ("safetensors",)}


class Exported(nn.Module):
    """Stored rows to what is predicted of them, in one module: fill, scale, network, probabilities or units."""

    offset: Tensor
    factor: Tensor
    squeeze: Tensor | None
    fill: Tensor

    def __init__(self, run: Loaded, stored: bool):
        super().__init__()
        self.model, self._run, self._stored = run.model, run, stored
        scale = preprocessing.scale(run.kept)
        fill = run.kept["stand_in"]
        self.register_buffer("offset", _broadcast(scale.offset, run))
        self.register_buffer("factor", _broadcast(scale.factor, run))
        self.register_buffer("squeeze", None if scale.squeeze is None else _broadcast(scale.squeeze, run))
        self.register_buffer("fill", _broadcast(np.array(fill, np.float32) if fill is not None else scale.offset, run))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        if self._stored and not self._run.data_spec.input_kind == "tokens":
            x = x.float()
            if self._run.data_spec.input_kind == "table":
                x = torch.where(torch.isnan(x), self.fill.expand_as(x), x)
            x = (x - self.offset) * self.factor
            if self.squeeze is not None:
                x = squeezed(x, self.squeeze)
        outputs = self._run.task.predict(self.model, x).float()
        spec, targets = self._run.data_spec, preprocessing.targets(self._run.kept)
        return tuple(self._run.task.exported(outputs, spec, targets).values())


def _broadcast(values: np.ndarray, run: Loaded) -> Tensor:
    """A scale beside a batch of rows."""
    axes = len(run.data_spec.input_shape)
    return torch.from_numpy(np.array(values, np.float32)) if values.ndim <= axes else torch.from_numpy(
        values.reshape(values.shape[-axes:]))


@dataclass(frozen=True)
class Sample:
    """Rows that an export is compared on: `x` as the file takes them, `outputs` as `dlrun predict` has them."""

    x: Tensor
    outputs: dict[str, Tensor]
    stored: bool  # whether the rows are as they are stored; else as the network sees them
    real: bool  # whether they are rows of the run's data


@dataclass(frozen=True)
class Written:
    """What was written, and how far its outputs are from dlrun's on the rows of the sample.

    `difference` is the largest distance by output.
    """

    path: Path
    ran: str
    difference: dict[str, float]


def sample(run: Loaded, say: Callable[[str], None]) -> Sample:
    """Some rows of the run's test part, or drawn ones where its data is not there; and what the run says of them."""
    split, real = _rows(run, say)
    network = Rows(split, preprocessing.scale(run.kept), torch.device("cpu"), resident=True).range(0, len(split))[0]
    kind = run.data_spec.input_kind
    stored = split.form.windows is None and split.form.kind in ("values", "tokens")
    x = network if not stored or kind == "tokens" else torch.from_numpy(np.array(split.x))
    with torch.no_grad():
        outputs = run.task.predict(run.model, network).float()
        named = run.task.exported(outputs, run.data_spec, preprocessing.targets(run.kept))
    return Sample(x, named, stored, real)


def _rows(run: Loaded, say: Callable[[str], None]) -> tuple[Split, bool]:
    from dlrun.data.subsample import subsample

    try:
        prepared = own_rows(run, lambda note: None)
        rows = prepared.test or prepared.train
        if rows.stream is not None:
            raise problem("export", "rows that are read when they are needed cannot be exported with")
        few = subsample(dataclasses.replace(prepared, test=rows), min(ROWS, len(rows))).test
        assert few is not None
        return few, True
    except ConfigError as wrong:
        say(f"the data of the run cannot be used ({wrong.line}): outputs are compared on drawn rows")
    if run.data_spec.input_kind not in ("table", "image") or "windows" in run.kept["asked"]:
        raise problem("export", f"the data of this run is needed to write {run.data_spec.input_kind} inputs")
    scale, rng = preprocessing.scale(run.kept), np.random.default_rng(0)
    shape = (ROWS, *run.data_spec.input_shape)
    levels = run.kept["asked"].get("levels", 1)
    if run.data_spec.input_kind == "image" and levels != 1:
        return Split(rng.integers(0, int(levels) + 1, shape, np.uint8), None), False
    return Split((rng.normal(size=shape) / scale.factor + scale.offset).astype(np.float32), None), False


def check_export(run: Loaded, found: Sample, how: str) -> None:
    """Raises ConfigError where a format cannot hold the run, or what writes or runs it is not installed."""
    for package in NEEDS.get(how, ()):
        _installed(package, how)
    if how == "safetensors":
        return
    if stateful(run.model):
        raise problem(f"format={how}", "the network has a stateful layer, whose state a file cannot carry over to the "
                                       "next rows; expected stateful=false, or format=safetensors")


def export(run: Loaded, found: Sample, how: str, into: Path, about: Mapping[str, str]) -> Written:
    """Write the run in a format that `check_export` allows into a folder, and compare the file with the run.

    Raises ConfigError where torch cannot write it, or where its outputs are others; what is there then is of no use.
    """
    path = into / FILES[how]
    if how == "safetensors":
        from safetensors.torch import save

        tensors = {name: value.detach().contiguous().clone() for name, value in whole_state(run.model).items()}
        write_bytes(path, save(tensors, {**about, "format": "pt"}))
        return _compared(path, how, "read again", tensors, _loaded(path))
    module = Exported(run, found.stored).eval().requires_grad_(False)
    write = _write_onnx if how == "onnx" else _write_torch
    try:
        with torch.no_grad(), exported_cells(run.model, how):
            ran, outputs = write(module, found, path, about)
    except Exception as error:  # torch's tracers raise what they like
        raise problem(f"format={how}", f"torch cannot write this network ({_reason(error)})") from error
    return _compared(path, how, ran, found.outputs, outputs)


def _reason(error: BaseException) -> str:
    """In a line; the exporters wrap what went wrong in pages of advice."""
    while error.__cause__ is not None:
        error = error.__cause__
    first = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {first}"


def _compared(path: Path, how: str, ran: str, ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> Written:
    """A wrong file is worse than none.  Weights that are read again are equal; what computes may round otherwise."""
    share = 0.0 if how == "safetensors" else FAR
    difference = {name: _difference(ours[name], theirs[name]) for name in ours}
    for name, value in difference.items():
        most = share * max(1.0, float(ours[name].double().abs().max()) if ours[name].numel() else 0.0)
        if not value <= most:
            raise problem(f"format={how}", f"the file that torch wrote gives other {name} than the run (by {value:.2g} "
                                           f"with {ran}), so it is not kept; expected at most {most:.2g}; another "
                                           f"version of torch{' or onnxscript' * (how == 'onnx')}, or another format, "
                                           "may write it")
    return Written(path, ran, difference)


def _installed(package: str, how: str) -> None:
    from importlib.util import find_spec

    if find_spec(package) is None:
        raise problem(f"format={how}", f'it needs {package}; pip install "dlrun[export]" brings it')


def _loaded(path: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    found: dict[str, Tensor] = load_file(str(path))
    return found


def _write_torch(module: Exported, found: Sample, path: Path,
                 about: Mapping[str, str]) -> tuple[str, dict[str, Tensor]]:
    program = torch.export.export(module, (found.x,), dynamic_shapes=_batch())
    torch.export.save(program, str(path), extra_files={"about.json": json.dumps(dict(about))})
    again = torch.export.load(str(path)).module()
    return f"torch {torch.__version__}", dict(zip(found.outputs, again(found.x)))


def _write_onnx(module: Exported, found: Sample, path: Path,
                about: Mapping[str, str]) -> tuple[str, dict[str, Tensor]]:
    import onnx
    import onnxruntime

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of torch's own parts, which it calls by their old names
        program = torch.onnx.export(module, (found.x,), dynamo=True, input_names=["rows"], verbose=False,
                                    output_names=list(found.outputs), dynamic_shapes=_batch(), external_data=False)
    assert program is not None
    model = program.model_proto
    onnx.helper.set_model_props(model, dict(about))
    onnx.save(model, str(path))
    onnx.checker.check_model(str(path))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    made = session.run(list(found.outputs), {"rows": found.x.numpy()})
    return f"onnxruntime {onnxruntime.__version__}", {name: torch.from_numpy(np.array(values))
                                                      for name, values in zip(found.outputs, made)}


def _batch() -> Any:
    """Any number of rows."""
    return ({0: torch.export.Dim("rows", min=1)},)


def _difference(ours: Tensor, theirs: Tensor) -> float:
    """The largest distance; what is not a number in both is equal."""
    ours, theirs = ours.double(), theirs.double()
    same = (ours == theirs) | (ours.isnan() & theirs.isnan())
    return float(torch.where(same, 0.0, (ours - theirs).abs()).max()) if ours.numel() else 0.0


def write_preprocessing(run: Loaded, into: Path) -> Path:
    """What was fitted on the training rows (scales, columns, vocabulary, classes), as JSON beside the model."""
    path = into / "preprocessing.json"
    write_text(path, json_text(run.kept))
    return path
