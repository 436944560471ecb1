"""A scenario that does not fit is refused with file, line, and what would be right."""

from pathlib import Path

import pytest

from battle_healer_scenarios import loader
from battle_healer_scenarios.errors import ScenarioError
from battle_healer_scenarios.reading import parse

GOOD = """\
name: mine
title: One call
about: It is made.
calls:
  - {id: one, method: GET}
expect:
  one: {outcome: delivered}
effects: 0
"""


def refused(text: str) -> ScenarioError:
    with pytest.raises(ScenarioError) as caught:
        parse(text, "mine.yaml")
    return caught.value


def test_a_small_scenario_is_read() -> None:
    assert parse(GOOD, "mine.yaml").calls[0].path == "/external-api"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("title:", "titel:", 2, "unknown key 'titel'"),
        ("method: GET", "methode: GET", 5, "unknown key 'calls.0.methode'"),
        ("outcome:", "outcom:", 7, "unknown key 'expect.one.outcom'"),
        ("effects: 0", "effects: none", 8, "effects: input should be a valid integer"),
        ("effects: 0", "effects: -1", 8, "effects:"),
        ("method: GET", "method: PATCH", 5, "calls.0.method:"),
        ("name: mine", "name: My Own", 1, "name:"),
        ("  one: {", "  two: {", 1, "no call has an id like 'two'"),
        ("id: one", "id: one, count: 3", 5, "`count` and `{n}` in `id` belong together"),
        ("id: one", "id: one, after: zero", 1, "no call 'zero' stands before 'one'"),
        ("{outcome: delivered}", "{requests: few}", 7, "write a number, or a range such as 1-4"),
        ("effects: 0", "effects: 0\neffects: 1", 9, "'effects' stands twice"),
        ("about: It is made.", "about: &a It.\nserver: *a", 4, "an alias"),
        ("title: One call", "title: [One", 3, "no YAML"),
    ],
)
def test_an_error_names_its_line(old: str, new: str, line: int, said: str) -> None:
    error = refused(GOOD.replace(old, new))
    assert error.where == f"mine.yaml:{line}"
    assert said in error.what


def test_the_nearest_key_is_offered() -> None:
    error = refused(GOOD.replace("outcome:", "outcom:"))
    assert "Did you mean 'outcome'?" in error.fix


def test_a_key_that_is_missing_is_named() -> None:
    assert refused(GOOD.replace("effects: 0\n", "")).what == "'effects' is missing"


@pytest.mark.parametrize("text", ["", "just words", "- a\n- b\n", "\0"])
def test_what_is_no_mapping_is_no_scenario(text: str) -> None:
    assert "mine.yaml" in refused(text).where


def test_a_huge_file_is_not_even_parsed() -> None:
    assert "too long" in refused("# " + "x" * 200_000).what


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(ScenarioError) as caught:
        loader.load("pipelin")
    assert "Did you mean 'pipeline'?" in caught.value.fix


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD)
    assert loader.load(str(path)).name == "mine"


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read"), (b"name: \xff", "not UTF-8")]
)
def test_a_file_that_cannot_be_read_is_said_to_be_so(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "mine.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ScenarioError) as caught:
        loader.load(str(path))
    assert said in caught.value.what
    assert str(path) in caught.value.where
