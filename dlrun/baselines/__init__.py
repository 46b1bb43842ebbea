"""What scikit-learn's models measure on the rows of a run, so that a network's worth is seen; no torch."""
