"""Rules about redirects and other origins, over journals as such traffic leaves them."""

from typing import Any

import pytest
from tests.mock_server.verdict.handmade import Handmade

REDIRECT: dict[str, Any] = {
    "status": 307,
    "told": "no",
    "kind": "redirect",
    "fault": "redirect",
    "cure": "region",
}
DECOY: dict[str, Any] = {"route": "/external-api", "kind": "decoy", "told": "no", "call": "corr-1"}


def test_a_token_that_follows_to_a_decoy_is_found() -> None:
    made = Handmade()
    made.row("GET", **REDIRECT)
    made.row("GET", **DECOY)
    assert [*made.broken] == ["V12"]


def test_a_token_of_another_api_is_none_of_our_business() -> None:
    made = Handmade()
    made.row("GET", **REDIRECT)
    made.row("GET", **DECOY, token="t2")
    assert not made.broken


def test_a_body_that_follows_to_a_decoy_is_found() -> None:
    made = Handmade()
    made.row(**REDIRECT)
    made.row(**DECOY, token=None)
    assert [*made.broken] == ["V13"]


def test_a_bare_request_to_a_decoy_is_fine() -> None:
    made = Handmade()
    made.row(**REDIRECT)
    made.row("GET", **DECOY, token=None)
    assert not made.broken


@pytest.mark.parametrize(
    "followed", [{"method": "GET"}, {"method": "POST", "body": "", "body_bytes": 0}]
)
def test_a_write_that_is_followed_as_something_else_is_found(followed: dict[str, object]) -> None:
    made = Handmade()
    made.row(**REDIRECT)
    made.row(str(followed.pop("method")), **followed, region="eu", call="corr-1 elsewhere")
    assert [*made.broken] == ["V21"]


def test_a_write_that_is_followed_whole_is_fine() -> None:
    made = Handmade()
    made.row(**REDIRECT)
    made.row(region="eu")
    assert not made.broken


def test_a_read_after_a_redirect_that_was_not_followed_is_another_call() -> None:
    made = Handmade()
    made.row(**REDIRECT)
    made.row("GET", call="corr-1 GET /external-api")
    assert not made.broken
