from dataclasses import fields

import pytest

from battle_healer.rules import Bounds, Destination, Endpoint, Region, Rules, is_below

US = Region("us", "https://pay.example")
EU = Region("eu", "https://pay.example/regions/eu", 2)
PAY = Destination("pay", (US, EU))
OTHER = Destination("other", (Region("only", "https://other.example/v1"),))
RULES = Rules(destinations=(PAY, OTHER))


@pytest.mark.parametrize(
    ("url", "destination", "region", "path"),
    [
        ("https://pay.example/charges?a=1", "pay", "us", "/charges?a=1"),
        ("https://pay.example/regions/eu/charges", "pay", "eu", "/charges"),
        ("https://pay.example/regions/europe", "pay", "us", "/regions/europe"),
        ("https://pay.example", "pay", "us", "/"),
        ("https://other.example/v1/x", "other", "only", "/x"),
    ],
)
def test_a_url_belongs_to_the_longest_region_url(
    url: str, destination: str, region: str, path: str
) -> None:
    found, place, below = RULES.place(url)
    assert (found.name, place.name, below) == (destination, region, path)


@pytest.mark.parametrize(
    "url",
    [
        "https://pay.example.evil.example/charges",
        "http://pay.example/charges",
        "https://pay.example:8443/charges",
        "https://other.example/v1.5/x",
        "https://other.example/",
    ],
)
def test_a_url_below_no_region_is_undeclared(url: str) -> None:
    destination, region, path = RULES.place(url)
    assert not destination.declared
    assert destination.credentials == ()
    assert region.url + path == url


def test_a_prefix_ends_at_a_boundary() -> None:
    assert is_below("https://a.example/v1?x", "https://a.example/v1")
    assert not is_below("https://a.example/v10", "https://a.example/v1")


@pytest.mark.parametrize(
    ("match", "method", "path", "fits"),
    [
        ("POST /charges", "POST", "/charges", True),
        ("POST /charges", "GET", "/charges", False),
        ("* /charges", "GET", "/charges", True),
        ("GET /charges/{id}", "GET", "/charges/7", True),
        ("GET /charges/{id}", "GET", "/charges/", False),
        ("GET /charges/{id}", "GET", "/charges/7/refunds", False),
        ("GET /", "GET", "/", True),
    ],
)
def test_an_endpoint_fits_by_method_and_whole_segments(
    match: str, method: str, path: str, fits: bool
) -> None:
    assert Endpoint(match=match).fits(method, path) is fits


def test_the_first_endpoint_that_matches_wins() -> None:
    first, second = Endpoint("a", "GET /x/{y}"), Endpoint("b", "GET /x/z")
    destination = Destination("d", (US,), endpoints=(first, second))
    assert destination.endpoint("GET", "/x/z") is first
    assert destination.endpoint("PUT", "/x/z") is destination.fallback


def test_an_origin_leaves_out_user_info_and_path() -> None:
    assert Region("r", "https://u:p@PAY.example:8443/v1").origin == "https://pay.example:8443"


def test_every_default_lies_in_its_own_range() -> None:
    for bound in fields(Bounds):
        least, most = bound.metadata["least"], bound.metadata["most"]
        assert least <= getattr(Bounds(), bound.name) <= most, bound.name
