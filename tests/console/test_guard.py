"""Programs of this machine may use the API; no web page may."""

from __future__ import annotations

import pytest
from tests.console.conftest import Console


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "evil.example@127.0.0.1"},
        {"Host": "10.0.0.1"},
        {"Host": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_a_page_of_another_origin_can_neither_drive_nor_read_it(
    console: Console, headers: dict[str, str]
) -> None:
    handed = console.handed(method="PUT")
    for reply in (
        console.call("POST", "/queue-failed", handed, headers=headers),
        console.call("GET", "/queue-status", headers=headers),
    ):
        assert (reply.status_code, reply.json()["type"][-13:]) == (403, "not-from-here")
    assert sum(console.queue.stats().counts.values()) == 0


def test_its_own_page_and_other_names_of_this_machine_are_fine(console: Console) -> None:
    own = {"Origin": console.url, "Sec-Fetch-Site": "same-origin"}
    for headers in (own, {"Host": "localhost"}, {"Host": "[::1]:8000"}, {"Sec-Fetch-Site": "none"}):
        assert console.call("GET", "/queue-status", headers=headers).status_code == 200
