"""Objects, also the user's, that watch a run and may stop it: group `callback`, a file each."""

from dlrun.engine.callbacks._base import Callback

__all__ = ["Callback"]
