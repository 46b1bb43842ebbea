"""Tests of compiled steps need a C compiler, as compiled steps do."""

import pytest

from dlrun.engine.compiled.compiler import NoCompiler, find


def _here() -> bool:
    try:
        find()
    except NoCompiler:
        return False
    return True


needs_compiler = pytest.mark.skipif(not _here(), reason="no C compiler is here")
