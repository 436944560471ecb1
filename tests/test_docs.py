"""Pages that are written from tables say what the tables say."""

from pathlib import Path

import pytest
from docs.pages import PAGES

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_written_from_a_table_is_current(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == PAGES[name](), "run `make docs`"
