"""What Python's clients and curl do under chaos, by the ledger and the verdict of the server."""

from collections.abc import Mapping

import pytest
from benchmarks.clients.judging import Judged, Seen
from benchmarks.clients.plan import SHAPES
from benchmarks.clients.report import mark

BARE = "✓✓✓ ··· ··· ··· ··· ··· !!! ···"
# For each fault: GET, POST, keyed POST. In the order of the slice:
#                   ok  retryable ambiguous rate_limit reset truncated soft_error stall
EXPECTED = {
    "httpx2, bare": BARE,
    "httpx2, transport retries=3": BARE,
    "httpx, bare": BARE,
    "httpx, transport retries=3": BARE,
    "requests, bare": BARE,
    "requests, urllib3 Retry(total=3)": "✓✓✓ ✓·· ✓·· ✓·· ✓·· ··· !!! ✓··",
    "aiohttp, bare": "✓✓✓ ··· ··· ··· ✓·· ··· !!! ···",
    "aiohttp, a loop of 4": "✓✓✓ ✓✓✓ ✓2✓ ✓✓✓ ✓✓✓ ✓2✓ !!! ✓✓✓",
    "curl, bare": BARE,
    "curl, --retry 3": "✓✓✓ ✓✓✓ ✓2✓ ✓✓✓ ··· ··· !!! ✓✓✓",
    "curl, --retry 3 --retry-all-errors": "✓✓✓ ✓✓✓ ✓2✓ ✓✓✓ ✓✓✓ !2! !!! ✓✓✓",
    "HealingClient, no policy": "✓✓✓ ✓·· ✓·· ✓✓✓ ✓·· ✓·· ✓·· ✓··",
    "HealingClient, the mock's policy": "✓✓✓ ✓✓✓ ✓·✓ ✓✓✓ ✓·✓ ✓·✓ ✓✓✓ ✓·✓",
}
RECKLESS = ("aiohttp, a loop of 4", "curl, --retry 3", "curl, --retry 3 --retry-all-errors")


def marks(judged: Judged) -> str:
    signs = "".join(mark(call) for call in judged.seen)
    width = len(SHAPES)
    return " ".join(signs[start : start + width] for start in range(0, len(signs), width))


def rules(judged: Judged) -> set[str]:
    return {finding.rule for finding in judged.findings}


def find(judged: Judged, fault: str, shape: str) -> Seen:
    return next(
        call for call in judged.seen
        if call.planned.fault == fault and call.planned.shape.name == shape
    )  # fmt: skip


@pytest.mark.parametrize("client", EXPECTED)
def test_each_client_ends_its_calls_as_the_page_says(
    client: str, verdicts: Mapping[str, Judged]
) -> None:
    assert marks(verdicts[client]) == EXPECTED[client]


def test_every_client_that_a_bare_machine_has_is_judged(verdicts: Mapping[str, Judged]) -> None:
    assert verdicts.keys() == EXPECTED.keys()


@pytest.mark.parametrize("client", [name for name in EXPECTED if name.endswith("bare")])
def test_a_bare_client_does_no_harm_and_heals_nothing(
    client: str, verdicts: Mapping[str, Judged]
) -> None:
    assert verdicts[client].doubled == 0
    assert verdicts[client].grade == "warn"


def test_retries_of_the_transport_are_about_connecting_only(
    verdicts: Mapping[str, Judged],
) -> None:
    for library in ("httpx2", "httpx"):
        assert verdicts[f"{library}, transport retries=3"].requests_per_call == 1


def test_urllib3_never_sends_a_post_again_even_with_a_key(verdicts: Mapping[str, Judged]) -> None:
    judged = verdicts["requests, urllib3 Retry(total=3)"]
    posts = [call for call in judged.seen if call.planned.shape.method == "POST"]
    assert {call.requests for call in posts} == {1}
    assert judged.doubled == 0
    assert "V01" not in rules(judged)


@pytest.mark.parametrize("client", RECKLESS)
def test_a_write_that_is_sent_again_in_doubt_is_done_twice_and_the_verdict_knows(
    client: str, verdicts: Mapping[str, Judged]
) -> None:
    judged = verdicts[client]
    assert find(judged, "ambiguous_500", "POST").effects == 2
    assert find(judged, "ambiguous_500", "keyed POST").effects == 1
    assert judged.grade == "fail"
    assert {"V01", "V02"} <= rules(judged)


def test_only_who_retries_in_doubt_breaks_a_critical_rule(verdicts: Mapping[str, Judged]) -> None:
    broken = {
        client for client, judged in verdicts.items()
        if any(finding.severity == "critical" for finding in judged.findings)
    }  # fmt: skip
    assert broken == set(RECKLESS)


def test_a_loop_that_reads_no_wait_comes_early(verdicts: Mapping[str, Judged]) -> None:
    assert "V05" in rules(verdicts["aiohttp, a loop of 4"])
    assert "V05" not in rules(verdicts["curl, --retry 3"])
    assert "V05" not in rules(verdicts["requests, urllib3 Retry(total=3)"])


def test_ours_gets_through_whatever_can_be_got_through_and_breaks_no_rule(
    verdicts: Mapping[str, Judged],
) -> None:
    judged = verdicts["HealingClient, the mock's policy"]
    curable = {call.planned.id for call in judged.seen if call.planned.is_curable}
    assert {call.planned.id for call in judged.seen if call.ending == "delivered"} == curable
    assert judged.count("wrong") == judged.doubled == 0
    assert (judged.grade, judged.findings) == ("pass", ())


def test_ours_does_no_harm_without_a_policy(verdicts: Mapping[str, Judged]) -> None:
    judged = verdicts["HealingClient, no policy"]
    assert judged.count("wrong") == judged.doubled == 0
    assert all(finding.severity == "minor" for finding in judged.findings)
