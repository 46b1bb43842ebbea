"""Metrics that several tasks measure."""

from dlrun.record.metric import Metric

LOSS = Metric("loss", direction="min", plain=False, doc="What training minimises.")
ACCURACY = Metric("accuracy", direction="max", share=True, short="acc", doc="The share of rows that are right.")
MSE = Metric("mse", direction="min", plain=False, doc="Mean squared error.")
MAE = Metric("mae", direction="min", doc="Mean absolute error.")
MAE_IN_UNITS = Metric("mae_in_units", direction="min", short="in units", instead_of="mae",
                      doc="Mean absolute error in the unit that the target had before it was scaled.")
