"""What can be chosen: the kinds of each group (data sets, tasks, layers, ...), by name.  The lowest floor.

A kind is a class that knows, without torch, what the house has to know of it; what needs torch it imports when it is
built.  It stands in a file of its own, named as it is, and is registered once:

    @register("optimizer", "adam")
    @dataclass(frozen=True)
    class Adam: ...

Nothing else names it: commands, lists, checks and reports ask here.
"""

from dlrun.registry.kinds import UnknownKind, enter, find, kinds, load, names, register
from dlrun.registry.sentences import sentence

__all__ = ["UnknownKind", "enter", "find", "kinds", "load", "names", "register", "sentence"]
