"""Networks that were trained before, a file each: what they expect of pictures, and where their weights are."""
