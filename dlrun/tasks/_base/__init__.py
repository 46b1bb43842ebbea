"""What the tasks share: the base of their specs, and what a task is to the engine."""
