from collections.abc import Callable

import pytest

from battle_healer.errors import PolicyError
from battle_healer.policy import Policy

Refusal = Callable[[str], PolicyError]

HEAD = (
    "version: 1\ndestinations:\n  pay:\n    regions:\n      - {name: us, url: https://a.example}\n"
)
"""Five lines that parse; what a case adds begins at line 6."""

CREDENTIAL = HEAD + "    credentials:\n      - name: main\n"
TOKEN = CREDENTIAL + "        token: {env: A}\n"
ENDPOINT = HEAD + "    endpoints:\n      - name: charge\n        match: POST /charges\n"

SHAPE = [
    ("destination: {}\nversion: 1\n", 1, "unknown key 'destination'", "mean 'destinations'?"),
    (
        ENDPOINT + "        idempotancy: create\n", 9,
        "unknown key 'idempotancy' in endpoints[0]", "Did you mean 'idempotency'?",
    ),
    (
        ENDPOINT + "        idempotency: honored\n", 9,
        "unknown idempotency 'honored'", "Did you mean 'honoured'? Known: create, honoured,",
    ),
    (
        CREDENTIAL + "        tier: bakcup\n        token: {env: A}\n", 8,
        "unknown tier 'bakcup'", "Did you mean 'backup'? Known: backup, free-tier, primary.",
    ),
    ("version: 2\n", 1, "unknown version '2'", "Known: 1."),
    ("destinations: {}\n", 1, "`version` is missing", "Add it."),
    (CREDENTIAL, 7, "`token` is missing in credentials[0]", "Add it."),
    (HEAD + "    says_processed: 1\n", 6, "says_processed must be on or off", "Write on or off."),
    (HEAD + "    endpoints: {a: b}\n", 6, "endpoints must be a list", "Write [a, b]"),
    ("version: 1\ndestinations: [a]\n", 2, "destinations must be a mapping", "Write {key: value}"),
    ("version: 1\ndestinations: {pay: {regions: []}}\n", 2, "regions must not be empty", "Give at"),
    ("version: 1\ndestinations:\n  1pay: {}\n", 3, "1pay is not a name of letters", "Begin with a"),
    (ENDPOINT + "        queue: 12\n", 9, "queue must be text", "Put it in quotes"),
    ("version: 1\nbounds: {requests: 1.5}\n", 2, "requests must be a whole number", "Write it"),
    ("version: 1\nbounds:\n  requests: 0\n", 3, "requests is out of range", "Give at least 1."),
    ("version: 1\nbounds:\n  requests: 51\n", 3, "requests is out of range", "Give at most 50."),
    ("version: 1\nbounds:\n  refreshes: 2\n", 3, "refreshes is out of range", "Give at most 1."),
    ("version: 1\njournal:\n  days: 0\n", 3, "days is out of range", "Give at least 1."),
    ("- 1\n", 1, "the policy must be a mapping", "Write {key: value}"),
    (
        HEAD + "    endpoints:\n      - {name: a, match: post /x}\n", 7,
        "match is not of the form `METHOD /path`", "Write an upper-case method",
    ),
    (
        HEAD + "    endpoints:\n      - {name: a, match: 'GET /x?y=1'}\n", 7,
        "match is not of the form", "Write an upper-case method",
    ),
    (
        ENDPOINT + "        protected: [/amount, amount]\n", 9,
        "protected[1] is not a JSON Pointer", "Begin with a slash",
    ),
    (ENDPOINT + "        protected: [/a~2]\n", 9, "protected[0] is not a JSON Pointer", "Begin"),
    (TOKEN + "        daily_calls: 0\n", 9, "daily_calls is out of range", "Give at least 1."),
    (TOKEN + "        cost: {per_call: -1}\n", 9, "per_call is out of range", "Give at least 0."),
    (TOKEN + "        cost: {per_call: .inf}\n", 9, "per_call must be a number", "Write it"),
    (TOKEN + "        cost: {currency: EUR}\n", 9, "`per_call` is missing in cost", "Add it."),
    (
        TOKEN + "        cost: {per_call: 1, currency: euro}\n", 9,
        "currency is not a currency", "Write its ISO 4217 code",
    ),
    (
        "version: 1\ngates: {near_quota_percent: 101}\n", 2,
        "near_quota_percent is out of range", "Give 1 to 100.",
    ),
]  # fmt: skip

CONTRADICTION = [
    (
        HEAD + "      - {name: us, url: https://b.example}\n", 6,
        "two regions with the name 'us'", "Change or remove one.",
    ),
    (
        HEAD + "      - {name: eu, url: HTTPS://A.example:443/}\n", 6,
        "the URL of pay.eu is that of pay.us too", "Remove it here or at pay.us",
    ),
    (
        HEAD + "  other:\n    regions: [{name: x, url: https://a.example}]\n", 7,
        "the URL of other.x is that of pay.us too", "a URL belongs to one region",
    ),
    (
        HEAD + "      - {name: eu, url: b.example/v1}\n", 6,
        "url is a URL without scheme http or https", "Write it whole",
    ),
    (HEAD + "      - {name: eu, url: /eu}\n", 6, "url is a relative URL", "Write it whole"),
    (
        HEAD + "      - {name: eu, url: 'https://joe:s3cr3t@b.example'}\n", 6,
        "url is a user name or password in a URL", "declare a credential instead",
    ),
    (
        HEAD + "      - {name: eu, url: 'https://b.example/v1?key=s3cr3t'}\n", 6,
        "url is a query or fragment in a region URL", "End the URL with its path.",
    ),
    (
        "version: 1\ndestinations:\n  https: {regions: [{name: a, url: https://a.example}]}\n", 3,
        "a destination called 'https'", "Choose another name",
    ),
    (
        CREDENTIAL + "        token: {env: A}\n      - {name: main, token: {env: B}}\n", 9,
        "two credentials with the name 'main'", "Change or remove one.",
    ),
    (CREDENTIAL + "        token: {}\n", 8, "a token with no source", "Name one of env, file,"),
    (
        CREDENTIAL + "        token: {env: A, file: b}\n", 8,
        "a token with several sources", "Name one of env, file,",
    ),
    (
        CREDENTIAL + "        token: {env: A, body: {}}\n", 8,
        "`body` without `post`", "It describes a `post` source.",
    ),
    (
        CREDENTIAL + "        token: {env: A}\n        refresh:\n          post: https://evil.example/r\n",
        10, "post leaves the declared origins", "Write a path under the region",
    ),
    (
        CREDENTIAL + "        token: {post: //evil.example/token}\n", 8,
        "post is a URL without scheme", "Write a path",
    ),
    (
        CREDENTIAL + "        token: {post: 'https://a.example.evil.example/t'}\n", 8,
        "post leaves the declared origins", "Write a path under the region",
    ),
    (
        ENDPOINT + "      - {name: charge, match: GET /x}\n", 9,
        "two endpoints with the name 'charge'", "Change or remove one.",
    ),
    (
        ENDPOINT + "      - {name: again, match: POST /charges}\n", 9,
        "two endpoints with the match 'POST /charges'", "Change or remove one.",
    ),
    (
        ENDPOINT + "        adapt: on\n", 9,
        "adapt is on without an expected shape", "Add contract: {response: …}",
    ),
    (
        ENDPOINT + "        protected: [/a]\n        may_clamp: [/a]\n", 10,
        "/a is protected and may be clamped", "Keep it in one of the two lists.",
    ),
    (
        ENDPOINT + "        degrade: {tiers: [stale, file]}\n", 9,
        "`file` stands in one place of two", "Give the key `file` and list it",
    ),
    (
        ENDPOINT + "        degrade: {tiers: [stale], example: 1}\n", 9,
        "`example` stands in one place of two", "Give the key `example`",
    ),
    (
        ENDPOINT + "        degrade: {tiers: [schema]}\n", 9,
        "the tier `schema` without an expected shape", "Add contract",
    ),
    (
        ENDPOINT + "        queue: paymnets\nqueues: {payments: {}}\n", 9,
        "unknown queue 'paymnets'", "Did you mean 'payments'?",
    ),
    (
        "version: 1\nbounds: {backoff_cap_s: 1, backoff_base_s: 2}\n", 2,
        "`backoff_base_s` is larger than `backoff_cap_s` (1)", "Lower it, or raise the cap.",
    ),
    (
        ENDPOINT + "        contract: {response: {type: strin}}\n", 9,
        "not a JSON Schema: 'strin'", "draft 2020-12",
    ),
    (
        ENDPOINT + "        contract:\n          request: {$ref: 'https://evil.example/s'}\n", 10,
        "a schema with a $ref to elsewhere", "a contract is never fetched",
    ),
    (
        ENDPOINT + "        contract: {response: nowhere.json}\n", 9,
        "nowhere.json cannot be read (FileNotFoundError)", "Paths are relative to",
    ),
    (
        "version: 1\ngates:\n  breaker:\n    window: 2h\n", 4,
        "window is out of range", "Give 100ms to 1h.",
    ),
    (
        HEAD + "    gates:\n      concurrency: 0\n", 7,
        "concurrency is out of range", "Give 1 to 1000000.",
    ),
    (
        "version: 1\ngates:\n  retry_budget: {per_failure: 0}\n", 3,
        "per_failure is out of range", "Give 1 to 1000000.",
    ),
    (
        HEAD + "    gates:\n      retry_budget: {tokens: 10}\n", 7,
        "a full retry budget (10) never pays for a resend", "Give at least 14 tokens",
    ),
    (
        "version: 1\nplanner_budgets:\n  heuristic: {calls_per_day: 1}\n", 3,
        "the planner 'heuristic' has no budget of its own", "Known: gemini",
    ),
    (
        "version: 1\nqueues:\n  pay:\n    max_failures: 0\n", 4,
        "max_failures is out of range", "Give 1 to 1000.",
    ),
    (
        "version: 1\nqueues:\n  pay:\n    rate: 0/s\n", 4,
        "rate is out of range", "Give 1/d to 999999/s.",
    ),
    (
        "version: 1\nqueues:\n  pay:\n    keep: {dead: 366d}\n", 4,
        "dead is out of range", "Give 0ms to 365d.",
    ),
    (
        "version: 1\nqueues:\n  pay:\n    backoff: {cap: 1s}\n", 4,
        "backoff begins at 2 s, above its cap", "Lower the base",
    ),
    (
        "version: 1\nqueues:\n  pay:\n    max_failurs: 3\n", 4,
        "unknown key 'max_failurs'", "Did you mean 'max_failures'?",
    ),
    ("version: 1\ndefaults:\n  planner: heurstic\n", 3, "unknown planner 'heurstic'", "Did you"),
]  # fmt: skip

LATER = [
    ("version: 1\nnotifications: [{to: {env: HOOK}}]\n", 2, "notifications"),
    (TOKEN + "        daily_tokens: 1000\n", 9, "daily_tokens"),
    (TOKEN + "        cost: {per_call: 1, per_1000_tokens: 2}\n", 9, "per_1000_tokens"),
    (ENDPOINT + "        key_ttl: 24h\n", 9, "key_ttl"),
]


@pytest.mark.parametrize(
    ("text", "line", "what", "fix"),
    SHAPE + CONTRADICTION,
    ids=[what for _, _, what, _ in SHAPE + CONTRADICTION],
)
def test_an_error_says_what_where_and_what_would_be_right(
    refusal: Refusal, text: str, line: int, what: str, fix: str
) -> None:
    error = refusal(text)
    assert error.where == f"healer.yaml:{line}"
    assert error.what.startswith(what)
    assert fix in error.fix
    assert "s3cr3t" not in str(error)
    assert "pydantic" not in str(error)


@pytest.mark.parametrize(("text", "line", "key"), LATER, ids=[key for _, _, key in LATER])
def test_a_key_of_a_later_feature_is_refused_by_name(
    refusal: Refusal, text: str, line: int, key: str
) -> None:
    error = refusal(text)
    assert error.where == f"healer.yaml:{line}"
    assert error.what == f"`{key}` is not in this version"


@pytest.mark.parametrize("planner", ["playbook", "openai_compatible"])
def test_a_planner_of_a_later_version_is_refused_by_name(refusal: Refusal, planner: str) -> None:
    error = refusal(f"version: 1\ndefaults: {{planner: {planner}}}\n")
    assert error.what == f"the planner `{planner}` is not in this version"


def test_the_five_lines_that_the_cases_add_to_parse() -> None:
    assert Policy.parse(HEAD).rules.destinations[0].name == "pay"


def test_an_empty_policy_says_how_to_begin(refusal: Refusal) -> None:
    assert refusal("# nothing yet\n").fix == "Begin with `version: 1`."


@pytest.mark.parametrize(
    "token",
    ["s3cr3t", "{s3cr3t}", "{env: s3cr3t-x}", "{value: s3cr3t}", "{file: [s3cr3t]}"],
)
def test_a_token_written_into_the_policy_is_not_repeated(refusal: Refusal, token: str) -> None:
    error = refusal(CREDENTIAL + f"        token: {token}\n")
    assert error.where == "healer.yaml:8"
    assert "s3cr3t" not in str(error)
    assert error.__context__ is None


@pytest.mark.parametrize("pointer", ["/" * 50_000 + "~", "/a" * 50_000 + "~3"])
def test_a_long_pointer_is_refused_at_once(refusal: Refusal, pointer: str) -> None:
    error = refusal(ENDPOINT + f"        protected: ['{pointer}']\n")
    assert error.what == "protected[0] is not a JSON Pointer"


def test_the_first_line_is_told_first_and_the_others_are_counted(refusal: Refusal) -> None:
    error = refusal("version: 1\nbounds: {requests: 0}\ndefauls: {}\nqueus: {}\n")
    assert error.where == "healer.yaml:2"
    assert error.fix.endswith("`healer policy check` shows 2 more.")
