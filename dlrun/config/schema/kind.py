"""What the kinds of a configuration's groups have in common, and those that stand for a user's class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config


class Kind:
    """The base of the bases of all groups of a configuration (`Dataset`, `Model`, `TaskSpec`, `Optimizer`, ...)."""

    kind: ClassVar[str]  # the name that it is registered under
    revision: ClassVar[int] = 1  # raised when the same values mean something else than before: all its runs are others
    suggests: ClassVar[Mapping[str, Any]] = MappingProxyType({})  # root keys and groups that suit it; overrides win
    stand_in: ClassVar[str] = ""  # where only training needs the group: the kind that stands for any other afterwards
    name: str = ""  # the word it is chosen by, where that is kept: a field of most bases

    def read_revision(self, config: Config) -> int:
        """The revision of one run: raised where its files are read otherwise than before, so that it alone is another.
        """
        return 1

    def hashed(self, content: Callable[[str], str]) -> Mapping[str, str]:
        """Values that stand for the content of files, by key, as `content` gives it of a path: it is in the identity.

        A field of `fields.file` needs none of this; it is for one that names a file at times only.
        """
        return {}


class OwnClass:
    """What the kind `custom` of a group has besides: the class or function that `_target_` names."""

    target: str
    args: dict[str, Any] | None  # what it is called with
    source: str  # the hash of its code
    takes_args: ClassVar[bool] = False  # whether it may have an argument `args`; else that key holds arguments, too
