"""The dialects: what each can say, and that `told` follows from it."""

import json
from typing import Any

import pytest
from tests.mock_server.driving import Mock

from battle_healer_mock.answer import Failure, Told
from battle_healer_mock.dialects import google, graphql, html, plain, problem, stripe
from battle_healer_mock.dialects.dialect import Dialect, told_in
from battle_healer_mock.dialects.table import DIALECTS

TABLE: list[tuple[int | None, Told, Told, Told]] = [
    (503, "no", "no", "maybe"),
    (500, "maybe", "maybe", "maybe"),
    (422, "no", "no", "no"),
    (429, "no", "no", "no"),
    (307, "no", "no", "no"),
    (200, "no", "no", "maybe"),
    (200, "yes", "yes", "yes"),
    (None, "maybe", "maybe", "maybe"),
]
EACH = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: str(dialect.name))
CONTENT_TYPES = {
    "problem": "application/problem+json",
    "aws": "application/x-amz-json-1.1",
    "jsonapi": "application/vnd.api+json",
    "plain": "text/plain; charset=utf-8",
    "html": "text/html",
}
# Where each keeps the sentence that people read.
SENTENCES: dict[str, list[str | int]] = {
    "problem": ["detail"],
    "fastapi": ["detail", "message"],
    "stripe": ["error", "message"],
    "google": ["error", "message"],
    "aws": ["message"],
    "oauth": ["error_description"],
    "jsonapi": ["errors", 0, "detail"],
    "graphql": ["errors", 0, "message"],
}


def at(document: Any, path: list[str | int]) -> Any:
    for part in path:
        document = document[part]
    return document


@pytest.mark.parametrize(("status", "told", "can_say", "cannot"), TABLE)
@EACH
def test_what_is_told_depends_on_what_the_dialect_can_say(
    dialect: Dialect, status: int | None, told: Told, can_say: Told, cannot: Told
) -> None:
    silent = dialect in (plain.ROW, html.ROW)
    assert told_in(dialect, status, told) == (cannot if silent else can_say)


@EACH
def test_a_failure_before_the_effect_is_said_in_the_header_where_the_status_does_not_say_it(
    mock: Mock, dialect: Dialect
) -> None:
    token = mock.token()
    query = f"?dialect={dialect.name}"
    for fault, no in (("retryable_500", dialect.says_processed), ("ambiguous_500", False)):
        reply = mock.call(faults=fault, token=token, call=fault, query=query)
        assert reply.headers.get("x-processed") == ("no" if no else None)
        assert reply.status_code == (200 if dialect is graphql.ROW else 500)
    assert [row["told"] for row in mock.rows()] == [
        "no" if dialect.says_processed else "maybe",
        "maybe",
    ]
    refused = mock.call(faults="budget", token=token, query=query)
    assert refused.headers.get("x-processed") == ("no" if dialect is graphql.ROW else None)


@EACH
def test_a_failure_has_the_type_of_its_dialect_and_a_sentence_for_people(
    mock: Mock, dialect: Dialect
) -> None:
    reply = mock.call(faults=f"region_down~{dialect.name}", token=mock.token())
    assert reply.headers["content-type"] == CONTENT_TYPES.get(dialect.name, "application/json")
    assert reply.headers["retry-after"] == "30"
    if (path := SENTENCES.get(dialect.name)) is not None:
        assert at(reply.json(), path) == "Region us is down."
    else:
        assert "Region is down" in reply.text
    assert mock.rows()[0]["dialect"] == dialect.name


@EACH
def test_a_dialect_holds_for_one_fault_and_the_query_for_the_rest(
    mock: Mock, dialect: Dialect
) -> None:
    token, faults = mock.token(), f"too_early~{dialect.name},budget"
    for _ in range(2):
        mock.call(faults=faults, token=token, query="?dialect=oauth")
    assert [row["dialect"] for row in mock.rows()] == [dialect.name, "oauth"]


@EACH
def test_a_wait_that_no_spelling_tells_is_told_by_no_dialect(mock: Mock, dialect: Dialect) -> None:
    reply = mock.call(faults=f"rate_limit=none:77s~{dialect.name}", token=mock.token())
    assert "77" not in reply.text
    assert "77" not in str(reply.headers)


@pytest.mark.parametrize("name", SENTENCES)
def test_a_defect_names_its_field_and_the_change_in_every_json_dialect(
    mock: Mock, name: str
) -> None:
    reply = mock.call(faults="repair=retype", token=mock.token(), query=f"?dialect={name}")
    places: dict[str, list[str | int]] = {
        "problem": ["errors", 0],
        "fastapi": ["detail", 0],
        "stripe": ["error"],
        "google": ["error", "details", 1, "fieldViolations", 0],
        "aws": ["fieldList", 0],
        "oauth": ["errors", 0],
        "jsonapi": ["errors", 0],
        "graphql": ["errors", 0, "extensions"],
    }
    item = at(reply.json(), places[name])
    assert item["hint"] == {"op": "replace", "path": "/amount", "value": "15"}
    assert "amount" in str({key: value for key, value in item.items() if key != "hint"})


@pytest.mark.parametrize(("status", "said"), [(503, True), (429, False), (401, False)])
def test_a_problem_document_says_processed_only_where_the_status_does_not(
    status: int, said: bool
) -> None:
    content_type, body = problem.write(Failure(status, "some-kind", "Title", "Detail."))
    assert content_type == "application/problem+json"
    assert ("processed" in json.loads(body)) == said


def test_plain_text_says_no_word_about_processing() -> None:
    failure = Failure(503, "flaky", "Title", "Detail.", members={"retry_budget": 3})
    assert plain.write(failure) == ("text/plain; charset=utf-8", b"Title: Detail.\n")


def test_a_gateways_page_takes_a_title_as_text() -> None:
    _, body = html.write(Failure(503, "flaky", "<b>Title</b>", "Detail."))
    assert b"<title>503 &lt;b&gt;Title&lt;/b&gt;</title>" in body


def test_stripe_tells_one_defect_at_a_time() -> None:
    errors = [
        {"pointer": "/amount", "code": "type", "detail": "First."},
        {"pointer": "/note", "code": "unknown", "detail": "Second."},
    ]
    failure = Failure(422, "invalid-request", "Title", "Both.", members={"errors": errors})
    error = json.loads(stripe.write(failure)[1])["error"]
    assert error["param"] == "amount"
    assert error["message"] == "First."
    assert error["type"] == "invalid_request_error"


def test_google_repeats_the_wait_and_names_a_spent_quota(mock: Mock) -> None:
    reply = mock.call(faults="quota", token=mock.token(), query="?dialect=google")
    error = reply.json()["error"]
    assert (error["code"], error["status"]) == (429, "RESOURCE_EXHAUSTED")
    kinds = {detail["@type"].rpartition(".")[2]: detail for detail in error["details"]}
    assert kinds["RetryInfo"]["retryDelay"] == "21600s"
    assert kinds["QuotaFailure"]["violations"][0]["quotaId"] == "CallsPerDay"
    assert google.ROW.says_processed


def test_graphql_hides_every_failure_under_200_and_a_typo_stays_a_400(mock: Mock) -> None:
    token = mock.token()
    reply = mock.call(faults="expired_token", token=token, query="?dialect=graphql")
    assert reply.status_code == 200
    [error] = reply.json()["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert error["extensions"]["http"]["status"] == 401
    assert reply.json()["data"] is None
    assert mock.call(faults="flakey", query="?dialect=graphql").status_code == 400
    assert mock.call(token=token, call="good", query="?dialect=graphql").json()["chargeId"]
