import re
from pathlib import Path

import pytest

from battle_healer.errors import PolicyError
from battle_healer.policy import Policy, template


@pytest.mark.parametrize(
    ("url", "name", "origin"),
    [
        ("https://api.pay.example/v1/charges?a=1", "pay", "https://api.pay.example"),
        ("http://127.0.0.1:8001", "local", "http://127.0.0.1:8001"),
        ("http://localhost:8001/external-api", "local", "http://localhost:8001"),
        ("http://[::1]:8001", "local", "http://[::1]:8001"),
        ("https://api.example", "example", "https://api.example"),
        ("https://3scale.example", "api-3scale", "https://3scale.example"),
    ],
)
def test_the_policy_that_init_writes_parses_and_names_the_origin(
    url: str, name: str, origin: str
) -> None:
    (destination,) = Policy.parse(template(url)).rules.destinations
    assert (destination.name, destination.regions[0].url) == (name, origin)


def test_it_still_parses_when_every_line_is_uncommented(folder: Path) -> None:
    for name in ("charge-request.json", "charge.json"):
        (folder / name).write_text("{}", "utf-8")
    text = template("https://api.pay.example/v1/charges")
    # Prose has a space after the #, a line to uncomment has none.
    whole = re.sub(r"(?m)^( *)#(?! )", r"\1", text)
    (pay,) = Policy.parse(whole).rules.destinations
    assert [region.name for region in pay.regions] == ["main", "second"]
    assert [credential.name for credential in pay.credentials] == ["primary", "backup"]
    assert pay.says_processed
    (charge,) = pay.endpoints
    assert (charge.match, charge.idempotency) == ("POST /v1/charges", "honoured")
    assert (charge.repair, charge.adapt) == (True, True)
    assert charge.protected == ("/amount", "/currency")
    assert charge.response_schema == {}


@pytest.mark.parametrize("url", ["api.example", "ftp://a.example", "https://u:s3cr3t@a.example"])
def test_a_url_that_cannot_be_a_destination_is_refused(url: str) -> None:
    with pytest.raises(PolicyError) as caught:
        template(url)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("path", ["/a{b}", "/a: b", "/a\n- b", "/a%20b", "/#x"])
def test_an_odd_path_does_not_break_the_file(path: str) -> None:
    assert "match: POST /charges" in template(f"https://a.example{path}")
