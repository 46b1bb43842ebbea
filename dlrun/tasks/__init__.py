"""The tasks: what is learned.  Each is a folder, named as the task is, and is registered once (`dlrun.registry`).

`<task>/__init__.py` is what is known without torch: a `TaskSpec` with its configuration, the targets it accepts, its
metrics, what it cannot be combined with.  `<task>/task.py` has its losses and predictions (a `Task`), `<task>/plots.py`
its plots (functions of a `View`, called at the places that `Plots` names).  `_base` has these four classes, and what
several tasks share; `_plots` has plots of several tasks.

A user's task is the same in a single module, which `allow=` names:

>>> from dataclasses import dataclass
>>> import torch
>>> from dlrun.record.metric import Metric
>>> from dlrun.registry import find, register
>>> from dlrun.tasks._base.batch import Batch
>>> from dlrun.tasks._base.spec import TaskSpec
>>> from dlrun.tasks._base.task import Task
>>> @register("task", "counts")
... @dataclass(frozen=True)
... class Counts(TaskSpec):
...     '''A count for each row, by the likelihood of a Poisson distribution.'''
...     kind = "counts"
...     accumulated = (Metric("loss", direction="min"), Metric("mae", direction="min"))
...     accepts = ("number",)  # targets; dataset.target_scale has to be none
...
...     def width(self, data_spec):
...         return 1  # outputs of the network
...
...     def build(self, context):
...         return CountsTask()
>>> class CountsTask(Task):
...     '''Outputs are the logarithms of the expected counts, (rows, 1).'''
...
...     def loss(self, player, model, batch):
...         outputs = model(batch.x).float()[:, 0]
...         return torch.nn.functional.poisson_nll_loss(outputs, batch.y), outputs
...
...     def add(self, player, totals, loss, outputs, batch):  # stays on the device
...         totals.mean("loss", loss.detach(), batch.rows)
...         totals.sum("mae", (outputs.detach().exp() - batch.y).abs().sum(), batch.rows)
>>> batch = Batch(torch.zeros(2, 1), torch.tensor([1.0, 3.0]), 2)
>>> loss, outputs = find("task", "counts")().build(None).loss("model", torch.nn.Identity(), batch)
>>> loss.item(), outputs.exp().tolist()
(1.0, [1.0, 1.0])
"""
