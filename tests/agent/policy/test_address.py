import pytest
from hypothesis import given
from hypothesis import strategies as st

from battle_healer.policy.address import AddressError, origin_of, region_url, target_url


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://api.example", "https://api.example"),
        ("HTTPS://API.Example:443/V1/", "https://api.example/V1"),
        ("http://127.0.0.1:8001/", "http://127.0.0.1:8001"),
        ("http://[::1]:80", "http://[::1]"),
        ("http://a.example:", "http://a.example"),
        ("https://a.example/v1/x%20y", "https://a.example/v1/x%20y"),
    ],
)
def test_a_region_url_has_one_spelling(written: str, url: str) -> None:
    assert region_url(written) == url


@pytest.mark.parametrize(
    ("path", "url"),
    [("/", "http://127.0.0.1:8001"), ("/regions/eu", "http://127.0.0.1:8001/regions/eu")],
)
def test_a_relative_url_is_applied_to_the_origin(path: str, url: str) -> None:
    assert region_url(path, "http://127.0.0.1:8001/some/page") == url


@pytest.mark.parametrize(
    "written",
    [
        "",
        "api.example",
        "ftp://api.example",
        "https:api.example",
        "https://",
        "https://u@a.example",
        "https://a.example?x",
        "https://a.example/#",
        "https://a.example:99999",
        "https://a.example:x",
        "https://[::1",
        "https://a b.example",
        "https://a.example\\@evil.example",
        "https://exämple.example",
        "https://a.example/a b",
        "https://a.example/../b",
        "https://a.example//b",
        "//a.example",
        "/relative",
        "https://a.example\r\nX: 1",
    ],
    ids=ascii,
)
def test_what_could_mean_two_things_is_no_region(written: str) -> None:
    with pytest.raises(AddressError):
        region_url(written)


@given(st.text(max_size=60), st.booleans())
def test_any_text_is_a_region_or_refused(text: str, relative: bool) -> None:
    try:
        url = region_url(text, "https://a.example" if relative else None)
    except AddressError:
        return
    assert url.isascii()
    assert url.isprintable()
    assert not url.endswith("/")
    assert url.startswith(origin_of(url))


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("/refresh-token?x=1", "/refresh-token?x=1"),
        ("HTTPS://Auth.example:443/Token?x=1#y", "https://auth.example/Token?x=1"),
    ],
)
def test_a_token_is_asked_for_at_an_address_spelt_like_a_region(written: str, target: str) -> None:
    assert target_url(written) == target


@pytest.mark.parametrize("written", ["refresh-token", "//evil.example/t", "https://u:p@a.example"])
def test_what_is_neither_path_nor_url_is_no_place_to_ask(written: str) -> None:
    with pytest.raises(AddressError):
        target_url(written)
