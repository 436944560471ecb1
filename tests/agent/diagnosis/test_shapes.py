"""Each error shape, read by its reader. A row names where the shape is documented."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.support.building import WHEN, attempt, call, destination

from battle_healer.diagnosis import READERS, diagnose
from battle_healer.model import Diagnosis, Kind, Reply

PROBLEM = "application/problem+json"
JSON = "application/json"
SENT = {"items": [{"price": 3}], "name": "cup", "unitPrice": "3", "colour": "teal"}


@dataclass(frozen=True)
class Row:
    source: str
    reader: str
    status: int
    body: Any
    kind: Kind
    media: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    sent: Any = field(default_factory=lambda: SENT)
    credential: str | None = None
    fields: tuple[str, ...] = ()
    soft: bool = False


ROWS = [
    Row("RFC 9457, 3.1", "problem_json", 422,
        {"type": "https://x.example/validation", "title": "Invalid", "status": 422,
         "errors": [{"pointer": "#/items/0/price", "detail": "must be an integer"}]},
        Kind.INVALID_REQUEST, PROBLEM, fields=("/items/0/price",)),
    Row("RFC 9457: a type of one's own", "problem_json", 503,
        {"type": "https://x.example/problems/region-down", "title": "Down", "status": 503},
        Kind.UNAVAILABLE, PROBLEM),
    Row("RateLimit draft-11: quota-exceeded", "problem_json", 429,
        {"type": "https://iana.org/assignments/http-problem-types#quota-exceeded",
         "title": "Quota", "violated-policies": ["day"]}, Kind.QUOTA_EXHAUSTED, PROBLEM,
        {"Retry-After": "21600"}),
    Row("RateLimit draft-11: the same type, soon over", "problem_json", 429,
        {"type": "https://iana.org/assignments/http-problem-types#quota-exceeded",
         "title": "Quota"}, Kind.RATE_LIMITED, PROBLEM, {"Retry-After": "12"}),
    Row("Idempotency-Key draft-07: reused", "problem_json", 422,
        {"title": "Idempotency-Key is already used", "detail": "It MUST not be reused."},
        Kind.KEY_REUSED, PROBLEM),
    Row("Idempotency-Key draft-07: missing", "problem_json", 400,
        {"title": "Idempotency-Key is missing"}, Kind.INVALID_REQUEST, PROBLEM,
        fields=("header:idempotency-key",)),
    Row("FastAPI: body", "fastapi_detail", 422,
        {"detail": [{"loc": ["body", "items", 0, "price"], "type": "int_type", "msg": "int"}]},
        Kind.INVALID_REQUEST, fields=("/items/0/price",)),
    Row("FastAPI: query, header and path", "fastapi_detail", 422,
        {"detail": [{"loc": ["query", "limit"], "type": "missing", "msg": "Field required"},
                    {"loc": ["header", "X-Tenant"], "type": "missing", "msg": "Field required"},
                    {"loc": ["path", "id"], "type": "int_parsing", "msg": "not an integer"}]},
        Kind.INVALID_REQUEST, fields=("query:limit", "header:x-tenant", "path:id")),
    Row("FastAPI: the text is no JSON", "fastapi_detail", 422,
        {"detail": [{"loc": ["body", 9], "type": "json_invalid", "msg": "JSON decode error"}]},
        Kind.INVALID_REQUEST),
    Row("Stripe: param in brackets", "error_object", 400,
        {"error": {"type": "invalid_request_error", "param": "items[0][price]", "message": "no"}},
        Kind.INVALID_REQUEST, fields=("/items/0/price",)),
    Row("Anthropic: the field stands in the sentence", "error_object", 400,
        {"type": "error", "error": {"type": "invalid_request_error",
                                    "message": "items.0.price: Input should be a valid integer"}},
        Kind.INVALID_REQUEST, fields=("/items/0/price",)),
    Row("OData 4.01, 21.1", "error_object", 400,
        {"error": {"code": "BadInput", "message": "no",
                   "details": [{"code": "Range", "target": "UnitPrice", "message": "too high"}]}},
        Kind.INVALID_REQUEST, fields=("/unitPrice",)),
    Row("OpenAI: insufficient_quota", "error_object", 429,
        {"error": {"code": "insufficient_quota", "message": "check your plan"}},
        Kind.QUOTA_EXHAUSTED),
    Row("AIP-193: ErrorInfo", "google_rpc", 401,
        {"error": {"code": 401, "status": "UNAUTHENTICATED", "message": "no", "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "TOKEN_EXPIRED"}]}},
        Kind.CREDENTIAL_EXPIRED, credential="expired"),
    Row("AIP-193: a quota per minute", "google_rpc", 429,
        {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "quota", "details": [
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure",
             "violations": [{"quotaId": "RequestsPerMinutePerUser"}]}]}}, Kind.RATE_LIMITED),
    Row("AIP-193: a quota per day", "google_rpc", 429,
        {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "quota", "details": [
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure",
             "violations": [{"quotaId": "RequestsPerDayPerUser"}]}]}}, Kind.QUOTA_EXHAUSTED),
    Row("Kubernetes: causes", "kubernetes_status", 422,
        {"kind": "Status", "status": "Failure", "reason": "Invalid",
         "details": {"causes": [{"field": "items[0].price", "message": "must be > 0"}]}},
        Kind.INVALID_REQUEST, fields=("/items/0/price",)),
    Row("Smithy, AWS JSON: a throttle under 400", "aws_json", 400,
        {"__type": "com.x.v1#ThrottlingException", "message": "slow"}, Kind.RATE_LIMITED),
    Row("Smithy, restJson1: the name in a header", "aws_json", 403, {"message": "no"},
        Kind.CREDENTIAL_EXPIRED, headers={"x-amzn-errortype": "ExpiredTokenException:http://i/"},
        credential="expired"),
    Row("GraphQL over HTTP: forbidden", "graphql", 200,
        {"data": None, "errors": [{"message": "no", "extensions": {"code": "FORBIDDEN"}}]},
        Kind.PERMISSION_DENIED, credential="scope", soft=True),
    Row("Apollo Server: the status in the extensions", "graphql", 200,
        {"data": None, "errors": [{"message": "no", "extensions": {"http": {"status": 410}}}]},
        Kind.NOT_FOUND, soft=True),
    Row("GraphQL: errors of a payload", "graphql", 200,
        {"data": {"make": {"userErrors": [{"field": ["in", "qty"], "message": "must be > 0"}]}}},
        Kind.INVALID_REQUEST, sent={"query": "mutation{}", "variables": {"in": {"qty": 0}}},
        fields=("/variables/in/qty",), soft=True),
    Row("OpenSearch: bulk", "bulk_items", 200,
        {"errors": True, "items": [{"create": {"status": 429, "error": {
            "type": "rejected_execution_exception", "reason": "queue is full"}}}]},
        Kind.RATE_LIMITED, soft=True),
    Row("JSON:API 1.1: source", "error_list", 422,
        {"errors": [{"detail": "must not be blank", "source": {"pointer": "/name"}},
                    {"detail": "unknown", "source": {"parameter": "sort"}}]},
        Kind.INVALID_REQUEST, fields=("/name", "query:sort")),
    Row("GitHub: already_exists", "error_list", 422,
        {"message": "Validation Failed", "errors": [{"code": "already_exists", "field": "name"}]},
        Kind.CONFLICT, fields=("/name",)),
    Row("Rails: below the one wrapper", "field_errors", 422,
        {"errors": {"name": ["can't be blank"]}}, Kind.INVALID_REQUEST,
        sent={"cup": {"size": 1}}, fields=("/cup/name",)),
    Row("Django REST framework: nested lists", "field_errors", 400,
        {"items": [{"price": ["A valid integer is required."]}]}, Kind.INVALID_REQUEST,
        fields=("/items/0/price",)),
    Row("Discord: _errors below their fields", "field_errors", 400,
        {"message": "Invalid Form Body", "code": 50035,
         "errors": {"items": {"0": {"price": {"_errors": [{"code": "X", "message": "no"}]}}}}},
        Kind.INVALID_REQUEST, fields=("/items/0/price",)),
    Row("RFC 6749, 5.2", "oauth_error", 400,
        {"error": "invalid_grant", "error_description": "The refresh token was revoked"},
        Kind.CREDENTIAL_INVALID, credential="revoked"),
    Row("Slack: a code under 200", "oauth_error", 200, {"ok": False, "error": "token_expired"},
        Kind.CREDENTIAL_EXPIRED, credential="expired", soft=True),
    Row("Twilio", "envelope", 400, {"code": 21211, "message": "Invalid 'name' in request"},
        Kind.INVALID_REQUEST, fields=("/name",)),
    Row("an envelope with a status", "envelope", 200,
        {"code": 503, "msg": "under maintenance", "data": None}, Kind.UNAVAILABLE, soft=True),
    Row("an envelope without a reason", "envelope", 200, {"success": False}, Kind.UNKNOWN,
        soft=True),
    Row("HTML Living Standard, 9.2", "event_stream", 200,
        'event: error\ndata: {"error": {"type": "overloaded_error"}}\n\n', Kind.UNAVAILABLE,
        "text/event-stream", soft=True),
    Row("Amazon S3: a code in XML", "xml_error", 503,
        "<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>slower</Message></Error>",
        Kind.RATE_LIMITED, "application/xml"),
    Row("SOAP 1.1, 4.4: a fault under 200", "xml_error", 200,
        "<s:Envelope><s:Body><s:Fault><faultcode>s:Server</faultcode>"
        "<faultstring>Internal error</faultstring></s:Fault></s:Body></s:Envelope>",
        Kind.UNKNOWN, "text/xml", soft=True),
    Row("nginx: 502", "page", 502, "<html><h1>502 Bad Gateway</h1><hr>nginx</html>",
        Kind.UNAVAILABLE, "text/html"),
    Row("nginx: its own 400", "page", 400,
        "<html><title>400 Request Header Or Cookie Too Large</title></html>", Kind.TOO_LARGE,
        "text/html"),
    Row("RFC 6750, 3.1: expired", "challenge", 401, "", Kind.CREDENTIAL_EXPIRED, "",
        {"WWW-Authenticate": 'Bearer error="invalid_token", error_description="It expired: token"'},
        credential="expired"),
    Row("RFC 6750, 3.1: scope", "challenge", 403, "", Kind.PERMISSION_DENIED, "",
        {"WWW-Authenticate": 'Bearer error="insufficient_scope", scope="charge:write"'},
        credential="scope"),
    Row("RFC 9110, 15.6.1", "generic", 500, "", Kind.SERVER_ERROR, ""),
]  # fmt: skip


def read(row: Row) -> Diagnosis:
    body = row.body if isinstance(row.body, str) else json.dumps(row.body)
    headers = {"Content-Type": row.media} if row.media else {}
    reply = Reply(row.status, tuple((headers | row.headers).items()), body.encode())
    sent = json.dumps(row.sent).encode()
    asked = attempt(call("POST", at=destination(says_processed=False), body=sent), body=sent)
    return diagnose(asked, reply, WHEN)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.source)
def test_a_documented_shape_is_recognised(row: Row) -> None:
    found = read(row)
    assert (found.reader, found.kind, found.credential, found.fields, found.soft) == (
        row.reader, row.kind, row.credential, row.fields, row.soft,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "body", "stated"),
    [
        (410, {"message": "gone"}, 410),
        (200, {"errors": [{"extensions": {"code": "GONE", "http": {"status": 410}}}]}, 410),
        (200, {"errors": [{"extensions": {"code": "GONE", "status": 410}}]}, 410),
        (200, {"errors": [{"extensions": {"code": "GONE", "http": {"status": "x"}}}]}, None),
        (200, {"statusCode": 404, "message": "no such cup"}, 404),
    ],
)
def test_the_status_of_a_failure_is_the_replys_or_what_its_body_states(
    status: int, body: object, stated: int | None
) -> None:
    found = read(Row("", "", status, body, Kind.NOT_FOUND))
    assert (found.kind, found.status) == (Kind.NOT_FOUND, stated)


def test_every_reader_has_a_row_here() -> None:
    assert {row.reader for row in ROWS} == {reader.name for reader in READERS}
