"""Regression: predictions against the truth; along time where rows follow one another."""

from __future__ import annotations

from dlrun.tasks._base.plots import Plots
from dlrun.tasks._base.view import View
from dlrun.tasks._plots.inputs import first_batch

CONSECUTIVE = 500


def predictions(view: View) -> None:
    """Predicted against true numbers in their unit, and of a forecast the first test rows in time."""
    from dlrun.record.plots import save_forecast
    from dlrun.record.predicted import save_predictions

    target, = view.prepared.targets
    outputs, y = view.outputs
    predicted, true = target.in_unit(outputs[:, 0].numpy()), target.in_unit(y.numpy())
    name, unit = target.name or "target", target.unit
    view.save("predictions", lambda path: save_predictions(path, true, predicted, name, unit))
    if view.config.dataset.windows() is not None and view.config.test_size is None:  # they follow one another
        view.save("forecast", lambda path: save_forecast(path, true[:CONSECUTIVE], predicted[:CONSECUTIVE], name, unit))


PLOTS = Plots(start=(first_batch,), end=(predictions,), outputs=True)
