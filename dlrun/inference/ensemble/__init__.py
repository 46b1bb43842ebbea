"""Several finished runs as one: the mean of what they predict.

`members` loads them, `rows` shows each the same rows, `fitted` finds their weights, `measure` measures what comes of
it, `folder` keeps an ensemble so that `dlrun predict` and `dlrun evaluate` read it as a run.
"""
