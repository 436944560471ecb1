"""The fault table: complete, explained, and the source of what is written about faults."""

import inspect
import pkgutil
import subprocess
import sys
from types import ModuleType

import pytest
from tests.mock_server.driving import Mock

import battle_healer_mock.dialects
import battle_healer_mock.faults
from battle_healer_mock.dialects.table import DIALECTS
from battle_healer_mock.fault import Fault
from battle_healer_mock.faults.table import BY_NAME, FAULTS, NAMES, markdown, openapi_enum
from battle_healer_mock.trigger import parse

HEADINGS = ("What it does:", "Why it matters:", "Example:", "Cure:", "Source:")


def files_of(package: ModuleType) -> set[str]:
    return {module.name for module in pkgutil.iter_modules(package.__path__)}


def test_every_file_of_the_folder_is_in_the_tuple() -> None:
    assert files_of(battle_healer_mock.faults) - {"table"} == {fault.name for fault in FAULTS}


def test_every_dialect_file_is_in_the_tuple() -> None:
    assert files_of(battle_healer_mock.dialects) - {"table", "dialect"} == {
        dialect.name for dialect in DIALECTS
    }


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.name))
def test_a_fault_is_explained_under_the_fixed_headings(fault: Fault) -> None:
    places = [fault.explanation.find(heading) for heading in HEADINGS]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.name))
def test_the_example_of_a_fault_can_be_sent(fault: Fault) -> None:
    [line] = [text for text in fault.explanation.splitlines() if text.startswith("Example:")]
    [item] = parse(line.removeprefix("Example:").strip()).items
    assert item.fault is fault


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.name))
def test_every_form_of_an_argument_can_be_read(fault: Fault) -> None:
    for form in fault.argument.forms if fault.argument else ():
        parse(f"{fault.name}={form}")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.name))
def test_a_fault_answers_or_slows_down_and_does_one_thing(fault: Fault) -> None:
    does = (fault.answer, fault.delay_s, fault.gap_s)
    assert sum(function is not None for function in does) == 1


def test_names_and_aliases_are_unique() -> None:
    assert len(NAMES) == sum(1 + len(fault.aliases) for fault in FAULTS)
    assert BY_NAME["malformed"] is BY_NAME["repair"]


def test_the_documents_name_every_fault(mock: Mock) -> None:
    openapi, docs = mock.get("/openapi.json").json(), mock.get("/docs").text
    assert openapi["components"]["schemas"]["FaultName"] == openapi_enum()
    assert openapi_enum()["enum"] == list(NAMES)
    page = markdown()
    for fault in FAULTS:
        assert f"## {fault.name}\n" in page
        assert f'id="{fault.name}"' in docs


def test_the_table_is_light_enough_for_a_help_text() -> None:
    script = inspect.cleandoc(
        """
        import sys, battle_healer_mock.faults.table
        heavy = {"fastapi", "pydantic", "starlette", "uvicorn"} & set(sys.modules)
        sys.exit(f"imported {heavy}" if heavy else 0)
        """
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
