"""What a release rests on agrees with pyproject.toml: the lock, the matrix of versions, the image, the version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import dlrun

ROOT = Path(__file__).parents[2]
packaging = pytest.importorskip("packaging.requirements")


def project() -> dict[str, object]:
    """The table `project` of pyproject.toml."""
    try:
        import tomllib
    except ImportError:  # Python 3.10; pytest brings it
        import tomli as tomllib
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pins() -> list[object]:
    """The lines of constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [packaging.Requirement(line) for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
def test_the_lock_has_one_version_of_every_requirement_and_it_is_in_its_range(python: str) -> None:
    """`make lock` writes it again."""
    told = project()
    here = {"python_version": python, "python_full_version": f"{python}.5"}
    wanted = [packaging.Requirement(text) for text in [
        *told["dependencies"], *(text for extra in told["optional-dependencies"].values() for text in extra)]]
    pinned: dict[str, list[str]] = {}
    for pin in pins():
        if pin.marker is None or pin.marker.evaluate(here):
            pinned.setdefault(pin.name.lower().replace("_", "-"), []).append(str(pin.specifier).removeprefix("=="))
    assert len(wanted) > 40 and all(len(versions) == 1 for versions in pinned.values())
    for one in wanted:
        if one.name != "dlrun":
            versions = pinned.get(one.name.lower().replace("_", "-"))
            assert versions and one.specifier.contains(versions[0]), f"{one}: {versions}"


def test_the_matrix_is_every_python_that_is_admitted() -> None:
    matrix = yaml.safe_load((ROOT / ".github/workflows/matrix.yml").read_text())["jobs"]["test"]["strategy"]["matrix"]
    admitted = packaging.Requirement(f"python{project()['requires-python']}").specifier
    assert matrix["python"] == [f"3.{minor}" for minor in range(30) if admitted.contains(f"3.{minor}")]
    assert matrix["torch"] == ["lowest", "newest"]
    named = [text.rpartition(" ")[2] for text in project()["classifiers"] if "Python :: 3." in text]
    assert named == matrix["python"]


def test_the_image_and_the_changelog_are_of_this_version() -> None:
    assert "-c constraints.txt" in (ROOT / "Dockerfile").read_text()
    versions = re.findall(r"^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert versions[0] == dlrun.__version__


def test_issue_templates_can_be_read() -> None:
    files = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
    forms = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files if file.name != "config.yml"]
    assert len(forms) == 3 and all(form["name"] and form["description"] and form["body"] for form in forms)
