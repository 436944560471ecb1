"""One call of a function that somebody else wrote: what is known of it, and no I/O.

Nobody knows what a function sends before it fails, so its gates are those of the endpoint that it
was given, apart from those of our clients. When it fails, the request that its exception names
says what may be done: whether calling it again is safe, where it went, and what can be parked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from battle_healer import json_text
from battle_healer.actions import abort, queue, retry
from battle_healer.clients.backend import hand_on
from battle_healer.clients.engine import Engine
from battle_healer.clients.intake import KEY_HEADER, SCHEME
from battle_healer.clients.outcomes import mark, outcome_of
from battle_healer.clients.raised import Named, close, named, named_by, trouble_of
from battle_healer.commands import Denied, Note
from battle_healer.diagnosis import diagnose
from battle_healer.episode import Ending, Kit, never
from battle_healer.errors import HealerError, NotCalledError, UsageError
from battle_healer.gates.admission import CLEAN
from battle_healer.ids import correlation_here
from battle_healer.model import (
    Attempt,
    Call,
    Entry,
    Outcome,
    OutcomeKind,
    Parked,
    Refused,
    Reply,
    Trouble,
)
from battle_healer.rules import Destination, Endpoint, Region
from battle_healer.secret import Secret

if TYPE_CHECKING:
    import httpx2

UNKNOWN: Final = "CALL"
"""The method of a call while nobody has said what it sends; it is neither safe nor repeatable."""

RETURNED: Final = Reply(0, body=None, diagnosis=CLEAN)
"""What an attempt came to that returned a value."""

_ELSEWHERE: Final = "backend"


@dataclass(frozen=True, slots=True)
class Terms:
    """How a function is healed, as `heal_api_call` was told.

    destination, endpoint: the name that was given, at its first dot. park: names the request to
    park by the function's own arguments. backend: where calls are parked that no store takes.
    """

    destination: str
    endpoint: str
    retry_attempts: int
    idempotent: bool
    park: Callable[..., httpx2.Request | None] | None
    backend: Callable[[], str | None]


class FunctionCall:
    """One call of a function, from its first attempt to its end.

    value: what it returned. error: its newest exception.
    """

    def __init__(
        self, engine: Engine, terms: Terms, given: tuple[tuple[Any, ...], Mapping[str, Any]]
    ) -> None:
        self.engine, self._terms, self._given = engine, terms, given
        self.value: Any = None
        self.has_returned = False
        self.error: Exception | None = None
        self.backend: str | None = None
        self._named: Named | None = None
        self._sent: Call | None = None
        self._attempts = 0
        self._is_known = terms.idempotent
        self._not_parked: str | None = None
        self.call = self._begun()

    def first(self) -> Attempt | Refused:
        """The first attempt, let in, or which gate refuses it."""
        place = self.engine.gates.admit(self.call)
        return place if isinstance(place, Refused) else self.unsent()

    def unsent(self) -> Attempt:
        """The first attempt, had it been made."""
        return Attempt(self.call, 1, self.call.home, None, self.call.body)

    def returned(self, attempt: Attempt, value: Any) -> tuple[Attempt, Trouble]:
        """Learn that an attempt returned a value."""
        self.value, self.has_returned = value, True
        close(self.error)
        self.engine.settle(attempt, RETURNED)
        return attempt, RETURNED

    def raised(self, attempt: Attempt, error: Exception) -> tuple[Attempt, Trouble]:
        """Learn what an attempt raised: the attempt as it is known now, and what came of it.

        Raises the error itself, its outcome noted, where no exchange can be read from it, or not
        the one that this episode is about.
        """
        self._attempts += 1
        trouble = None if _is_ours(error) else trouble_of(error)
        if trouble is not None and self._meet(error):
            attempt = replace(attempt, call=self.call)
            found = diagnose(attempt, trouble, self.engine.clock.wall())
            if found.is_failure:
                if isinstance(trouble, Reply):
                    trouble = replace(trouble, diagnosis=found)
                close(self.error)
                self.error = error
                self.engine.settle(attempt, trouble)
                return attempt, trouble
        self.gave_up(attempt)
        raise error if _is_ours(error) else mark(error, self._unread(error))

    def at_once(self) -> Any:
        """The value of a function that returned at its first attempt."""
        self.engine.journal.count_clean()
        return self.value

    def gave_up(self, attempt: Attempt) -> None:
        """Give back what an attempt held that nothing is to be learnt from."""
        self.engine.settle(attempt, None)

    @property
    def kit(self) -> Kit:
        """What the loop needs: it may wait, call again where that is safe, park, or give up."""
        kit, terms = self.engine.kit, self._terms
        bounds = kit.rules.bounds
        most = min(bounds.requests, 1 + terms.retry_attempts)
        bounds = replace(bounds, requests=most, resends=terms.retry_attempts)
        ways = (retry.ROW,) if self._is_known and self._sends_the_same() else ()
        return replace(
            kit,
            rules=replace(kit.rules, bounds=bounds),
            actions=(*ways, queue.ROW, abort.ROW),
            can_park=self._can_be_parked,
            has_stale=never,
        )

    def _sends_the_same(self) -> bool:
        """Whether a second call sends the same key, as far as anybody can know (I1).

        A function that makes its own key makes another one when it is called again.
        """
        call, (arguments, keywords) = self.call, self._given
        given = (*arguments, *keywords.values())
        return call.idempotent or call.key is None or any(value == call.key for value in given)

    def note(self, note: Note) -> None:
        """Tell whoever watches."""
        self.engine.journal.note(self.call, note)

    def ended(self, ending: Ending) -> Outcome:
        """Note how the episode ended; the outcome as the caller is told it."""
        outcome = ending.outcome
        if ending.trouble is RETURNED:
            outcome = replace(outcome, status=None, reason="the function returned")
        elif outcome.kind is OutcomeKind.FAILED:
            outcome = replace(outcome, reason="; ".join([outcome.reason, *self._why_no_more()]))
        self.engine.journal.record(self.call, outcome)
        return outcome

    def failure(self, outcome: Outcome) -> Exception:
        """What the caller gets of a failure: the function's own newest exception."""
        error = self.error or NotCalledError(
            f"the function was not called: {outcome.reason}",
            f"heal_api_call({self._terms.destination})",
            "Call it again later: what it talks to was found unwell by other calls.",
        )
        return mark(error, outcome)

    def park(self, entry: Entry) -> Parked | Denied:
        """Store the request that the exception, or `park=`, names; with the backend if need be."""
        answer = self._parked(entry)
        if isinstance(answer, Denied):
            self._not_parked = answer.why
        return answer

    def _why_no_more(self) -> Iterator[str]:
        """What only a call of a function knows of why it failed."""
        if not self._is_known:
            yield "its request is unknown, so only `idempotent=True` would let it be called again"
        if self._not_parked is not None:
            yield f"not parked: {self._not_parked}"

    def _parked(self, entry: Entry) -> Parked | Denied:
        if self._sent is None:
            return Denied("nobody has named a request")
        entry = _entry_of(entry, self._sent)
        if self.engine.kit.can_park or self.backend is None:
            return self.engine.park(entry)
        try:
            failed = self._failed(entry)
        except UnicodeDecodeError:
            return Denied("its body is no text, which the backend takes")
        return hand_on(self.backend, failed, self.call.deadline - self.engine.now())

    def _failed(self, entry: Entry) -> dict[str, Any]:
        """An entry as `/queue-failed` takes it; never a credential (I2)."""
        error, trouble = self.error, trouble_of(self.error) if self.error else None
        status = trouble.status if isinstance(trouble, Reply) else None
        row = {
            "request_id": entry.call_id,
            "correlation_id": entry.correlation_id,
            "endpoint": self._terms.endpoint or self._terms.destination,
            "provider": entry.destination,
            "region": entry.region,
            "method": entry.method,
            "url": entry.url,
            "headers": dict(entry.headers),
            "body": _body(entry.body),
            "error_type": type(error).__name__ if error else None,
            "error_message": entry.error,
            "error_status": status,
            "timestamp": self.engine.clock.wall().isoformat(),
            "retry_count": self._attempts - 1,
            "idempotency_key": entry.key,
            # A word is our own finding; true and false would be what some reply said of itself.
            "processed": "no" if entry.processed == "no" else None,
        }
        return {name: value for name, value in row.items() if value is not None}

    def _begun(self) -> Call:
        terms, engine = self._terms, self.engine
        declared = engine.rules.named(terms.destination)
        region = Region("only", f"{SCHEME}://{terms.destination}")
        where = Destination(
            terms.destination,
            (region,),
            declared=declared is not None,
            planner=declared.planner if declared else None,
            gates=declared.gates if declared else None,
        )
        name, began = engine.kit.new_id("call"), engine.now()
        return Call(
            id=name,
            correlation_id=correlation_here() or name.replace("call-", "corr-", 1),
            method=UNKNOWN,
            destination=where,
            endpoint=Endpoint(terms.endpoint),
            home=region,
            path="",
            began=began,
            deadline=began + engine.deadline_s,
            idempotent=terms.idempotent,
        )

    def _meet(self, error: Exception) -> bool:
        """Read the request that an exception names; False where it is another one than before.

        A function that makes several requests is judged by the one that failed first: of a second
        one, nobody has said that it may be made again.
        """
        said = named_by(error)
        if self.error is None:
            self.backend = self._terms.backend()
            self._is_known = self._is_known or said is not None
            said = said or self._asked()
            if said is not None:
                self.call = self._read(said)
            self._named = said
            return True
        return self._terms.idempotent or _is_same(said, self._named)

    def _asked(self) -> Named | None:
        """The request that `park=` names for these arguments."""
        if self._terms.park is None:
            return None
        arguments, keywords = self._given
        request = self._terms.park(*arguments, **keywords)
        return None if request is None else named(request)

    def _read(self, said: Named) -> Call:
        """The call, now that it is known what the function sent."""
        call, request = self.call, said.request
        read = self.engine.call_of(call.began, call.correlation_id, request, said.upload)
        self._sent, where = read, read.destination
        endpoint = replace(
            read.endpoint,
            name=read.endpoint.name or call.endpoint.name,
            queue=read.endpoint.queue or (_ELSEWHERE if self.backend else None),
            # What a function returns is its own business, and so is what it sends.
            request_schema=None,
            response_schema=None,
            repair=False,
            adapt=False,
        )
        headers = read.headers
        if where.credentials:
            # The policy signs what is parked, so nothing is lost without them.
            headers = tuple((n, v) for n, v in headers if not isinstance(v, Secret))
        elif read.own is not None:
            headers = (*headers, (read.own.header, read.own.value))
        key = request.headers.get(KEY_HEADER)
        if key is None:
            headers = tuple((n, v) for n, v in headers if n != KEY_HEADER)
        return replace(
            call,
            correlation_id=read.correlation_id,
            method=read.method,
            destination=replace(call.destination, says_processed=where.says_processed),
            endpoint=endpoint,
            path=read.path,
            headers=headers,
            body=read.body,
            key=key,
        )

    @property
    def _can_be_parked(self) -> bool:
        """Whether it is known whole what to park, and somebody takes it."""
        if self._sent is None or not self._sent.replayable:
            return False
        return self.engine.kit.can_park or self.backend is not None

    def _unread(self, error: Exception) -> Outcome:
        """The outcome of an exception that says nothing of an exchange, or of another one."""
        call, name = self.call, type(error).__name__
        return Outcome(
            kind=OutcomeKind.FAILED,
            effect="none" if call.is_read else "unknown",
            reason=f"{name} tells of nothing that calling the function again would heal",
            call_id=call.id,
            correlation_id=call.correlation_id,
            destination=call.destination.name,
            endpoint=call.endpoint.name,
            region=call.home.name,
        )


def _entry_of(entry: Entry, sent: Call) -> Entry:
    """The entry, with where the request really went: an episode knows the function only."""
    where = sent.destination
    return replace(
        entry,
        url=sent.home.url + sent.path,
        destination=where.name,
        region=sent.home.name,
        policy=where.policy,
        credential_ref=where.signer(),
    )


def _is_ours(error: Exception) -> bool:
    """Whether a healing client has done already what there was to do."""
    if isinstance(error, HealerError):
        return True
    try:
        outcome_of(error)
    except UsageError:
        return False
    return True


def _is_same(one: Named | None, other: Named | None) -> bool:
    """Whether two exceptions tell of one request, sent twice."""
    if one is None or other is None:
        return False
    a, b = one.request, other.request
    same_key = a.headers.get(KEY_HEADER) == b.headers.get(KEY_HEADER)
    return a.method == b.method and a.url == b.url and same_key


def _body(raw: bytes | None) -> Any:
    """A body as its JSON value where that loses nothing, else as its text.

    A text that is sent on as a value comes out spelled anew: `10.10` as 10.1, `"a"` without its
    quotes. Raises UnicodeDecodeError.
    """
    if raw is None:
        return None
    text = raw.decode()
    try:
        value = json.loads(text)
        anew = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
        is_same = anew == json_text.dumps(json_text.loads(text))
    except (ValueError, RecursionError):
        return text
    return value if is_same and isinstance(value, (dict, list)) else text
