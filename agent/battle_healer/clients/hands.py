"""What carries out the commands of one call in a thread."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from battle_healer.clients import bounded
from battle_healer.clients.bodies import gather, read
from battle_healer.clients.one_call import OneCall
from battle_healer.clients.outcomes import mark
from battle_healer.clients.outgoing import posting
from battle_healer.clients.threads import ranked
from battle_healer.commands import (
    Abstain,
    Acquire,
    Ask,
    Denied,
    Note,
    Ranking,
    Refresh,
    Substitute,
)
from battle_healer.credentials import Decision, Lead, Result
from battle_healer.diagnosis import is_plain_head
from battle_healer.gates.admission import Spot
from battle_healer.model import (
    Attempt,
    Entry,
    Grant,
    Lost,
    Parked,
    Refused,
    Reply,
    Trouble,
)
from battle_healer.posts import Post
from battle_healer.renewal import Step, StepAnswer, read_source

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")


class Hands:
    """One call's I/O, blocking until each step is done."""

    def __init__(self, one: OneCall, inner: httpx2.BaseTransport) -> None:
        self._one, self._inner = one, inner

    def glanced(self, spot: Spot) -> tuple[Attempt, Trouble] | httpx2.Response:
        """Send the request as it is; only if that is not plainly good, see what call it was.

        Returns the response where it is plainly good, else what `first` does.
        """
        one = self._one
        found: Trouble | httpx2.Response
        begun = bounded.begin(one.engine.deadline_s)
        try:
            response = self._sent(one.original)
            if isinstance(response, Lost):
                found = response
            elif is_plain_head(response.status_code, response.headers.raw, one.engine.body_bytes):
                found = one.plain(response, gather(response, one.how))
            else:
                found = read(response, one.how)
        except BaseException:
            # Also when it is cancelled: a gate that is not told would stay taken.
            one.gave_up(spot)
            raise
        finally:
            bounded.end(begun)
        return one.glanced(spot, found)

    def first(self) -> tuple[Attempt, Trouble]:
        """Make the first attempt: what was sent, and what came of it."""
        one = self._one
        place = one.engine.gates.admit(one.call)
        if isinstance(place, Refused):
            return one.unsent(), place
        return self._settled(one.first(place), place.credential)

    def send(self, attempt: Attempt) -> Trouble:
        """Make one exchange; the reply before it is closed."""
        refused = self._one.engine.gates.readmit(attempt)
        if refused is not None:
            return refused
        _, trouble = self._settled(attempt)
        return trouble

    def acquire(self, command: Acquire) -> Grant | Denied:
        """Get the current token, minting it once for all who ask."""
        return self._granted(lambda: self._one.engine.credentials.acquire(command))

    def refresh(self, command: Refresh) -> Grant | Denied:
        """Replace a refused token, once for all who hold it."""
        return self._granted(lambda: self._one.engine.credentials.refresh(command))

    def ask(self, command: Ask) -> Ranking | Abstain:
        """Let a planner rank, within its budget."""
        return ranked(self._one.engine, command)

    def park(self, entry: Entry) -> Parked | Denied:
        """Store the call for later."""
        return self._one.engine.park(entry)

    def substitute(self, command: Substitute) -> Reply | Denied:
        """Fetch a labelled substitute."""
        return self._run(self._one.engine.fallbacks.substitute(command))

    def note(self, note: Note) -> None:
        """Tell whoever watches."""
        self._one.note(note)

    def close(self) -> None:
        """Close the newest reply; one that was read whole is closed already."""
        last, self._one.last = self._one.last, None
        if last is not None:
            stream: Any = last.stream
            stream.close()

    def _signed(self, attempt: Attempt, name: str | None) -> Attempt | Refused:
        """Never send unsigned what the policy has a credential for."""
        if name is None or attempt.grant is not None:
            return attempt
        got = self.acquire(Acquire(attempt.call, attempt.region, name))
        if isinstance(got, Denied):
            return Refused(f"credential {name}: {got.why}")
        return replace(attempt, grant=got)

    def _settled(self, attempt: Attempt, credential: str | None = None) -> tuple[Attempt, Trouble]:
        """Sign and send what was let in: the attempt as it went out, and what came of it.

        credential: the declared one that signs it, where its token is not known yet.
        """
        trouble: Trouble | None = None
        begun = bounded.begin(attempt.timeout_s)
        try:
            signed = self._signed(attempt, credential)
            if isinstance(signed, Refused):
                return attempt, signed
            attempt = signed
            trouble = self._one.engine.judged(attempt, self._exchanged(attempt))
        finally:
            bounded.end(begun)
            # Also when it was cancelled: a gate that is not told would stay taken.
            self._one.engine.settle(attempt, trouble)
        return attempt, trouble

    def _exchanged(self, attempt: Attempt) -> Trouble:
        one = self._one
        if one.last is not None:
            self.close()
        one.before_send(attempt)
        response = self._sent(one.outgoing(attempt))
        return response if isinstance(response, Lost) else read(response, one.how)

    def _sent(self, request: httpx2.Request) -> httpx2.Response | Lost:
        one = self._one
        try:
            response = self._inner.handle_request(request)
        except one.library.TransportError as error:
            lost = one.library.lost(error)
            if lost is None:
                mark(error, one.mistake())
                raise
            return lost
        one.last = response
        return response

    def _posted(self, post: Post) -> Reply | Lost:
        """Make one exchange beside the call; never through healing."""
        one = self._one
        begun = bounded.begin(post.timeout_s)
        try:
            response = self._inner.handle_request(posting(post, one.library))
            stream: Any = response.stream
            try:
                return read(response, one.how_beside)
            finally:
                stream.close()
        except one.library.TransportError as error:
            return one.library.lost(error) or Lost("connect", str(error))
        finally:
            bounded.end(begun)

    def _granted(self, decide: Callable[[], Decision]) -> Result:
        """Use a newer token, follow whoever gets one, or lead."""
        while True:
            decision = decide()
            if isinstance(decision, (Grant, Denied)):
                return decision
            if isinstance(decision, Lead):
                return self._led(decision)
            try:
                followed = decision.result.result(self._one.left_s)
            except TimeoutError:
                return Denied("the deadline ended while another call renewed the token")
            if followed is not None:
                return followed

    def _led(self, lead: Lead) -> Result:
        result: Result | None = None
        try:
            result = self._run(lead.steps)
        finally:
            lead.finish(result)
        return result

    def _run(self, steps: Generator[Any, Any, T]) -> T:
        """Carry out what a generator of posts and sources yields."""
        answer: StepAnswer = None
        try:
            while True:
                try:
                    step = steps.send(answer)
                except StopIteration as end:
                    value: T = end.value
                    return value
                answer = self._step(step)
        finally:
            steps.close()

    def _step(self, step: Step) -> StepAnswer:
        if isinstance(step, Post):
            return self._posted(step)
        return read_source(step)
