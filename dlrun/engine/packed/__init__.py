"""Packs: several runs whose steps are executed as one program.

Each member is a whole run of its own, with the loop, the recorders, the checkpoints of a run alone; what they share is
the execution of a step (`step.PackedStep`).  The members of a pack lie in slots, numbered from 0: a member's bits
depend on how many slots there are, on its own slot and on its own values.  Slots are given up as members come to their
ends (`layout.Layout`), by a rule that knows of nothing else that members do.
"""
