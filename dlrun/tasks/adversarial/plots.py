"""The plots of GANs."""

from __future__ import annotations

from dlrun.tasks._base.plots import Plots
from dlrun.tasks._plots.inputs import first_batch
from dlrun.tasks._plots.samples import grid

PLOTS = Plots(start=(first_batch,), during=(grid,), end=(grid,))
