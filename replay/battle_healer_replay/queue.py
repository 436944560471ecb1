"""A queue as programs use it: open it, hand things in, look, and decide what people decide."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar, cast

from battle_healer import model
from battle_healer.rules import QueueRule
from battle_healer.text import safe
from battle_healer_replay.editing import edited
from battle_healer_replay.engine import Engine, Session, Watch
from battle_healer_replay.entry import Draft, Entry, Payload, Receipt, State
from battle_healer_replay.errors import AddressError, UnknownEntryError
from battle_healer_replay.operations import alarms, claim, keep, load, look, pauses, record, upkeep
from battle_healer_replay.parking import checked, draft_of
from battle_healer_replay.transitions import Change, Event, Refusal
from battle_healer_replay.writer import Item, Operation, Writer

T = TypeVar("T")
_PAGE: Final = 500


class Queue:
    """A durable queue; also the store that a healing client parks in. Thread-safe.

    Everything that writes returns after its commit. Raises errors of `errors.py`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = Writer(engine)

    @property
    def versions(self) -> tuple[int, int]:
        """The version of the tables before this was opened, and now."""
        return self._engine.versions

    @property
    def name(self) -> str:
        """What people call it, without secrets."""
        return self._engine.name

    def park(self, entry: model.Entry) -> model.Parked:
        """Keep a call that could not be healed now; the same call again is the same entry."""
        return model.Parked(self.enqueue(draft_of(entry)).id, durable=True)

    def enqueue(self, draft: Draft, *, connection: Any = None) -> Receipt:
        """Keep a draft; the same key in the same tenant gives the first entry, even if ended.

        connection: an open one of the caller's own (sqlite3 on the same file, or psycopg): the
        entry is then kept when, and only when, the caller commits. Raises RefusedError for what
        must not be kept, KeyReusedError for a key of another request.
        """
        wanted = keep.keeping(checked(draft))
        if connection is None:
            return self._ask(keep.keep, wanted, is_news=True)
        receipt = keep.keep(self._engine.joined(connection), [wanted])[0]
        if isinstance(receipt, Exception):
            raise receipt
        return receipt

    def claim(self, wish: claim.Wish) -> claim.Batch:
        """Give a worker what is due, under a lease."""
        return self._ask(claim.claim, wish)

    def record(self, event: Event) -> Change | Refusal:
        """Record what happened to a claim, under its fence; a Refusal changed nothing."""
        return self._recorded(event)

    def record_all(self, events: Sequence[Event]) -> list[Change | Refusal]:
        """Record several at once, in one commit where possible."""
        results: list[Any] = self._writer.ask_all(record.record, events)
        return results

    def reap(self) -> list[Change]:
        """Look after lost leases and expired entries; returns what changed."""
        return self._ask(upkeep.reap, upkeep.Reap())

    def take_back(self, worker: str) -> list[Change]:
        """Take back what a dead worker of that name held. The caller holds the name."""
        return self._ask(upkeep.take_back, upkeep.TakeBack(worker))

    def forget(self, state: State, older_s: float, queue: str | None = None) -> int:
        """Remove at most 500 entries that ended so long ago; returns how many."""
        return self._ask(upkeep.forget, upkeep.Forget(state, older_s, queue))

    def hold_back(self, destination: str, wait_s: float) -> None:
        """Let nothing for a destination be claimed for so many seconds."""
        self._ask(pauses.hold, pauses.Hold(destination, wait_s))

    def pause(self, pause: pauses.Pause) -> None:
        """Let nothing of a queue, tenant or destination be claimed until it is resumed."""
        self._ask(pauses.pause, pause)

    def resume(self, resume: pauses.Resume) -> bool:
        """End a pause; returns whether there was one."""
        return self._ask(pauses.resume, resume, is_news=True)

    def cancel(self, entry_id: str, *, who: str, why: str) -> Entry:
        """Cancel an entry; of one that runs it is asked. Raises ForbiddenError if it has ended."""
        return self._decided(Event("cancel", entry_id, who=who, why=why))

    def redrive(
        self,
        entry_id: str,
        *,
        who: str,
        why: str,
        send_again: bool = False,
        in_s: float = 0.0,
    ) -> Entry:
        """Send a dead entry again. send_again: you say that an undecided one took no effect."""
        event = Event(
            "redrive", entry_id, who=who, why=why, send_again=send_again, wait_s=in_s
        )  # fmt: skip
        return self._decided(event)

    def settle(self, entry_id: str, *, who: str, why: str) -> Entry:
        """Say that an undecided entry took effect: it has succeeded."""
        return self._decided(Event("settle", entry_id, who=who, why=why))

    def edit(self, entry_id: str, payload: Payload, *, who: str, why: str) -> Entry:
        """Give a dead entry another payload: a new revision, which needs a key of its own.

        Raises ForbiddenError, RefusedError for what it must not become.
        """
        story = self.story(entry_id)
        payload = edited(story.entry, story.payloads, payload)
        edit = record.Edit(Event("edit", entry_id, who=who, why=why), payload)
        return self._ask(record.edit, edit).entry

    def story(self, entry_id: str) -> look.Story:
        """All that is known of one entry. Raises UnknownEntryError."""
        found = self._engine.read(lambda session: look.story(session, entry_id))
        if found is None:
            raise UnknownEntryError(
                "no such entry",
                safe(entry_id, 80),
                "`healer queue list` shows what there is; ended ones are removed after a while.",
            )
        return found

    def load(self, story: look.Story) -> bool:
        """Take over a story of another queue; returns whether it was new here."""
        return self._ask(load.load, story, is_news=True)

    def entries(self, wanted: look.Filter | None = None, *, after: str = "") -> Iterator[Entry]:
        """Entries from the oldest on, read by pages, so that nothing is held open."""
        asked = wanted or look.Filter()
        while page := self.page(asked, after=after):
            yield from page
            after = page[-1].id

    def page(self, wanted: look.Filter, *, after: str = "", limit: int = _PAGE) -> list[Entry]:
        """Entries that come after the id `after`, at most `limit`."""
        return self._engine.read(lambda session: look.listed(session, wanted, after, limit))

    def queues(self) -> list[str]:
        """The names of all queues that ever held an entry."""
        return self._engine.read(look.queues)

    def alarms(self, rule: Callable[[str], QueueRule]) -> list[alarms.Alarm]:
        """Queues that have just passed a threshold of their rule, each told to one caller only."""
        edges = self._engine.read(lambda session: alarms.edges(session, rule))
        news: list[Any] = self._writer.ask_all(alarms.take, edges)
        return [e.alarm for e, is_ours in zip(edges, news, strict=True) if is_ours and e.alarm]

    def stats(self) -> look.Stats:
        """Figures of the moment."""
        return self._engine.read(look.stats)

    def now_ms(self) -> int:
        """The database's clock, in milliseconds since 1970."""
        return self._engine.read(_now)

    def watch(self) -> Watch:
        """Watch for news; to be closed by whoever asks."""
        return self._engine.watch()

    def hold_name(self, worker: str) -> Any:
        """Take the lock on a worker's name; returns what frees it, None where it is taken."""
        return self._engine.hold(worker)

    def close(self) -> None:
        """Commit what was handed in, and close."""
        self._writer.close()
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, operation: Operation[Item, T], item: Item, *, is_news: bool = False) -> T:
        return self._writer.ask(operation, item, is_news=is_news)

    def _recorded(self, event: Event, *, is_news: bool = False) -> Change | Refusal:
        # A union of answers is more than mypy infers.
        result: Any = self._writer.ask(record.record, event, is_news=is_news)
        return cast("Change | Refusal", result)

    def _decided(self, event: Event) -> Entry:
        result = self._recorded(event, is_news=True)
        if isinstance(result, Refusal):
            raise record.forbidden(event, result)
        return result.entry


def open_queue(url: str | None = None) -> Queue:
    """Open a queue, and make it if it is not there.

    url: `sqlite:PATH` or `postgresql://...`; without it HEALER_QUEUE, else `queue.db` in
    HEALER_HOME. Raises AddressError, UnavailableError, SchemaError, MissingExtraError.
    """
    chosen = url or os.environ.get("HEALER_QUEUE")
    if not chosen:
        from battle_healer.home import open_home  # noqa: PLC0415 -- opens pydantic

        chosen = f"sqlite:{open_home() / 'queue.db'}"
    return Queue(_engine(chosen))


def _engine(url: str) -> Engine:
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite" and rest:
        from battle_healer_replay.sqlite.engine import SqliteEngine  # noqa: PLC0415 -- if asked for

        return SqliteEngine(Path(rest).expanduser())
    if scheme in {"postgresql", "postgres"} and rest.startswith("//"):
        return _postgres(url)
    raise AddressError(
        f"no queue is known for {safe(scheme, 20)!r}",
        "HEALER_QUEUE or --queue",
        "Write sqlite:PATH or postgresql://user@host/database.",
    )


def _postgres(url: str) -> Engine:
    try:
        from battle_healer_replay.postgres.engine import (  # noqa: PLC0415 -- needs an extra
            PostgresEngine,
        )
    except ModuleNotFoundError as error:
        from battle_healer.errors import MissingExtraError  # noqa: PLC0415 -- only here

        raise MissingExtraError(
            f"a queue in PostgreSQL needs {error.name}, which is not installed",
            "queue",
            "Type: pip install 'battle-healer[postgres]'",
        ) from error
    return PostgresEngine(url)


def _now(session: Session) -> int:
    from battle_healer_replay.operations.clock import now_of  # noqa: PLC0415 -- small

    return now_of(session)
