"""Metrics beside what a task's loop adds up: dlrun's own, and those of the user's choice (``task.metrics=[mcc]``).

A file of this folder whose name begins with no underscore is a metric of dlrun's own (`_gathered`).
"""
