"""What can be chosen: the kinds of each group (data sets, tasks, layers, ...), by name.  The lowest floor.

A kind is a class that knows, without torch, what the house has to know of it; what needs torch it imports when it is
built.  It stands in a file of its own, named as it is, and is registered once:

    @register("optimizer", "adam")
    @dataclass(frozen=True)
    class Adam: ...

Nothing else names it: commands, lists, checks and reports ask here.
"""

from dlrun.registry.allowed import BrokenKind, is_allowed, permitted
from dlrun.registry.installed import conflicts, package_of
from dlrun.registry.lookup import (
           OPEN,
           UnknownKind,
           allow,
           find,
           foreign,
           is_known,
           kinds,
           load,
           loadable,
           names,
           open_kind,
           register,
)

__all__ = ["OPEN", "BrokenKind", "UnknownKind", "allow", "conflicts", "find", "foreign", "is_allowed", "is_known",
           "kinds", "load", "loadable", "names", "open_kind", "package_of", "permitted", "register"]
