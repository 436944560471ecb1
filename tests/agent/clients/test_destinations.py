"""Where a call goes, what goes with it, and what stays at home."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from tests.support.building import attempt, call
from tests.support.serving import Api, Said

from battle_healer import HealingClient, outcome_of
from battle_healer.clients.bodies import Upload
from battle_healer.clients.library import library_of
from battle_healer.clients.outgoing import outgoing
from battle_healer.errors import UsageError
from battle_healer.ids import correlation
from battle_healer.rules import CredentialRule, Destination, Endpoint, Region, Rules
from battle_healer.secret import Secret

Ask = Callable[..., httpx2.Response]
CALL_ID = re.compile(r"call-[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def rules_for(*urls: str, **changes: Any) -> Rules:
    regions = tuple(Region(f"r{n}", url, n) for n, url in enumerate(urls, 1))
    given: dict[str, Any] = {
        "name": "payments",
        "regions": regions,
        "credentials": (CredentialRule("main", Secret("t-main")),),
    }
    return Rules((Destination(**given | changes),), source="healer.yaml")


def test_a_name_stands_for_its_destination(ask: Ask) -> None:
    with Api([Said(200, {"ok": 1})]) as api:
        reply = ask(
            "GET",
            "payments:/charges/7",
            params={"full": "yes"},
            client={"policy": rules_for(f"{api.url}/v1")},
        )
        seen = api.seen[0]
    assert (seen.path, seen.token) == ("/v1/charges/7?full=yes", "t-main")
    assert seen.headers["host"] == api.url.removeprefix("http://")
    assert outcome_of(reply).destination == "payments"


def test_an_absolute_address_belongs_to_the_region_that_is_its_longest_prefix(ask: Ask) -> None:
    with Api(lambda seen: Said()) as api:
        rules = rules_for(api.url, f"{api.url}/regions/eu")
        reply = ask("GET", f"{api.url}/regions/eu/charges", client={"policy": rules})
        assert api.seen[0].path == "/regions/eu/charges"
    assert outcome_of(reply).region == "r2"


@pytest.mark.parametrize("url", ["paymets:/charges", "healer://paymets/charges"])
def test_an_unknown_name_is_an_error_with_the_nearest_one(ask: Ask, url: str) -> None:
    with pytest.raises(UsageError) as caught:
        ask("GET", url, client={"policy": rules_for("http://127.0.0.1:1")})
    assert caught.value.where == "healer.yaml"
    assert "paymets" in caught.value.what
    assert "Did you mean payments?" in caught.value.fix


def test_without_a_policy_a_name_is_an_error_that_says_so(ask: Ask) -> None:
    with pytest.raises(UsageError, match=r"no policy: .*'payments'.* Declared: none"):
        ask("GET", "payments:/charges")


def test_a_fail_over_takes_the_credential_along_and_a_new_host(ask: Ask) -> None:
    with Api([Said(503), Said(503), Said(503)]) as us, Api([Said(200, {"from": "eu"})]) as eu:
        reply = ask(
            "GET",
            "payments:/charges",
            headers={"Cookie": "c=1"},
            client={"policy": rules_for(us.url, eu.url)},
        )
        assert reply.json() == {"from": "eu"}
        seen = eu.seen[0]
    assert seen.token == "t-main"
    assert seen.headers["cookie"] == "c=1"
    assert seen.headers["host"] == eu.url.removeprefix("http://")
    assert outcome_of(reply).region == "r2"


def test_i2_nothing_secret_goes_to_an_undeclared_address() -> None:
    """Not even if a plan that no guardrail saw says so."""
    of = call(headers=(("Cookie", Secret("c-1")), ("X-Plain", "1")))
    request = httpx2.Request("GET", "https://us.api.example/charges")
    stray = replace(attempt(of), region=Region("stray", "https://evil.example"))
    sent = outgoing(stray, request, Upload(), library_of(request))
    assert sent.headers["host"] == "evil.example"
    assert "authorization" not in sent.headers
    assert "cookie" not in sent.headers
    assert sent.headers["x-plain"] == "1"
    home = outgoing(attempt(of), request, Upload(), library_of(request))
    assert home.headers["authorization"] == "Bearer t-main"


def test_the_callers_own_request_never_holds_a_credential_of_the_policy(
    around: Callable[..., Any],
) -> None:
    with Api([Said()]) as api:
        policy = rules_for(api.url)
        with HealingClient(policy=policy, trust_env=False, surroundings=around()) as client:
            reply = client.get("payments:/charges")
        assert api.seen[0].token == "t-main"
    assert "authorization" not in reply.request.headers


@pytest.mark.parametrize(
    ("given", "sent"),
    [("order-17", "order-17"), ("bad/id", None), (None, None)],
    ids=["valid", "invalid", "none"],
)
def test_a_declared_api_gets_a_correlation_id(
    ask: Ask, given: str | None, sent: str | None
) -> None:
    headers = {"X-Correlation-ID": given} if given else {}
    with Api([Said()]) as api:
        reply = ask("GET", "payments:/x", headers=headers, client={"policy": rules_for(api.url)})
        seen = api.seen[0].headers["x-correlation-id"]
    assert seen == outcome_of(reply).correlation_id
    assert seen == sent if sent else seen.startswith("corr-")


def test_a_surrounding_correlation_id_is_taken(ask: Ask) -> None:
    with Api([Said()]) as api, correlation("job-3"):
        ask("GET", "payments:/x", client={"policy": rules_for(api.url)})
        assert api.seen[0].headers["x-correlation-id"] == "job-3"


def test_every_attempt_of_a_call_carries_its_call_id_where_declared(ask: Ask) -> None:
    with Api([Said(503), Said(200)]) as api:
        ask("GET", "payments:/x", client={"policy": rules_for(api.url, call_header=True)})
        names = {seen.headers["healer-call"] for seen in api.seen}
        assert len(api.seen) == 2
    assert len(names) == 1
    assert CALL_ID.fullmatch(names.pop())


def test_a_key_is_made_only_where_the_endpoint_says_so_and_never_changes(ask: Ask) -> None:
    create = Endpoint("charge", "POST /charges", idempotency="create")
    with Api([Said(500), Said(201), Said(200), Said(200)]) as api:
        options = {"policy": rules_for(api.url, endpoints=(create,))}
        assert ask("POST", "payments:/charges", json={}, client=options).status_code == 201
        ask("GET", "payments:/charges", client=options)
        ask("POST", "payments:/refunds", json={}, client=options)
        keys = [seen.headers.get("idempotency-key") for seen in api.seen]
    assert keys[0] == keys[1]
    assert keys[0] is not None
    assert keys[0].startswith("key-")
    assert keys[2:] == [None, None]


def test_the_callers_own_key_goes_out_as_given(ask: Ask) -> None:
    honoured = Endpoint("charge", "POST /charges", idempotency="honoured")
    with Api([Said(500), Said(201)]) as api:
        ask(
            "POST",
            "payments:/charges",
            json={},
            headers={"Idempotency-Key": '"k-1"'},
            client={"policy": rules_for(api.url, endpoints=(honoured,))},
        )
        assert [seen.headers["idempotency-key"] for seen in api.seen] == ['"k-1"', '"k-1"']


def test_the_callers_own_authorization_is_sent_first_with_its_scheme(ask: Ask) -> None:
    with Api([Said()]) as api:
        ask(
            "GET",
            "payments:/x",
            headers={"Authorization": "Basic dTpw"},
            client={"policy": rules_for(api.url)},
        )
        assert api.seen[0].headers["authorization"] == "Basic dTpw"


def test_a_credential_may_have_a_header_of_its_own(ask: Ask) -> None:
    rule = CredentialRule("main", Secret("k-1"), header="X-Api-Key", scheme="")
    with Api([Said()]) as api:
        ask("GET", "payments:/x", client={"policy": rules_for(api.url, credentials=(rule,))})
        assert api.seen[0].headers["x-api-key"] == "k-1"


@pytest.mark.parametrize(
    ("own", "deadline_s", "read"),
    [(5.0, 2, 2.0), (5.0, 60, 5.0), (None, 60, 60.0)],
    ids=["cut", "kept", "given"],
)
def test_a_time_out_is_cut_to_what_is_left_of_the_deadline(
    own: float | None, deadline_s: float, read: float, around: Callable[..., Any]
) -> None:
    sent: list[httpx2.Request] = []

    def keep(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(200)

    with HealingClient(transport=httpx2.MockTransport(keep), surroundings=around()) as client:
        extensions = {"healer": {"deadline_s": deadline_s}}
        client.get("http://api.example/", timeout=own, extensions=extensions)
    assert sent[0].extensions["timeout"]["read"] == read


@pytest.mark.parametrize(
    "wanted", [5, {"deadline_s": 0}, {"deadline_s": "5"}, {"deadline": 5}, {"deadline_s": True}]
)
def test_a_deadline_that_is_none_is_an_error(ask: Ask, wanted: Any) -> None:
    with pytest.raises(UsageError, match="deadline_s"):
        ask("GET", "http://127.0.0.1:1/", extensions={"healer": wanted})


def test_outcome_of_something_else_is_an_error() -> None:
    for foreign in (httpx2.Response(200), ValueError("x"), None, 7):
        with pytest.raises(UsageError, match="did not come through a healing client"):
            outcome_of(foreign)


def test_what_is_gone_by_the_word_of_its_body_is_looked_for_in_the_next_region(ask: Ask) -> None:
    gone = {
        "errors": [{"message": "moved", "extensions": {"code": "GONE", "http": {"status": 410}}}]
    }
    with Api([Said(200, gone)]) as first, Api([Said(200, {"data": {"a": 1}})]) as second:
        rules = rules_for(first.url, second.url)
        reply = ask("POST", "payments:/graphql", json={}, client={"policy": rules})
        assert (len(first.seen), len(second.seen)) == (1, 1)
    assert reply.json() == {"data": {"a": 1}}
    assert outcome_of(reply).region == "r2"
