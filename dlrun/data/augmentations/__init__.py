"""Augmentations: random changes of training batches, a file each; files that begin with _ are what they share."""
