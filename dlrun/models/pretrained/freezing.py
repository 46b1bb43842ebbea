"""What of a base is frozen, as it is asked for: by names, patterns, or all but the last blocks.  No torch."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from dlrun.config.problem import did_you_mean, problem


@dataclass(frozen=True)
class Freezing:
    """Frozen are the modules that `freeze` names (None: all), without those that `unfreeze` names."""

    freeze: tuple[str, ...] | None = None
    unfreeze: tuple[str, ...] = ()

    def trains(self, name: str) -> bool:
        """Whether the module of this name is trained."""
        return is_named(name, self.unfreeze) or (self.freeze is not None and not is_named(name, self.freeze))

    def with_unfrozen(self, names: tuple[str, ...]) -> Freezing:
        """The same, and these are trained too."""
        return Freezing(self.freeze, (*self.unfreeze, *names))

    @property
    def whole(self) -> bool:
        """Whether nothing is trained."""
        return self.freeze is None and not self.unfreeze

    @property
    def text(self) -> str:
        """What a summary shows."""
        if self.whole:
            return "frozen"
        if self.freeze == ():
            return "trained"
        frozen = "" if self.freeze is None else f"{', '.join(self.freeze)} frozen"
        return ", ".join(filter(None, [frozen, f"{', '.join(self.unfreeze)} trained" if self.unfreeze else ""]))


def is_named(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a module, or one around it, has a name that is one of the patterns.

    >>> is_named("block7.0.project.norm", ("block7",)), is_named("block1.0", ("*.norm", "head"))
    (True, False)
    """
    parts = name.split(".")
    return any(fnmatchcase(".".join(parts[:end]), pattern) for end in range(1, len(parts) + 1) for pattern in patterns)


def resolved(words: tuple[str, ...], blocks: tuple[str, ...], key: str) -> tuple[str, ...]:
    """Names and patterns of modules: a number stands for so many last blocks, ``all`` for all.

    Raises ConfigError for a name that no block has, with the nearest ones.

    >>> resolved(("2",), ("stem", "block1", "block2", "head"), "model.unfreeze")
    ('block2', 'head')
    """
    found: list[str] = []
    for word in words:
        if word.isdigit():
            if not 0 < int(word) <= len(blocks):
                raise problem(f"{key}={word}", f"expected 1 to {len(blocks)} blocks, or names of them")
            found += blocks[-int(word):]
        elif word == "all":
            found += blocks
        elif any(fnmatchcase(block, word.partition(".")[0]) for block in blocks):
            found.append(word)
        else:
            raise problem(f"{key}={word}", f"expected all, a number of last blocks, or names or patterns of "
                                           f"{', '.join(blocks)}{did_you_mean(word, blocks)}")
    return tuple(dict.fromkeys(found))
