"""Exit codes that one command reads of another."""

STOPPED = (130, 143)  # by Ctrl-C, by SIGTERM: what ran is saved, and the same command goes on
