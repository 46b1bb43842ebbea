"""The tasks: what is learned.  Each is a folder, named as the task is, and is registered once (`dlrun.registry`).

`<task>/__init__.py` is what is known without torch (its configuration, the targets it accepts, its metrics),
`<task>/task.py` its losses and predictions; `_base` is what several share.
"""
