"""Regression: predictions against the truth; along time where rows follow one another."""

from __future__ import annotations

from dlrun.run.show.view import View

CONSECUTIVE = 500


def predictions(view: View) -> None:
    """Predicted against true numbers in their unit, and for a series the first test rows in time."""
    from dlrun.record.plots import save_forecast, save_predictions

    data_spec, (target,) = view.parts.prepared.data_spec, view.parts.prepared.targets
    outputs, y = view.outputs
    predicted, true = target.in_unit(outputs[:, 0].numpy()), target.in_unit(y.numpy())
    name, unit = target.name or "target", target.unit
    view.save("predictions", lambda path: save_predictions(path, true, predicted, name, unit))
    if data_spec.input_kind == "series" and view.parts.config.test_size is None:  # else they do not follow one another
        view.save("forecast", lambda path: save_forecast(path, true[:CONSECUTIVE], predicted[:CONSECUTIVE], name, unit))
