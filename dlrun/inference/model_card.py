"""A model card: what a run was trained on and how, what it measures with intervals, what it was not tried on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dlrun.config.schema.quoting import show
from dlrun.config.settings import settings, word
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.inference.export import Sample, Written
from dlrun.record.evaluation_lines import scaled_line, shown
from dlrun.record.metric import metrics_of
from dlrun.record.remarks import remark_of

FEW = 12  # classes, columns and metrics that are named
RECIPE = ("model.kind", "model.hidden", "model.dropout", "task.kind", "task.loss", "optimizer.kind", "optimizer.lr",
          "schedule.kind", "batch_size", "epochs", "early_stop.patience", "early_stop.monitor", "train_size")

# How a file is loaded without dlrun, by its ending.
_USE = {
    ".pt2": ("import torch", "", "model = torch.export.load(\"{file}\").module()",
             "rows = torch.zeros({shape}, dtype=torch.{dtype})", "{outputs}, = model(rows)"),
    ".onnx": ("import numpy, onnxruntime", "", "session = onnxruntime.InferenceSession(\"{file}\")",
              "rows = numpy.zeros({shape}, \"{dtype}\")", "{outputs}, = session.run(None, {{\"rows\": rows}})"),
}


def model_card(result: Mapping[str, Any], origin: Mapping[str, Any], spec: DatasetSpec, written: Sequence[Written],
               found: Sample, evaluation: Mapping[str, Any] | None) -> str:
    """Markdown.  `origin` is the run's provenance, `evaluation` its line of evaluations.jsonl on its own test rows.

    Of a run without a result `result` has name, id, config and stop_reason alone; an empty `origin` is left out.
    """
    rows, data = result.get("rows") or {}, origin.get("data") or {}
    count = " / ".join(f"{rows[part]:,} {part}" for part in ("train", "val", "test") if rows.get(part))
    count += " rows; " if count else ""
    version, day = (origin.get("versions") or {}).get("dlrun"), str(origin.get("started") or "")[:10]
    command = str(origin.get("command") or "")
    lines = [f"# {result['name']} {result['id']}", "",
             f"Trained by dlrun{f' {version}' if version else ''}{f' on {day}' if day else ''}: "
             f"{result.get('stop_reason', '')}.", "",
             "## Data", "",
             f"- {word(result['config'], 'dataset')}{', ' + result['data_label'] if result.get('data_label') else ''}; "
             f"{count}SHA-256 of what the run saw {str(data.get('hash', 'not known'))[:16]}",
             f"- a row: {spec.input_kind} of shape {tuple(spec.input_shape)}{_features(spec)}",
             f"- target: {spec.target_kind}{f' {spec.target_name}' if spec.target_name else ''}{_classes(spec)}", "",
             "## Recipe", "", *(["```", command, "```", ""] if command else []),
             *(f"- `{key}`: {show(value)}" for key, value in settings(result["config"]).items()
               if key in RECIPE and value is not None), "",
             "## Measures", "", *_measures(result, evaluation), "",
             "## Limits", "", *_limits(result), "",
             "## Files", ""]
    lines += [_file(one, found) for one in written]
    for one in written:
        if use := _USE.get(one.path.suffix):
            lines += ["", "```python", *(line.format(file=one.path.name, shape=(1, *found.x.shape[1:]),
                                                     dtype=str(found.x.dtype).removeprefix("torch."),
                                                     outputs=_unpacked(found)) for line in use), "```"]
    return "\n".join(lines) + "\n"


def _unpacked(found: Sample) -> str:
    """The outputs as names of Python's, to unpack them into."""
    names = list(found.outputs)
    return ", ".join(names) if all(map(str.isidentifier, names)) else "*outputs"


def _features(spec: DatasetSpec) -> str:
    names = list(spec.features)
    return f", columns {', '.join(names[:FEW])}{' ...' if len(names) > FEW else ''}" if names else ""


def _classes(spec: DatasetSpec) -> str:
    names = list(spec.classes)
    return f": {', '.join(names[:FEW])}{f' ... ({len(names)})' if len(names) > FEW else ''}" if names else ""


def _measures(result: Mapping[str, Any], evaluation: Mapping[str, Any] | None) -> list[str]:
    known = metrics_of(result)
    if "status" not in result:
        return ["Nothing was measured: the run has not come to its end."]
    if evaluation is not None:
        cells = []
        for name, found in list(shown(evaluation["metrics"]).items())[:FEW]:
            metric = known.of(name)
            interval = f"{metric.text(found['low'])} to {metric.text(found['high'])}" if "low" in found else ""
            cells.append(f"| {metric.title} | {metric.text(found['value'])} | {interval} |")
        return [f"On {evaluation['rows']:,} test rows; intervals are 95 %, over {evaluation['over']} (bootstrap), not "
                "over seeds.", "", "| | value | interval |", "|---|---|---|", *cells,
                *(["", f"{scaled[0].upper()}{scaled[1:]}."] if (scaled := scaled_line(evaluation["metrics"])) else [])]
    part = next((part for part in ("test", "val", "train") if result.get(part)), "")
    named = {"test": "the test rows", "val": "the validation rows", "train": "the training rows", "": "no rows"}[part]
    return [f"On {named}, of one run, without an interval (the data was not here, or has no test rows).", "",
            *(f"- {known.of(name).title}: {known.text(name, value)}"
              for name, value in list((result.get(part) or {}).items())[:FEW] if value is not None)]


def _limits(result: Mapping[str, Any]) -> list[str]:
    lines = [f"- One run of seed {result['config'].get('seed', 0)} on one split: other seeds and other splits give "
             "other numbers."]
    baseline = result.get("baseline") or {}
    primary = str(result.get("primary_metric", ""))
    if baseline.get(primary) is not None:
        lines.append(f"- Without any model ({baseline['says']}): {metrics_of(result).text(primary, baseline[primary])} "
                     f"{primary}.")
    if result.get("data_label"):
        lines.append(f"- The data is labelled: {result['data_label']}.")
    lines += [f"- {remark_of(stored).line}" for stored in result.get("remarks") or ()]
    return lines


def _file(one: Written, found: Sample) -> str:
    kind = "rows of its test part" if found.real else "drawn rows"
    if one.path.suffix == ".safetensors":
        return f"- `{one.path.name}`: the weights alone, under their names; `preprocessing.json` has what was fitted."
    inputs = "rows as they are stored" if found.stored else "rows as the network sees them (preprocessing.json)"
    shape = ", ".join(map(str, found.x.shape[1:]))
    how = f"{one.ran} differs from dlrun by at most {max(one.difference.values()):.2g} on {len(found.x)} {kind}"
    return (f"- `{one.path.name}`: takes {inputs}, {str(found.x.dtype).removeprefix('torch.')} (rows, {shape}), gives "
            f"{', '.join(found.outputs)}; {how}.")
