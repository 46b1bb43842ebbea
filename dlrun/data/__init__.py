"""Data sets: from configuration to arrays, their signature, and batches."""
