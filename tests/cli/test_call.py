"""`healer call`: outcomes and exits, one JSON object, plans without sending, and bad input."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

Healer = Callable[..., Any]

BODY = '{"transactionId": "txn-1", "amount": 15}'
BROKEN = '{"txn_id":"broken","amt_value":15}'


@contextmanager
def answering(reply: bytes) -> Iterator[str]:
    """A server that answers every connection with these bytes; yields its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(reply)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def raw(status: str, body: bytes, kind: str = "text/plain") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body


def test_the_body_goes_to_stdout_and_nothing_else_does(healer: Healer, mock: Any) -> None:
    ran = healer("call", "GET", f"{mock.url}/external-api", "-H", mock.bearer)
    assert ran.code == 0
    assert ran.json["status"] == "operational"
    assert ran.err == ""


def test_the_headline_example_is_delivered_with_one_effect(healer: Healer, mock: Any) -> None:
    faults = "region_down,retryable_500,schema_drift,repair"
    ran = healer(
        "call", "POST", f"{mock.url}/external-api", "--simulate", faults, "--json",
        "-H", "Authorization: Bearer bad-token", "--json-body", BROKEN,
    )  # fmt: skip
    assert ran.code == 0
    told = ran.json
    assert told["outcome"] == "delivered"
    assert [step["action"] for step in told["steps"]] == [
        "fail_over",
        "refresh_credential",
        "repair_request",
        "retry",
        "adapt_response",
    ]
    assert told["requests"] == 5
    assert told["body"]["transactionId"] == "broken"
    assert told["body"]["amount"] == 15
    assert len(mock.effects) == 1
    assert "using the mock server's own policy" in ran.err


def test_json_is_one_object_with_all_that_was_promised(healer: Healer, mock: Any) -> None:
    ran = healer(
        "call", "POST", f"{mock.url}/external-api", "-H", mock.bearer, "--json-body", BODY,
        "--simulate", "retryable_500", "--json",
    )  # fmt: skip
    assert ran.out.count("\n") == 1
    told = ran.json
    promised = {
        "outcome", "status", "body", "reason", "effect", "steps", "requests", "episode",
        "correlation_id", "queued",
    }  # fmt: skip
    assert promised <= set(told)
    assert {"action", "reason", "planner", "wait_s"} <= set(told["steps"][0])
    assert (told["outcome"], told["requests"], told["queued"]) == ("delivered", 2, None)
    assert told["effect"] == "once"


def test_each_step_is_told_on_stderr_with_its_reason(healer: Healer, mock: Any) -> None:
    ran = healer(
        "call", "GET", f"{mock.url}/external-api", "-H", mock.bearer, "--simulate", "region_down"
    )
    lines = ran.err.splitlines()
    assert any("unavailable 503" in line and "fail_over (eu)" in line for line in lines)
    assert any("a place that is down stays down longer" in line for line in lines)
    assert lines[-1].startswith("delivered  2 requests, effect none")
    assert "\x1b" not in ran.err


def test_explain_shows_menu_vetoes_and_who_chose(healer: Healer, mock: Any) -> None:
    ran = healer(
        "call", "POST", f"{mock.url}/external-api", "-H", mock.bearer, "--json-body", BODY,
        "--simulate", "ambiguous_500", "--explain",
    )  # fmt: skip
    assert ran.code == 5
    assert "menu: p1 abort; chosen by heuristic" in ran.err
    assert "veto I1: no retry: POST may already have taken effect" in ran.err
    assert len(mock.effects) == 1


def test_a_key_makes_the_ambiguous_write_safe_to_repeat(healer: Healer, mock: Any) -> None:
    ran = healer(
        "call", "POST", f"{mock.url}/external-api", "-H", mock.bearer, "--json-body", BODY,
        "--simulate", "ambiguous_500", "--key", "charge-1",
    )  # fmt: skip
    assert ran.code == 0
    assert ran.json["transactionId"] == "txn-1"
    assert len(mock.effects) == 1


def test_a_labelled_substitute_has_an_exit_code_of_its_own(healer: Healer, mock: Any) -> None:
    ran = healer(
        "call", "GET", f"{mock.url}/external-api", "-H", mock.bearer, "--simulate", "mock=stale"
    )
    assert ran.code == 3


def test_nobody_listening_is_an_honest_failure(healer: Healer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    ran = healer("call", "GET", f"http://127.0.0.1:{port}/", "--deadline", "0.2", "--json")
    assert ran.code == 5
    assert (ran.json["outcome"], ran.json["status"], ran.json["body"]) == ("failed", None, None)


def test_the_deadline_is_kept(healer: Healer, mock: Any) -> None:
    ran = healer(
        "call", "GET", f"{mock.url}/external-api", "-H", mock.bearer, "--deadline", "1",
        "--simulate", "rate_limit=60s", "--json",
    )  # fmt: skip
    assert ran.code == 5
    assert ran.json["status"] == 429
    assert "does not fit" in ran.json["reason"]


def test_a_data_body_goes_out_byte_for_byte(healer: Healer, mock: Any, elsewhere: Path) -> None:
    (elsewhere / "charge.json").write_bytes(BODY.encode())
    ran = healer(
        "call", "post", f"{mock.url}/external-api", "-H", mock.bearer, "-d", "@charge.json",
        "-H", "Content-Type: application/json",
    )  # fmt: skip
    assert ran.code == 0
    assert mock.get("/journal")["rows"][-1]["body_bytes"] == len(BODY)


def test_a_policy_of_ones_own_is_preferred_to_the_mocks(
    healer: Healer, mock: Any, elsewhere: Path
) -> None:
    (elsewhere / "healer.yaml").write_text(
        f"version: 1\ndestinations: {{mine: {{regions: [{{name: only, url: '{mock.url}'}}]}}}}\n"
    )
    ran = healer(
        "call", "GET", f"{mock.url}/external-api", "-H", mock.bearer, "--json",
        "--simulate", "region_down*inf", "--deadline", "1",
    )  # fmt: skip
    assert ran.err.startswith("using healer.yaml, not the mock server's own policy\n")
    assert "fail_over" not in [step["action"] for step in ran.json["steps"]]


def test_a_destination_can_be_called_by_its_name(
    healer: Healer, mock: Any, elsewhere: Path
) -> None:
    (elsewhere / "healer.yaml").write_text(
        f"version: 1\ndestinations: {{mine: {{regions: [{{name: only, url: '{mock.url}'}}]}}}}\n"
    )
    ran = healer("call", "GET", "mine:/external-api", "-H", mock.bearer)
    assert ran.json["status"] == "operational"


@pytest.mark.parametrize(
    ("address", "code"),
    [("{mock}", 0), ("https://pay.example", 2)],
    ids=["on this machine", "elsewhere"],
)
def test_faults_for_a_named_destination_depend_on_where_it_is(
    healer: Healer, mock: Any, elsewhere: Path, address: str, code: int
) -> None:
    url = address.format(mock=mock.url)
    (elsewhere / "healer.yaml").write_text(
        f"version: 1\ndestinations: {{mine: {{regions: [{{name: only, url: '{url}'}}]}}}}\n"
    )
    ran = healer(
        "call", "GET", "mine:/external-api", "-H", mock.bearer, "--simulate", "latency=1ms"
    )
    assert ran.code == code


def test_a_policy_that_is_named_may_lead_a_simulation_elsewhere(
    healer: Healer, elsewhere: Path
) -> None:
    (elsewhere / "mine.yaml").write_text(
        "version: 1\ndestinations: {mine: {regions: [{name: only, url: 'https://mock.example'}]}}\n"
    )
    ran = healer(
        "call", "GET", "https://mock.example/x", "--simulate", "reset", "--policy", "mine.yaml",
        "--dry-run",
    )  # fmt: skip
    assert ran.code == 0
    assert "x-simulate-failure: reset" in ran.out


def test_a_dry_run_shows_the_call_and_sends_nothing(healer: Healer, mock: Any) -> None:
    ran = healer(
        "call", "POST", f"{mock.url}/external-api", "--simulate", "reset", "--dry-run",
        "-H", "Authorization: Bearer s3cr3t-s3cr3t", "--json-body", BODY, "--key", "k-1",
    )  # fmt: skip
    assert ran.code == 0
    assert "s3cr3t" not in ran.out
    assert BODY in ran.out
    assert "nothing was sent" in ran.out
    rows = {line.split()[0]: line.split()[1] for line in ran.out.splitlines() if line.strip()}
    assert rows["fail_over"] == "yes"
    assert rows["degrade"] == "no"
    assert rows["queue"] == "no"
    assert mock.get("/journal")["rows"] == []


def test_a_dry_run_without_a_policy_says_what_a_policy_would_allow(healer: Healer) -> None:
    ran = healer("call", "GET", "http://127.0.0.1:9/x", "--dry-run")
    assert "not declared in a policy" in ran.out
    assert "no other region is declared" in ran.out


def test_a_planner_that_is_not_meant_well_is_announced(healer: Healer, mock: Any) -> None:
    ran = healer("call", "GET", f"{mock.url}/external-api", "-H", mock.bearer, "--planner", "evil")
    assert ran.code == 0
    assert ran.err.count("planner evil is for tests") == 1


def test_upstream_text_cannot_act_on_a_terminal(
    healer: Healer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    body = b"\x1b]0;owned\x07\x1b[31mred\nline two\ttab\n\xff\xfe"
    with answering(raw("200 OK", body)) as url:
        ran = healer("call", "GET", url)
    assert "\x1b" not in ran.out
    assert "\\x1b]0;owned\\x07" in ran.out
    assert "line two\ttab" in ran.out


def test_a_pipe_gets_the_body_byte_for_byte(healer: Healer) -> None:
    body = b"\x1b[31mred\n" + bytes(range(128, 140))
    with answering(raw("200 OK", body)) as url:
        ran = healer("call", "GET", url)
    assert ran.out == body.decode("utf-8", "backslashreplace")


def test_an_error_body_of_ten_megabytes_is_passed_on(healer: Healer) -> None:
    body = b"x" * 10_000_000
    with answering(raw("400 Bad Request", body)) as url:
        ran = healer("call", "GET", url)
    assert ran.code == 5
    assert len(ran.out) == len(body)
    assert len(ran.err) < 1000


def test_what_is_not_utf8_is_shown_as_escapes_in_json(healer: Healer) -> None:
    with answering(raw("400 Bad Request", b"caf\xe9")) as url:
        ran = healer("call", "GET", url, "--json")
    assert ran.json["body"] == "caf\\xe9"


NOWHERE = "http://127.0.0.1:1/"
BAD_INPUT: dict[str, tuple[list[str], str]] = {
    "other scheme": (["GET", "ftp://a.example/"], "'ftp://a.example/' is neither http nor https"),
    "no scheme": (["GET", "127.0.0.1:8001/x"], "Write http://127.0.0.1:8001/x"),
    "method": (["G=T", NOWHERE], "is no method"),
    "header without colon": (["GET", NOWHERE, "-H", "no colon"], "is no header"),
    "header with newline": (["GET", NOWHERE, "-H", "A: b\nC: d"], "a line end in the value of A"),
    "name with newline": (["GET", NOWHERE, "-H", "A\n: b"], "'A\\n' is no header"),
    "name not ASCII": (["GET", NOWHERE, "-H", "\u00c4: b"], "'\\xc4' is no header"),
    "header with control": (["GET", NOWHERE, "-H", "A: b\x01"], "a control character in the"),
    "host": (["GET", "http://caf\u00e9..x/"], "no URL"),
    "header not ASCII": (["GET", NOWHERE, "-H", "A: caf\u00e9"], "is not ASCII"),
    "key with newline": (["GET", NOWHERE, "--key", "a\nb"], "in the value of Idempotency-Key"),
    "no JSON": (["POST", NOWHERE, "--json-body", "{nope"], "at line 1 column 2"),
    "NaN": (["POST", NOWHERE, "--json-body", "NaN"], "is no JSON"),
    "not UTF-8": (["POST", NOWHERE, "--json-body", "\udcff"], "not UTF-8"),
    "no file": (["POST", NOWHERE, "--json-body", "@none"], "cannot read 'none'"),
    "two bodies": (["POST", NOWHERE, "--json-body", "1", "-d", "2"], "both -d and --json-body"),
    "fault": (["GET", NOWHERE, "--simulate", "regon_down"], "Did you mean 'region_down'?"),
    "region": (["GET", NOWHERE, "--simulate", "reset@usa"], "unknown region 'usa'"),
    "argument": (["GET", NOWHERE, "--simulate", "flaky=2"], "flaky"),
    "no mock": (["GET", "https://api.example/", "--simulate", "reset"], "on this machine"),
    "planner": (["GET", NOWHERE, "--planner", "evli"], "Did you mean evil?"),
    "policy": (["GET", NOWHERE, "--policy", "none.yaml"], "there is no policy file none.yaml"),
    "deadline": (["GET", NOWHERE, "--deadline", "0"], "--deadline"),
    "no deadline": (["GET", NOWHERE, "--deadline", "inf"], "invalid value for '--deadline'"),
    "destination": (["GET", "pay:/charges"], "no destination is named 'pay'"),
}


@pytest.mark.parametrize(("argv", "said"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input_is_refused_before_anything_is_sent(
    healer: Healer, argv: list[str], said: str
) -> None:
    ran = healer("call", *argv)
    assert ran.code == 2
    assert said in ran.err
    assert ran.out == ""
    assert len(ran.err.strip().splitlines()) == 2


def test_a_typo_in_the_policy_stops_the_call(healer: Healer, elsewhere: Path) -> None:
    (elsewhere / "healer.yaml").write_text("version: 1\ndestinatoins: {}\n")
    ran = healer("call", "GET", "http://127.0.0.1:1/")
    assert ran.code == 2
    assert "healer.yaml:2" in ran.err
    assert "destinations" in ran.err
