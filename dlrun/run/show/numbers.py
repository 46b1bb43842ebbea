"""Regression: predictions against the truth; along time where rows follow one another."""

from __future__ import annotations

from dlrun.run.show.view import View

CONSECUTIVE = 500


def predictions(view: View) -> None:
    """Predicted against true numbers, and for a series the first test rows in time."""
    from dlrun.record.plots import save_forecast, save_predictions

    signature = view.parts.prepared.signature
    outputs, y = view.outputs
    predicted, true = outputs[:, 0].numpy(), y.numpy()
    name, unit = getattr(signature, "target_name", "") or "target", getattr(signature, "unit", "")
    view.save("predictions", lambda path: save_predictions(path, true, predicted, name, unit))
    if signature.input_kind == "series":
        view.save("forecast", lambda path: save_forecast(path, true[:CONSECUTIVE], predicted[:CONSECUTIVE], name, unit))
