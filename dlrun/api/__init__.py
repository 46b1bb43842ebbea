"""dlrun from Python: the same runs, folders, ids and resume as the command, for notebooks and scripts."""
