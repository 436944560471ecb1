import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from battle_healer.model import Diagnosis, Kind, Reply
from battle_healer.policy.sources import FromCommand
from battle_healer.rules import CredentialRule, TokenCall
from battle_healer.secret import MASK, Secret, is_secret_header, is_secret_query

TEXT = "s3cr3t-value"


@pytest.mark.parametrize(
    "show",
    [repr, str, format, "{:>10}".format, "%s".__mod__, lambda s: repr({"token": s}), ascii],
)
def test_a_secret_shows_a_mask(show: Callable[[Secret], str]) -> None:
    assert TEXT not in show(Secret(TEXT))


def test_only_reveal_gives_the_text() -> None:
    assert Secret(TEXT).reveal() == TEXT
    assert repr(Secret(TEXT)) == MASK


@pytest.mark.parametrize("leak", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps])
def test_a_secret_cannot_be_copied_or_written(leak: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError) as caught:
        leak(Secret(TEXT))
    assert TEXT not in str(caught.value)


def test_a_secret_has_no_dictionary_to_look_into() -> None:
    assert not hasattr(Secret(TEXT), "__dict__")


def test_equal_texts_are_equal_secrets() -> None:
    assert Secret(TEXT) == Secret(TEXT)
    assert Secret(TEXT) != Secret("other")
    assert Secret(TEXT) != TEXT
    assert {Secret(TEXT): 1}[Secret(TEXT)] == 1


def test_a_digest_tells_secrets_apart_without_telling_them() -> None:
    digest = Secret(TEXT).digest()
    assert digest == Secret(TEXT).digest()
    assert digest != Secret("other").digest()
    assert len(digest) == 16
    assert TEXT not in digest


def test_an_empty_secret_is_false() -> None:
    assert not Secret("")
    assert Secret(TEXT)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("Authorization", True),
        ("X-Goog-Api-Key", True),
        ("apikey", True),
        ("Set-Cookie", True),
        ("X-Auth-Token", True),
        ("Content-Type", False),
        ("Idempotency-Key", False),
    ],
)
def test_headers_that_carry_credentials_are_known(name: str, secret: bool) -> None:
    assert is_secret_header(name) is secret


def test_a_policy_may_name_more_secret_headers() -> None:
    assert is_secret_header("X-Pin", frozenset({"x-pin"}))


def test_query_parameters_that_carry_credentials_are_known() -> None:
    assert is_secret_query("Access_Token")
    assert not is_secret_query("page")


@pytest.mark.parametrize(
    "value",
    [
        Reply(200, (("Set-Cookie", f"sid={TEXT}"),), TEXT.encode()),
        Diagnosis(Kind.REDIRECTED, "no", "changed", location=f"/in?code={TEXT}"),
        CredentialRule("main", TokenCall("/tokens", {"client_secret": TEXT})),
        CredentialRule("main", FromCommand(("pass", TEXT), Path(), "healer.yaml:3")),
    ],
    ids=["a reply", "a redirect", "the body of a token call", "the arguments of a command"],
)
def test_i2_no_value_that_holds_a_secret_shows_it(value: object) -> None:
    assert TEXT not in repr(value)
