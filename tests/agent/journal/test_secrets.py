"""I2: canaries in every place where a secret may stand are in no byte that is kept."""

import base64
from typing import Any

import pytest
from tests.support.serving import Api, Said

from battle_healer import HealingClient
from battle_healer.clients.surroundings import Surroundings
from battle_healer.journal.event import text_of
from battle_healer.journal.place import Place
from battle_healer.model import Operation
from battle_healer.rules import CredentialRule, Destination, Endpoint, Region, Rules, TokenCall
from battle_healer.secret import Secret

CANARY = "c4n4ry"


def test_no_secret_and_no_body_is_in_any_byte_that_is_kept(place: Place, book: Any) -> None:
    said = {"message": f"token {CANARY}-echo is bad", "error": {"message": f"{CANARY}-error"}}

    def answer(seen: Any) -> Said:
        if seen.path == "/refresh":
            return Said(200, {"token": f"{CANARY}-fresh"})
        echo = {"X-Echo": f"{CANARY}-header", "Set-Cookie": f"sid={CANARY}-cookie"}
        if "fresh" not in seen.token:
            return Said(401, said | {"code": "token_expired"}, echo)
        status = 503 if len(api.at(seen.path)) == 2 else 422
        return Said(status, said | {"errors": [{"field": f"/{CANARY}-field", "m": CANARY}]}, echo)

    rule = CredentialRule("main", Secret(f"{CANARY}-main"), refresh=TokenCall("/refresh"))
    with Api(answer) as api:
        endpoint = Endpoint("charge", "PUT /charges/{id}", repair=True)
        rules = Rules((Destination("pay", (Region("us", api.url),), (rule,), (endpoint,)),))
        around = Surroundings(wait=lambda s: None, journal=lambda rules: place)
        with HealingClient(policy=rules, surroundings=around, trust_env=False) as client:
            client.put(
                f"pay:/charges/1?api_key={CANARY}-query&sig={CANARY}-sig",
                json={"card": f"{CANARY}-body"},
                headers={"X-Api-Key": f"{CANARY}-key", "Cookie": f"a={CANARY}-jar"},
            )
            bare = api.url.replace("http://", f"http://{CANARY}-user:{CANARY}-password@")
            client.get(f"{bare}/x", headers={"Authorization": f"Bearer {CANARY}-own"})
            assert client.healing.journal.flush()
        assert len(api.seen) >= 4
    kept = book.bytes
    assert len(book.episodes()) == 2
    assert CANARY.encode() not in kept
    assert base64.b64encode(f"{CANARY}-user:{CANARY}-password".encode()) not in kept


@pytest.mark.parametrize(
    "value",
    [
        Secret(f"{CANARY}-1"),
        {"deep": [Secret(f"{CANARY}-2")]},
        f"{CANARY}-3".encode(),
        Operation("add", "/a", f"{CANARY}-4").value.encode(),
        CredentialRule("main", Secret(f"{CANARY}-5")),
    ],
)
def test_secrets_and_bytes_have_no_form_in_the_journal(value: Any) -> None:
    assert CANARY not in text_of({"value": value})


@pytest.mark.parametrize(
    "text", ["\x1b[31mred", "a\u202eb", "line\nend", "\x00", "\u200b", "\x9b2J"]
)
def test_i7_what_could_act_or_hide_is_shown_as_an_escape(text: str) -> None:
    kept = text_of({"why": text, "list": [text], "map": {text: text}})
    assert kept.isprintable()
    assert text not in kept


def test_i7_a_long_text_is_cut() -> None:
    assert len(text_of({"why": "x" * 100_000})) < 600
