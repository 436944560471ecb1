"""RESULTS.md: a part that is measured again replaces its own section and no other."""

from pathlib import Path

from benchmarks.part import Part, Target, targets
from benchmarks.parts import PARTS
from benchmarks.results import put, stamped

FIRST, SECOND = PARTS[:2]


def test_a_section_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    put(page, PARTS, SECOND, stamped(SECOND, ["second figures"], 1))
    put(page, PARTS, FIRST, stamped(FIRST, ["old figures"], 1))
    put(page, PARTS, FIRST, stamped(FIRST, ["new figures"], 1))
    text = page.read_text("utf-8")
    assert "old figures" not in text
    assert text.index("new figures") < text.index("second figures")
    assert text.count("## ") == 2


def test_a_section_says_when_where_and_by_which_command() -> None:
    section = stamped(FIRST, ["figures"], 12.4)
    assert f"make bench ONLY={FIRST.name}" in section
    assert "Python 3." in section
    assert "cores" in section
    assert "took 12 s" in section


def test_a_missed_target_is_called_missed() -> None:
    lines = targets([Target("calls", "80", "79", met=False), Target("early", "0", "0", met=True)])
    assert lines[2] == "| calls | 80 | 79 | **missed** |"
    assert lines[3] == "| early | 0 | 0 | met |"


def test_every_part_has_a_name_of_its_own() -> None:
    names = [part.name for part in PARTS]
    assert len(set(names)) == len(names)
    assert all(isinstance(part, Part) for part in PARTS)
