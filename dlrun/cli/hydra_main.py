"""Hydra's own command line, over dlrun's search path."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import Any

from hydra import main as hydra_main
from hydra.errors import HydraException

from dlrun.config.compose.session import VERSION_BASE
from dlrun.config.problem import problem


def hydra_says(arguments: Sequence[str]) -> tuple[int, str]:
    """(exit code, standard output) of Hydra's own command line.

    Hydra prints into memory: it would answer a reader that has gone (``| head``) with a stack trace.
    """
    before, printed = sys.argv, io.StringIO()
    sys.argv = ["dlrun", *arguments]
    try:
        with redirect_stdout(printed):
            hydra_main(version_base=VERSION_BASE, config_path=None, config_name="config")(_nothing)()
    except HydraException as error:  # of words beside --hydra-help, say, which Hydra reads as overrides
        raise problem(" ".join(arguments), str(error).splitlines()[0]) from None
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1, printed.getvalue()
    finally:
        sys.argv = before
    return 0, printed.getvalue()


def _nothing(config: Any) -> None:
    raise AssertionError("these flags run nothing")
