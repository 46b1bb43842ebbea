"""What a run can come to, and what that means when the same command comes again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

DONE = ("finished", "stopped", "diverged")  # the same command would end the same way
AGAIN = ("out_of_memory", "failed")  # may end otherwise: memory may be free by then, the user's code mended
STATUSES = (*DONE, *AGAIN, "interrupted")  # of result.json
FAILED = ("diverged", *AGAIN)  # there is a reason instead of a result


def resuming(force: bool) -> str:
    """The command that resumes what was interrupted; with ``force=true`` it would train all of it anew."""
    return "the same command without force=true" if force else "the same command"


def unmeasured(names: Iterable[str], result: Mapping[str, Any]) -> list[str]:
    """The metrics of the user's choice (``task.metrics``) that a run with this result.json has not measured yet.

    One of the user's own that was edited since is not measured either; results of before its code was stored are.
    """
    known = result.get("metrics") or {}
    return [name for name in names if name not in known or _edited(name, (known[name] or {}).get("code"))]


def _edited(name: str, code: Any) -> bool:
    if not code:
        return False
    from dlrun.config.own_code import metric_code

    return metric_code(name) not in ("", code)
