"""Stand-in answers, logs, schemas, health and the documents."""

import re

import pytest
from tests.mock_server.driving import Json, Mock

from battle_healer_mock.schemas import CHARGE, PUBLISHED

STAND_INS: list[tuple[Json, object, str, str]] = [
    ({"payload": {"a": 1}}, {"a": 1}, "stale", "cache"),
    ({"cached_payload": [1], "payload": {}}, [1], "stale", "cache"),
    ({"example_response": {"b": 2}}, {"b": 2}, "mocked", "example"),
    ({}, {}, "mocked", "empty"),
]


@pytest.mark.parametrize(("sent", "mocked", "degradation", "source"), STAND_INS)
def test_a_stand_in_answer_is_labelled_with_what_it_is_made_of(
    mock: Mock, sent: Json, mocked: object, degradation: str, source: str
) -> None:
    answer = mock.post("/mock-response", json={"reason": "down", **sent}).json()
    assert answer == {
        "mock": mocked, "degradation": degradation, "reason": "down", "source": source,
    }  # fmt: skip


def test_a_stand_in_answer_can_be_made_from_a_schema(mock: Mock) -> None:
    made = mock.post("/mock-response", json={"schema_hint": CHARGE}).json()
    assert set(made["mock"]) == set(CHARGE["properties"])
    assert made["mock"]["status"] == "accepted"


def test_logs_are_kept_by_correlation_id(mock: Mock) -> None:
    for name in ("a", "b"):
        event = {"event": "HEALED", "metadata": {"correlation_id": name}}
        answer = mock.post("/log", json=event)
        assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    assert len(mock.get("/logs").json()["logs"]) == 2
    [found] = mock.get("/logs", params={"correlation_id": "a"}).json()["logs"]
    assert found["event"] == "HEALED"
    [latest] = mock.get("/log", params={"limit": 1}).json()["logs"]
    assert latest["correlation_id"] == "b"


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_schemas_are_published(mock: Mock, name: str) -> None:
    assert mock.get(f"/schemas/{name}.json").json() == PUBLISHED[name]


def test_an_unknown_schema_is_named(mock: Mock) -> None:
    assert mock.get("/schemas/chrage.json").json()["nearest"] == "charge"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/regions/eu/healthz"])
def test_health_is_told(mock: Mock, path: str) -> None:
    assert mock.get(path).status_code == 200


def test_the_document_describes_both_layers(mock: Mock) -> None:
    document = mock.get("/openapi.json").json()
    assert set(document["paths"]["/external-api"]) == {"get", "post"}
    assert "/control/scenario" in document["paths"]
    references = set(re.findall(r"#/components/schemas/([A-Za-z_]+)", str(document)))
    assert references <= set(document["components"]["schemas"])


def test_the_docs_page_needs_no_network(mock: Mock) -> None:
    page = mock.get("/docs").text
    assert "/external-api" in page
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
