"""Metrics of the user's choice (``task.metrics=[f1,roc_auc]``): their contract, and how a name becomes one.

A file of this folder whose name begins with no underscore is a metric of dlrun's own; there is none so far.
"""
