"""The plots of autoencoders."""

from __future__ import annotations

from dlrun.tasks._base.plots import Plots
from dlrun.tasks._plots.inputs import first_batch
from dlrun.tasks._plots.latents import between, plane, reconstructions, scatter
from dlrun.tasks.reconstruct.sequences import sentences, series, similarity

PLOTS = Plots(start=(first_batch,),
              end=(reconstructions, scatter, plane, between, series, sentences, similarity))
