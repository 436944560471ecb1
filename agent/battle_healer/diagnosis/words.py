"""The words of errors and what they mean: codes first, and sentences where codes say little.

A code (`IDEMPOTENCY_KEY_IN_USE`, `ExpiredTokenException`, `…/problems/region-down`) is cut into
lower-case words before it is compared, so one row serves all spellings. Rows are asked in order;
the first that fits decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from battle_healer.model import CredentialFault, Kind

_MOST_TEXT: Final = 2_000
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word says. credential is None where the credential is not what is wrong."""

    kind: Kind
    credential: CredentialFault | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """One row: a pattern over lower-case words (codes) or over a sentence (prose)."""

    pattern: re.Pattern[str]
    meaning: Meaning


def _word(pattern: str, kind: Kind, credential: CredentialFault | None = None) -> Word:
    return Word(re.compile(pattern), Meaning(kind, credential))


def _sentence(pattern: str, kind: Kind, credential: CredentialFault | None = None) -> Word:
    return Word(re.compile(pattern, re.IGNORECASE), Meaning(kind, credential))


_KEY = "idempoten(?:cy|t)"
_GRANT = r"(?:token|jwt|session|auth\w*|key|credentials?|login|certificate)"

_ALLOWANCE = r"(?:quotas?|credits?|allowance|allotment|entitlement|(?:plan|usage) limit)"
_SPENT = r"(?:exceeded|exhausted|reached|spent|used up|used|consumed|depleted|gone|over)"
_SAID_SPENT = r"(?:exceeded|exhausted|spent|used up|consumed|depleted)"

CODES: Final[tuple[Word, ...]] = (
    _word(rf"{_KEY}.*(?:in use|in progress|processing|outstanding|concurrent)", Kind.IN_PROGRESS),
    _word(r"(?:request|operation) (?:still )?in progress|^in progress$|concurrent request",
          Kind.IN_PROGRESS),
    _word(rf"{_KEY}.*(?:missing|required)|(?:missing|no) {_KEY}", Kind.INVALID_REQUEST),
    _word(
        rf"{_KEY}.*(?:reuse|conflict|mismatch|different|used|error)|key (?:reused|conflict)",
        Kind.KEY_REUSED,
    ),
    _word(r"signature.*(?:expired|invalid|mismatch)|time too skewed|invalid signature",
          Kind.CREDENTIAL_INVALID, "invalid"),
    _word(rf"expired.* ?{_GRANT}|{_GRANT}.*expired", Kind.CREDENTIAL_EXPIRED, "expired"),
    _word(rf"revoked|{_GRANT} (?:disabled|deactivated)|account inactive",
          Kind.CREDENTIAL_INVALID, "revoked"),
    _word(rf"(?:missing|no) (?!such)(?:\w+ ){{0,2}}{_GRANT}|not authed"
          rf"|{_GRANT} (?:missing|required)",
          Kind.CREDENTIAL_INVALID, "missing"),
    _word(r"(?:missing|insufficient|invalid) (?:\w+ )?scopes?|scopes? insufficient"
          r"|insufficient (?:permissions?|privileges?)", Kind.PERMISSION_DENIED, "scope"),
    _word(r"daily|monthly|per day|per month|insufficient quota|quota$"
          rf"|{_ALLOWANCE} (?:\w+ )?{_SPENT}|{_SPENT} {_ALLOWANCE}"
          rf"|(?:out of|no) {_ALLOWANCE}|plan limit|usage limit", Kind.QUOTA_EXHAUSTED),
    _word(r"throttl|rate ?limit|too ?many ?requests|slow ?down|throughput exceeded|rate exceeded"
          r"|rejected execution|request limit|bandwidth limit|limit exceeded$",
          Kind.RATE_LIMITED),
    _word(r"payment|billing|budget|insufficient (?:funds|balance|credits?)|credit balance"
          r"|card (?:declined|error)|subscription (?:expired|inactive|required)",
          Kind.PAYMENT_REQUIRED),
    _word(rf"(?:invalid|incorrect|unknown|bad|malformed|unrecognized|wrong) (?:\w+ )*?"
          rf"(?:{_GRANT}|client|grant|access key)\b|{_GRANT}(?: \w+)? (?:invalid|not valid)"
          r"|unauthenticated|unauthori[sz]ed$|authentication (?:error|failed|failure)"
          r"|not authenticated|unrecognized client", Kind.CREDENTIAL_INVALID, "invalid"),
    _word(r"unsupported (?:country|region|location)|service disabled|geo ?block|ip (?:block|not)"
          r"|country|tier|plan required|account (?:suspended|frozen)", Kind.PERMISSION_DENIED),
    _word(r"access denied|forbidden|permission|not authori[sz]ed|authori[sz]ation (?:failed|error)"
          r"|access not allowed|not allowed to|restricted", Kind.PERMISSION_DENIED, "scope"),
    _word(r"too ?large|entity too|payload size|size limit|length exceeded|message too long",
          Kind.TOO_LARGE),
    _word(r"already (?:exists|owned|\w+ed)|conflict|duplicate|(?<!failed )precondition"
          r"|condition not met|conditional check|locked|version mismatch|stale|not empty|archived"
          r"|aborted|operation in progress|resource in use|optimistic|etag", Kind.CONFLICT),
    _word(r"invalid scope", Kind.INVALID_REQUEST),
    _word(r"unavailable|overload|maintenance|timeout|timed out|deadline exceeded|temporar|try again"
          r"|capacity|region down|server busy|busy", Kind.UNAVAILABLE),
    _word(r"not found|no such|does not exist|non ?existent|unknown (?:resource|message|user|url)"
          r"|gone$|deleted", Kind.NOT_FOUND),
    _word(r"unsupported (?:api )?version|unsupported (?:media|method|operation|content)"
          r"|method not allowed|not supported|not implemented|unimplemented|not acceptable",
          Kind.NOT_SUPPORTED),
    _word(r"internal|server error|service failed|unexpected (?:error|failure)|fatal|api error"
          r"|retryable error|unknown error", Kind.SERVER_ERROR),
    _word(r"invalid|validation|malformed|missing|required|unprocessable|bad request|bad user input"
          r"|parse|parsing|serialization|unknown (?:field|param\w*|argument|property)|out of range"
          r"|unsupported param\w*|failed precondition|illegal|not valid|type mismatch",
          Kind.INVALID_REQUEST),
)  # fmt: skip

SENTENCES: Final[tuple[Word, ...]] = (
    _sentence(r"idempoten\w+[ -]key.{0,120}(?:being processed|in[- ]progress|outstanding|running)"
              r"|(?:being processed|in[- ]progress|outstanding).{0,120}idempoten\w+[ -]key"
              r"|in[- ]progress request using this idempotent key"
              r"|\brequest (?:is )?(?:already |still |currently )?"
              r"(?:in[- ]progress|being processed)", Kind.IN_PROGRESS),
    _sentence(r"idempoten\w+[ -]key.{0,40}(?:missing|required|must be)"
              r"|missing.{0,20}idempoten\w+[ -]key", Kind.INVALID_REQUEST),
    _sentence(r"(?:idempoten\w+[ -]key|keys? for idempotent).{0,160}"
              r"(?:already|before|first used|different|another|reused|same param)",
              Kind.KEY_REUSED),
    _sentence(r"signature (?:has )?expired|request time .{0,40}too large|clock skew"
              r"|signature.{0,40}does not match", Kind.CREDENTIAL_INVALID, "invalid"),
    _sentence(rf"(?:expired (?:api )?{_GRANT}|{_GRANT}\b[^.]{{0,60}}\b(?:has |is |was )?"
              r"(?:expired|expiry))", Kind.CREDENTIAL_EXPIRED, "expired"),
    _sentence(rf"{_GRANT}\b[^.]{{0,60}}\brevoked|revoked (?:\w+ )?{_GRANT}",
              Kind.CREDENTIAL_INVALID, "revoked"),
    _sentence(r"didn't provide an? api key|credentials? (?:were|was) not provided"
              r"|missing (?:\w+ ){0,2}(?:authentication|credentials?|authorization|api key|token)"
              r"|requires authentication|authentication (?:is )?required|not authenticated"
              r"|no (?:api key|token|credentials)", Kind.CREDENTIAL_INVALID, "missing"),
    _sentence(r"(?:location|country|region|territory)[^.]{0,40}(?:not supported|not available|"
              r"banned)|banned the country|not (?:supported|available) in[^.]{0,20} (?:location|"
              r"country|region|territory)|ip address[^.]{0,60}(?:not|block|den|ban)"
              r"|allow ?list|has not been used in project|it is disabled", Kind.PERMISSION_DENIED),
    _sentence(r"\b(?:scopes?|permissions?|privileges?|role)\b.{0,80}(?:required|missing|granted|"
              r"need|insufficient|not have)|(?:required?|missing|insufficient|need|without|lacks?|"
              r"not have|granted all required).{0,60}\b(?:scopes?|permissions?|privileges?|role)\b"
              r"|approval for .{0,40}scope", Kind.PERMISSION_DENIED, "scope"),
    _sentence(r"\b(?:not|isn't|un)[ -]?authori[sz]ed to\b|is unauthorized for|does not have "
              r"(?:authorization|access)|access denied|cannot \w+ resource|not accessible by",
              Kind.PERMISSION_DENIED, "scope"),
    _sentence(r"billing (?:to be enabled|details are)|credit balance|balance is too low"
              r"|payment (?:method|is|information|required)|card (?:was|has been) declined"
              r"|insufficient (?:funds|balance|credit)|purchase credits", Kind.PAYMENT_REQUIRED),
    _sentence(r"\bper[ -]?day|\bdaily\b|\bmonthly\b|\bper[ -]?month|exceeded your current quota"
              r"|plan'?s? (?:monthly |daily )?(?:allowance|limit|quota)"
              rf"|{_ALLOWANCE}\b[^.]{{0,60}}?\b{_SAID_SPENT}\b"
              rf"|{_SAID_SPENT} [^.]{{0,40}}?{_ALLOWANCE}\b"
              rf"|\b(?:no|out of)(?: (?:more|api|remaining|free|included))* {_ALLOWANCE}\b"
              rf"|\b(?:0|zero) {_ALLOWANCE} (?:left|remain\w*)"
              r"|exceeds the service quota",
              Kind.QUOTA_EXHAUSTED),
    _sentence(r"rate[- _]?limit|too many requests|throttled|requests? rate is large|slow down"
              r"|retry later|exceeded \d+ calls per|calls per second|request rate"
              r"|secondly_rolling", Kind.RATE_LIMITED),
    _sentence(r"(?:api|access|auth)[ -]?(?:key|token)[^.]{0,60}(?:not valid|invalid|incorrect|"
              r"malformed|wrong)|(?:invalid|incorrect|bad|malformed)(?: \S+){0,2} (?:x-)?"
              r"(?:api[ -]?keys?|credentials?|tokens?|authorization|access key)\b"
              r"|invalid authentication|security token.{0,40}invalid|wrong issuer",
              Kind.CREDENTIAL_INVALID, "invalid"),
    _sentence(r"(?:header|cookie|entity|body|payload|request|uri|url|upload)[^.]{0,40}too (?:large|"
              r"long)|exceeds the maximum (?:allowed )?size|maximum allowed size", Kind.TOO_LARGE),
    _sentence(r"already (?:exists?|been taken|in use|taken)|has already been", Kind.CONFLICT),
    _sentence(r"\boverloaded\b|temporarily unavailable|under maintenance|service unavailable",
              Kind.UNAVAILABLE),
    _sentence(r"no longer supported|not supported for this", Kind.NOT_SUPPORTED),
)  # fmt: skip


def words_of(code: str) -> str:
    """A code as lower-case words: the last part of a URL or namespace, cut at humps and signs."""
    code = code[:200]
    name, _, address = code.partition(":")
    if address.startswith(("http://", "https://", "//")) and name not in ("http", "https"):
        code = name
    for mark in ("#", "/"):
        if mark in code:
            code = code.rstrip(mark).rpartition(mark)[2] or code
    return _OTHER.sub(" ", _HUMP.sub(" ", code).lower()).strip()


def of_code(code: str) -> Meaning | None:
    """What a code means, None where no row knows it (a bare number is no word)."""
    words = words_of(code)
    if not words or words.replace(" ", "").isdigit():
        return None
    return _meaning(CODES, words)


def of_sentence(text: str) -> Meaning | None:
    """What a sentence means, None where no row knows it."""
    return _meaning(SENTENCES, text[:_MOST_TEXT])


def _meaning(rows: tuple[Word, ...], text: str) -> Meaning | None:
    return next((row.meaning for row in rows if row.pattern.search(text)), None)
