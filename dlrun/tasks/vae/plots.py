"""The plots of variational autoencoders."""

from __future__ import annotations

from dlrun.tasks._base.plots import Plots
from dlrun.tasks._plots.inputs import first_batch
from dlrun.tasks._plots.latents import between, plane, reconstructions, scatter
from dlrun.tasks._plots.samples import grid

PLOTS = Plots(start=(first_batch,), during=(grid,), end=(reconstructions, scatter, plane, between, grid))
