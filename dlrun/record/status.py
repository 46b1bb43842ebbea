"""What a run can come to, and what that means when the same command comes again."""

from __future__ import annotations

DONE = ("finished", "stopped", "diverged")  # the same command would end the same way
AGAIN = ("out_of_memory", "failed")  # may end otherwise: memory may be free by then, the user's code mended
FAILED = ("diverged", *AGAIN)  # there is a reason instead of a result
