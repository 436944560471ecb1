"""The dialects: what each can say, and that `told` follows from it."""

import json

import pytest

from battle_healer_mock.answer import Failure, Told
from battle_healer_mock.dialects import plain, problem
from battle_healer_mock.dialects.dialect import told_in

TABLE: list[tuple[int | None, Told, Told, Told]] = [
    (503, "no", "no", "maybe"),
    (500, "maybe", "maybe", "maybe"),
    (422, "no", "no", "no"),
    (429, "no", "no", "no"),
    (200, "no", "no", "maybe"),
    (200, "yes", "yes", "yes"),
    (None, "maybe", "maybe", "maybe"),
]


@pytest.mark.parametrize(("status", "told", "in_problem", "in_plain"), TABLE)
def test_what_is_told_depends_on_what_the_dialect_can_say(
    status: int | None, told: Told, in_problem: Told, in_plain: Told
) -> None:
    assert told_in(problem.ROW, status, told) == in_problem
    assert told_in(plain.ROW, status, told) == in_plain


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
