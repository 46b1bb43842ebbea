"""Loops that follow one another become one where no element needs another's, whatever single values lie between."""

from dlrun.engine.compiled.loops import Code, Loop

AXES = (("i", 8),)


def _loop(name: str, reads: str) -> Loop:
    return Loop(AXES, [f"{name}[i] = {reads}[i];"], [(reads, "i")], [(name, "i")])


def test_a_value_between_two_loops_goes_before_both() -> None:
    code = Code()
    code.loop(_loop("a", "b"))
    code.value("const float v = other[0];", [("other", "0")])
    code.loop(_loop("c", "a"))
    assert code.text() == ("const float v = other[0];\n"
                           "for (long i = 0; i < 8; ++i) {\na[i] = b[i];\nc[i] = a[i];\n}")


def test_values_keep_their_order() -> None:
    code = Code()
    code.loop(_loop("a", "b"))
    code.value("const float v = 1;", [])
    code.value("const float w = v + 1;", [])
    assert [part for part in code.parts if isinstance(part, str)] == ["const float v = 1;", "const float w = v + 1;"]


def test_a_value_of_what_the_loop_writes_stays_behind_it() -> None:
    code = Code()
    code.loop(_loop("a", "b"))
    code.value("const float v = a[0];", [("a", "0")])
    code.loop(_loop("c", "a"))
    assert code.text().index("a[i] = b[i]") < code.text().index("v = a[0]") < code.text().index("c[i] = a[i]")
    assert code.text().count("for ") == 2
