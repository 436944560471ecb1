import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from battle_healer.secret import MASK, Secret
from battle_healer.text import nearest, redact_headers, safe, safe_url, valid_correlation_id

# Long enough, and of letters that no other part of an example has, so that finding it means it.
SECRET = st.text(alphabet="qzQZ~-_.9", min_size=12, max_size=40)


@given(st.one_of(st.text(max_size=300), st.binary(max_size=300)), st.integers(1, 250))
@example("\x1b]8;;http://evil.example\x07click\x1b]8;;\x07", 200)
@example(b"\xff\xfe\x00", 200)
@example("\u202etxt.exe", 200)
@example("\U000e0041\U000e0042", 200)
@example("\ud800", 200)
def test_safe_text_is_short_printable_and_on_one_line(text: str | bytes, limit: int) -> None:
    shown = safe(text, limit)
    assert len(shown) <= limit
    assert shown.isprintable()
    shown.encode("utf-8")


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("a\r\nb", r"a\r\nb"),
        ("\u202e", r"\u202e"),
        ("a\u200bb", r"a\u200bb"),
        ("\U000e0041", r"\U000e0041"),
        ("\ufe0f", r"\ufe0f"),
        ("\u3164", r"\u3164"),
        ("\x9b31m", r"\x9b31m"),
        (b"caf\xc3\xa9 \xff", r"café \xff"),
        ("naïve 日本", "naïve 日本"),
    ],
    ids=ascii,
)
def test_what_would_act_or_hide_is_shown_as_an_escape(hostile: str | bytes, shown: str) -> None:
    assert safe(hostile) == shown


def test_long_text_ends_with_an_ellipsis() -> None:
    assert safe("x" * 201) == "x" * 199 + "…"
    assert safe("x" * 200) == "x" * 200


def test_ten_megabytes_are_cut_before_they_are_read() -> None:
    assert safe(b"\xff" * 10_000_000, 20) == r"\xff\xff\xff\xff\xf…"


@given(
    SECRET, st.sampled_from(["key", "token", "access_token", "api_key", "sig", "SIG", "t%6Fken"])
)
def test_a_secret_query_value_is_never_shown(secret: str, name: str) -> None:
    for url in (
        f"https://api.example/v1?a=1&{name}={secret}&b=2",
        f"https://api.example/v1?{name}={secret}#x",
        f"https://api.example/v1?x;{name}={secret}",
        f"https://api.example/#{name}={secret}",
        f"/v1?{name}={secret}",
    ):
        shown = safe_url(url)
        assert secret not in shown
        assert MASK in shown


@given(SECRET)
def test_user_info_of_a_url_is_never_shown(secret: str) -> None:
    for url in (
        f"https://user:{secret}@api.example/v1",
        f"https://{secret}@api.example/v1",
        f"https://user:a/{secret}@api.example/v1",
        f"https:\\\\user:{secret}@api.example",
        f"//user:{secret}@api.example",
        f"user:{secret}@api.example",
        f"https://user:x@y:{secret}@[::1]:80/",
    ):
        assert secret not in safe_url(url), url


def test_a_url_without_secrets_is_shown_as_it_is() -> None:
    for url in (
        "https://api.example:8443/users/@me?page=2&q=a%20b#top",
        "http://[::1]:8001/regions/eu/external-api",
        "/external-api?simulate=repair",
    ):
        assert safe_url(url) == url


def test_more_query_names_may_be_secret() -> None:
    assert safe_url("https://a.example/?pin=1234", frozenset({"pin"})) == (
        f"https://a.example/?pin={MASK}"
    )


@given(st.text(max_size=200))
def test_any_text_is_safe_as_a_url(text: str) -> None:
    assert safe_url(text).isprintable()


@given(
    SECRET,
    st.sampled_from(
        ["Authorization", "proxy-authorization", "Cookie", "SET-COOKIE", "X-Api-Key", "My-Header"]
    ),
)
def test_a_secret_header_is_never_shown(secret: str, name: str) -> None:
    shown = redact_headers([("Accept", "*/*"), (name, secret)], frozenset({"my-header"}))
    assert shown == (("Accept", "*/*"), (name, MASK))


def test_a_secret_object_is_masked_under_any_header_name() -> None:
    assert redact_headers([("X-Plain", Secret("s3cr3t"))]) == (("X-Plain", MASK),)


def test_a_redirect_target_is_shown_without_its_token() -> None:
    location = "https://a.example/cb?access_token=s3cr3t"
    assert redact_headers([("Location", location)]) == (
        ("Location", f"https://a.example/cb?access_token={MASK}"),
    )


@given(st.lists(st.tuples(st.text(max_size=40), st.text(max_size=300)), max_size=5))
def test_any_headers_are_safe_to_show(headers: list[tuple[str, str]]) -> None:
    for name, value in redact_headers(headers):
        assert name.isprintable()
        assert value.isprintable()


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("corr-018f.A_b", True),
        ("x" * 128, True),
        ("x" * 129, False),
        ("", False),
        ("a b", False),
        ("a\n", False),
        ("é", False),
        ("a/b", False),
    ],
    ids=ascii,
)
def test_a_correlation_id_is_a_short_plain_word(text: str, valid: bool) -> None:
    assert valid_correlation_id(text) is valid


def test_the_nearest_known_word_is_named_first_and_all_of_them_after() -> None:
    assert nearest("heurstic", ["scripted", "heuristic"]) == (
        "Did you mean 'heuristic'? Known: heuristic, scripted."
    )
    assert nearest("zzz", ["b", "a"]) == "Known: a, b."
