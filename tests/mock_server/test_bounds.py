"""What a server remembers is bounded, and what it dropped is said, over the wire."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.mock_server.driving import CHARGE, Mock

from battle_healer_mock import bounds
from battle_healer_mock.bounds import Bounds
from battle_healer_mock.calls import MOST_SPENDERS, Call
from battle_healer_mock.chance import Chance, _kept_digest, text_digest
from battle_healer_mock.errors import BadInputError
from battle_healer_mock.logs import Logs
from battle_healer_mock.server import MockServer, Options
from battle_healer_mock.tokens import Tokens

ROWS, EFFECTS, TOKENS = 20, 5, 3


@pytest.fixture(scope="module")
def small_server() -> Iterator[MockServer]:
    bounds = Bounds(rows=ROWS, effects=EFFECTS, tokens=TOKENS)
    with MockServer(Options(port=0, clock="manual", bounds=bounds)) as server:
        server.issue_token("standing")
        yield server


@pytest.fixture
def small(small_server: MockServer) -> Iterator[Mock]:
    with Mock(small_server.url) as driven:
        driven.post("/reset")
        yield driven


def states(verdict: Any) -> dict[str, str]:
    return {row["id"]: row["state"] for row in verdict["rules"]}


def test_every_table_stays_at_its_bound_and_says_what_it_dropped(small: Mock) -> None:
    for n in range(50):
        token = small.token(f"user-{n}")
        small.call(token=token, call=f"corr-{n}", key=f"key-{n}")
    status = small.get("/control").json()
    assert (status["rows"], status["rows_dropped"]) == (100, 100 - ROWS)
    assert (status["calls"], status["calls_forgotten"]) == (ROWS, 50 - ROWS)
    assert (status["keys"], status["keys_forgotten"]) == (ROWS, 50 - ROWS)
    assert status["tokens_forgotten"] == 50 - TOKENS
    ledger = small.get("/ledger").json()
    assert (len(ledger["effects"]), ledger["total"], ledger["dropped"]) == (EFFECTS, 50, 45)
    assert ledger["effects"][-1]["id"] == "eff-000050"
    journal = small.get("/journal").json()
    assert [row["line"] for row in journal["rows"]] == list(range(81, 101))
    assert (journal["total"], journal["dropped"], journal["open"]) == (100, 80, 0)
    assert journal["dropped_of"] == {"/generate-api-key": 40, "/external-api": 40}


def test_a_verdict_over_dropped_rows_is_unknown_until_a_reset(small: Mock) -> None:
    token = small.token()
    for n in range(ROWS + 1):
        small.call("GET", token=token, call=f"corr-{n}")
    verdict = small.get("/verdict").json()
    assert (verdict["grade"], verdict["dropped_rows"]) == ("unknown", 2)
    assert verdict["dropped_of"] == {"/generate-api-key": 1, "/external-api": 1}
    assert {id for id, state in states(verdict).items() if state != "unknown"} == {"V10", "V13"}
    small.post("/reset")
    assert small.get("/verdict").json()["grade"] == "pass"


def test_what_still_has_a_row_is_remembered(small: Mock) -> None:
    token = small.token()
    small.call(token=token, call="corr-first", key="first")
    for n in range(ROWS - 3):
        small.call(token=token, call=f"corr-{n}", key=f"key-{n}")
    small.call(token=token, call="corr-first", key="first")
    assert small.get("/ledger").json()["total"] == ROWS - 2
    assert small.rows()[-1]["call"] == "corr-first#2 POST /external-api"
    assert small.post("/verdict/close").json()["grade"] == "pass"


def test_a_client_is_not_blamed_for_a_key_that_the_server_forgot(small: Mock) -> None:
    token = small.token()
    small.call(token=token, call="corr-first", key="first")
    for n in range(ROWS):
        small.call(token=token, call=f"corr-{n}", key=f"key-{n}")
    small.call(token=token, call="corr-first", key="first")
    assert small.get("/ledger").json()["total"] == ROWS + 2
    verdict = small.post("/verdict/close").json()
    assert (verdict["findings"], verdict["grade"]) == ([], "unknown")


def test_the_token_of_the_start_outlasts_all_that_are_issued(small_server: MockServer) -> None:
    with MockServer(Options(port=0, bounds=Bounds(tokens=1))) as server, Mock(server.url) as mock:
        token = server.issue_token()
        others = [mock.token(f"user-{n}") for n in range(3)]
        answers = [mock.call("GET", token=text).status_code for text in (token, *others)]
    assert answers == [200, 401, 401, 200]


def test_users_and_revoked_strangers_are_forgotten_too() -> None:
    tokens = Tokens(Chance("42"), most=2)
    for n in range(10):
        tokens.issue(f"user-{n}", now_s=0)
        tokens.revoke(f"stranger-{n}")
    assert (len(tokens._ordinals), len(tokens._revoked_unknown)) == (2, 2)
    assert tokens.state("stranger-9", 0) == "revoked"


def test_a_token_that_is_still_good_is_never_issued_again() -> None:
    tokens = Tokens(Chance("42"), most=3)
    users = ["ann", "bob", "cid", "ann", "dan", "ann", "ann"]
    texts = [tokens.issue(user, now_s=0)[0] for user in users]
    assert len(set(texts)) == len(texts)


def test_a_call_remembers_the_latest_of_very_many_tokens() -> None:
    call = Call("call-1")
    for n in range(MOST_SPENDERS + 5):
        call.spend(f"token-{n}", 20)
    assert len(call.spent) == MOST_SPENDERS
    assert call.spend(f"token-{MOST_SPENDERS + 4}", 20) == 2


def test_long_texts_are_not_kept_for_their_digest() -> None:
    before = _kept_digest.cache_info().misses
    text_digest("x" * 100_000)
    assert _kept_digest.cache_info().misses == before
    text_digest("short, and never seen before")
    assert _kept_digest.cache_info().misses == before + 1


def test_logs_are_bounded_by_number_and_by_size() -> None:
    logs = Logs(most=3, most_bytes=1000)
    for n in range(5):
        logs.add({"event": str(n)})
    assert ([log["event"] for log in logs], logs.dropped) == (["2", "3", "4"], 2)
    logs.add({"event": "x" * 980})
    assert ([len(str(log["event"])) for log in logs], logs.dropped) == ([980], 5)
    logs.add({"event": "x" * 2000})
    assert (list(logs), logs.dropped) == ([], 7)


def test_what_a_refusal_wants_of_very_many_fields_is_bounded(mock: Mock) -> None:
    body = CHARGE | {f"{n}{'long' * 50}": n for n in range(1000)}
    assert mock.call(token=mock.token(), body=body).status_code == 422
    [asked] = [row["asked"] for row in mock.rows()]
    assert len(asked) == 64
    assert max(map(len, asked)) == 80


@pytest.mark.parametrize("bound", bounds.BOUNDS, ids=lambda bound: bound.name)
def test_a_bound_below_one_is_named(bound: bounds.Bound) -> None:
    with pytest.raises(BadInputError) as caught:
        Bounds(**{bound.name: 0})
    assert caught.value.where == bound.option
