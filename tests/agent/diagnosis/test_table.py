"""The table of readers holds every reader, and tells where each shape comes from."""

from pathlib import Path

from battle_healer import diagnosis
from battle_healer.diagnosis import READERS, markdown


def test_no_reader_is_missing_from_the_table() -> None:
    folder = Path(diagnosis.__file__).parent
    written = {file.stem for file in folder.glob("*.py") if "= Reader(" in file.read_text()}
    listed = {reader.read.__module__.rpartition(".")[2] for reader in READERS}
    assert written == listed


def test_every_reader_names_its_source_in_the_docs_table() -> None:
    table = markdown()
    for reader in READERS:
        assert f"| `{reader.name}` | {reader.shape} | {reader.source} |" in table
    assert len({reader.name for reader in READERS}) == len(READERS)
