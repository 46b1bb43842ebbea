"""The document of faults shows the figures that the long tests have counted."""

from __future__ import annotations

from tests.helpers.fault_figures import PAGE, page


def test_the_figures_of_the_document_are_the_counted_ones() -> None:
    assert page() == PAGE.read_text(encoding="utf-8"), "python -m tests.helpers.fault_figures writes them again"
