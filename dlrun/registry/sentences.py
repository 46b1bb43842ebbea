"""What a kind says of itself in one line, read from its file: `dlrun list` imports none of those that it names."""

from __future__ import annotations

import inspect
import re
from functools import cache
from pathlib import Path

from dlrun.registry.index import files, path_of
from dlrun.registry.installed import package_of, sentence_of
from dlrun.registry.lookup import find

# After @register("group", "name") other decorators, then the class or function up to the first line of its docstring.
_KIND = re.compile(r'^@register\("(\w+)", "(\w+)"\)\n(?:@.*\n)*(?:class|def) [^"]*?:\n\s+r?"""(.*?)\s*(?:\n|""")', re.M)


def sentence(group: str, name: str) -> str:
    """The first line of a kind's docstring; of an installed package's kind also its package, which is not imported.

    Imports the kind only where its file does not have this line in the usual form.  Raises UnknownKind.
    """
    if name in files(group):
        found = _sentences(path_of(group, name)).get((group, name))
        if found is not None:
            return found
    if package_of(group, name):
        return sentence_of(group, name)
    return (inspect.getdoc(find(group, name)) or "").partition("\n")[0]


@cache
def _sentences(file: Path) -> dict[tuple[str, str], str]:
    text = file.read_text(encoding="utf-8")
    return {(found[1], found[2]): found[3] for found in _KIND.finditer(text)}
