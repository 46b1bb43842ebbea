"""The kind of group `early_stop`: when a run ends before its last epoch, and which of its weights are kept."""
