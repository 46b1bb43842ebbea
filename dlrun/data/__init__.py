"""Data sets: from configuration to arrays, their specs, and batches."""
