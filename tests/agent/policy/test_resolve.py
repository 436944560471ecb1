from dataclasses import fields, replace
from pathlib import Path

import pytest

from battle_healer.errors import PolicyError
from battle_healer.policy import Policy, show
from battle_healer.policy.rows import GATES, QUEUES
from battle_healer.policy.sources import FromCommand, FromEnv, FromFile
from battle_healer.rules import (
    Bounds,
    Cost,
    CredentialRule,
    Degrade,
    Destination,
    Endpoint,
    GateBounds,
    Keep,
    QueueRule,
    Region,
    Rules,
    TokenCall,
)

EVERY_PART = """\
version: 1
defaults: {adapt: on, planner: scripted}
bounds: {requests: 5, deadline_s: 12}
secret_headers: [X-Pin]
queues: {charges: {}}
destinations:
  pay:
    regions:
      - {name: eu, url: "HTTPS://EU.pay.example:443/v1/", priority: 2}
      - {name: us, url: "https://us.pay.example:8443"}
    credentials:
      - {name: a, token: {env: A}, refresh: {post: /refresh, token: /data/token}}
      - {name: b, tier: backup, token: {file: b.txt}, scopes: [write], daily_calls: 9}
      - {name: c, tier: free-tier, token: {command: [op, read]}, header: X-Api-Key, scheme: ""}
      - name: d
        token: {post: /token, body: {user: me}, expires_in: /ttl}
        cost: {per_call: 0.25, currency: EUR}
    says_processed: on
    call_header: on
    planner: heuristic
    endpoints:
      - name: charge
        match: POST /charges
        idempotency: create
        contract: {request: {type: object}, response: charge.json}
        protected: [/amount]
        may_clamp: [/count]
        repair: on
        degrade:
          tiers: [stale, file, example, post]
          file: f.json
          example: {a: 1}
          post: /mock
          writes: on
        queue: charges
        planner: evil
      - {name: list, match: GET /charges, adapt: off, degrade: off, contract: {response: {}}}
journal: {days: 7}
planner_budgets: {gemini: {calls_per_day: 10, usd_per_day: 0.5}}
"""


@pytest.fixture
def pay(folder: Path) -> Destination:
    (folder / "charge.json").write_text('{"type": "object", "required": ["id"]}', "utf-8")
    (folder / "f.json").write_bytes(b'{"id": 0}')
    (folder / "healer.yaml").write_text(EVERY_PART, "utf-8")
    return Policy.load(folder / "healer.yaml").rules.destinations[0]


def test_regions_stand_by_priority_in_one_spelling(pay: Destination) -> None:
    assert pay.regions == (
        Region("us", "https://us.pay.example:8443", 1),
        Region("eu", "https://eu.pay.example/v1", 2),
    )


def test_credentials_are_references_with_their_line_in_the_order_of_their_tiers(
    pay: Destination, folder: Path
) -> None:
    where = f"{folder / 'healer.yaml'}"
    assert pay.credentials == (
        CredentialRule(
            "a", FromEnv("A", f"{where}:12"), refresh=TokenCall("/refresh", None, "/data/token")
        ),
        CredentialRule(
            "d", TokenCall("/token", {"user": "me"}, None, "/ttl"), cost=Cost(0.25, "EUR")
        ),
        CredentialRule(
            "b", FromFile(folder / "b.txt", f"{where}:13"), "backup", scopes=frozenset({"write"}),
            daily_calls=9,
        ),
        CredentialRule(
            "c", FromCommand(("op", "read"), folder, f"{where}:14"), "free-tier",
            header="X-Api-Key", scheme="",
        ),
    )  # fmt: skip


def test_endpoints_say_what_is_declared_and_take_the_rest_from_the_defaults(
    pay: Destination,
) -> None:
    charge, listing = pay.endpoints
    assert charge == Endpoint(
        name="charge",
        match="POST /charges",
        idempotency="create",
        request_schema={"type": "object"},
        response_schema={"type": "object", "required": ["id"]},
        protected=("/amount",),
        may_clamp=("/count",),
        repair=True,
        adapt=True,
        degrade=Degrade(
            ("stale", "file", "example", "post"), b'{"id": 0}', {"a": 1}, "/mock", writes=True
        ),
        queue="charges",
        planner="evil",
    )
    assert listing == Endpoint(name="list", match="GET /charges", response_schema={})
    assert pay.fallback == Endpoint(adapt=True)


def test_the_rest_of_the_file_is_in_force_too(folder: Path, pay: Destination) -> None:
    rules = Policy.load("healer.yaml").rules
    assert (pay.says_processed, pay.call_header, pay.planner) == (True, True, "heuristic")
    assert rules.bounds == Bounds(requests=5, deadline_s=12)
    assert rules.planner == "scripted"
    assert rules.secret_headers == {"x-pin"}
    assert rules.journal == Keep(days=7, megabytes=256)
    assert rules.planner_budgets == {"gemini": {"calls_per_day": 10, "usd_per_day": 0.5}}
    assert pay.policy == str(folder / "healer.yaml")


def test_nothing_is_allowed_that_is_not_said() -> None:
    rules = Policy.parse(
        "version: 1\ndestinations: {pay: {regions: [{name: us, url: https://a.example}]}}\n"
    ).rules
    (pay,) = rules.destinations
    assert pay.fallback == Endpoint()
    assert (pay.says_processed, pay.call_header, pay.credentials) == (False, False, ())
    assert (rules.bounds, rules.planner) == (Bounds(), "heuristic")
    assert rules.journal is None


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"{", "is not JSON"),
        (b"[1]", "is not a JSON object"),
        (b"[" * 100_000, "is not JSON"),
        (b"\xff\xfe\xfd", "is not JSON"),
        (b" " * 1_048_577, "is larger than 1 MiB"),
        (b'{"type": "nonsense"}', "not a JSON Schema"),
        (b'{"items": {"$ref": "file:///etc/passwd"}}', "a $ref to elsewhere"),
    ],
    ids=["cut", "list", "deep", "bytes", "large", "schema", "reference"],
)
def test_a_contract_file_that_cannot_be_used_is_told_with_the_line(
    folder: Path, content: bytes, what: str
) -> None:
    (folder / "charge.json").write_bytes(content)
    with pytest.raises(PolicyError, match=what.replace("$", r"\$")) as caught:
        Policy.parse(
            "version: 1\ndestinations:\n  pay:\n"
            "    regions: [{name: us, url: https://a.example}]\n"
            "    endpoints: [{name: c, match: GET /c, contract: {response: charge.json}}]\n"
        )
    assert caught.value.where == "healer.yaml:5"


def test_a_schema_may_refer_to_its_own_parts() -> None:
    rules = Policy.parse(
        "version: 1\ndestinations: {pay: {regions: [{name: us, url: https://a.example}],\n"
        "  endpoints: [{name: c, match: GET /c, contract:\n"
        "    {response: {$defs: {id: {type: string}}, properties: {id: {$ref: '#/$defs/id'}}}}}]}}"
    ).rules
    assert rules.destinations[0].endpoints[0].response_schema is not None


def test_a_destination_changes_gates_that_hold_for_all() -> None:
    rules = Policy.parse(
        "version: 1\n"
        "gates: {pacer: off, concurrency: 9, breaker: {window: 500ms}}\n"
        "destinations:\n"
        "  one:\n"
        "    regions: [{name: us, url: https://a.example}]\n"
        "    gates: {concurrency: 3, retry_budget: {refill_per_s: 0.5}, gone: 2d}\n"
        "  two: {regions: [{name: us, url: https://b.example}]}\n"
    ).rules
    everywhere = GateBounds(pacer=False, concurrency=9, breaker_window_s=0.5)
    one, two = rules.destinations
    assert rules.gates == everywhere
    assert one.gates == replace(everywhere, concurrency=3, retry_refill_per_s=0.5, gone_s=172_800)
    assert two.gates is None


def test_every_row_of_the_gates_has_a_key_and_is_shown_as_it_is_set() -> None:
    assert set(GATES.keys) == {row.name for row in fields(GateBounds)}
    odd = GateBounds(7, 6, 5, 4, 3.5, 2, 99.5, 0.25, 90.0, 8, False, 172_800.0, 5400.0, 75.5)
    text = show(Policy(Rules(gates=odd)))
    assert Policy.parse(text).rules.gates == odd


def test_every_row_of_a_queue_has_a_key_and_is_shown_as_it_is_set() -> None:
    assert set(QUEUES.keys) == {row.name for row in fields(QueueRule)}
    odd = QueueRule(3, 0.5, 90.0, 45.0, 2, 0.5, 5, 60.0, 7200.0, 86_400.0, 7, 0.25 + 1.75, 0)
    text = show(Policy(Rules(queues={"charges": odd})))
    assert "rate: 30/m" in text
    assert Policy.parse(text).rules.queues == {"charges": odd}


def test_a_queue_that_is_not_listed_has_the_defaults() -> None:
    rules = Policy.parse("version: 1\nqueues: {charges: {rate: 50/s, keep: {dead: 14d}}}\n").rules
    assert rules.queue("charges") == QueueRule(rate_per_s=50.0, keep_dead_s=1_209_600.0)
    assert rules.queue("others") == QueueRule()
