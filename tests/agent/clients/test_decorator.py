"""Functions that call an API by any library: called again only where that is safe, and no more."""

import asyncio
import inspect
import json
import random
import threading
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any, assert_type

import httpx
import httpx2
import pytest
import requests
from tests.agent.clients.conftest import surroundings
from tests.mock_server.driving import CHARGE, Mock
from tests.support.healing import living_in, shared_time
from tests.support.serving import Api, Said

from battle_healer import CallQueued, HealingClient, Policy, heal_api_call, outcome_of
from battle_healer.clients.engine import Engine
from battle_healer.commands import Note
from battle_healer.drivers.virtual import VirtualTime
from battle_healer.errors import NotCalledError, UsageError
from battle_healer.model import OutcomeKind
from battle_healer.rules import Bounds, CredentialRule, Destination, Endpoint, Region, Rules
from battle_healer.secret import Secret
from battle_healer.stores import InMemoryStore
from battle_healer_mock.server import MockServer, Options
from battle_healer_scenarios import mock_policy_text

LIBRARIES = [httpx2, httpx, requests]
NAMES = ["httpx2", "httpx", "requests"]
BASES: dict[str, type[Exception]] = {
    "httpx2": httpx2.HTTPError,
    "httpx": httpx.HTTPError,
    "requests": requests.RequestException,
}


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    with MockServer(Options(port=0, clock="manual")) as server, Mock(server.url) as driven:
        driven.post("/control/clock", json={"jump": True})
        yield driven


def engine_for(time: VirtualTime | None = None, **given: Any) -> Engine:
    return Engine(surroundings=surroundings(time), **given)


@pytest.fixture(params=["sync", "async"])
def healed(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Decorates a function, as it is or as a coroutine function, and calls it."""

    def call(function: Callable[[], Any], **terms: Any) -> Any:
        terms = {"endpoint": "api.thing"} | terms
        terms.setdefault("engine", engine_for())
        if request.param == "sync":
            return heal_api_call(**terms)(function)()

        @heal_api_call(**terms)
        async def awaited() -> Any:
            await asyncio.sleep(0)
            return function()

        return asyncio.run(awaited())

    return call


def asks(library: Any, method: str, url: str, **how: Any) -> Callable[[], Any]:
    """A function as people write it."""

    def ask() -> Any:
        reply = library.request(method, url, **how)
        reply.raise_for_status()
        return reply.json()

    return ask


# -- What is called again, and when


@pytest.mark.parametrize("library", LIBRARIES, ids=NAMES)
def test_a_read_is_made_again_after_the_servers_own_time(
    library: Any, healed: Callable[..., Any]
) -> None:
    time = VirtualTime()
    busy = Said(503, {}, {"Retry-After": "7"})
    with Api([busy, Said(200, {"a": 1})]) as api:
        began = time.now()
        value = healed(asks(library, "GET", api.url), engine=engine_for(time))
        assert value == {"a": 1}
        assert len(api.seen) == 2
    assert 7 <= time.now() - began < 8


@pytest.mark.parametrize("library", LIBRARIES, ids=NAMES)
@pytest.mark.parametrize("fault", ["ambiguous_500*1", "reset_after_effect*1"])
def test_a_write_that_took_effect_is_not_made_again(
    library: Any, fault: str, mock: Mock, healed: Callable[..., Any]
) -> None:
    mock.post("/reset")
    headers = {"X-Simulate-Failure": fault, "Authorization": f"Bearer {mock.token()}"}
    charge = asks(library, "POST", f"{mock.url}/external-api", json=CHARGE, headers=headers)
    with pytest.raises(BASES[library.__name__]) as caught:
        healed(charge)
    outcome = outcome_of(caught.value)
    assert (outcome.kind, outcome.effect, outcome.requests) == ("failed", "unknown", 1)
    assert len(mock.effects()) == 1
    assert len(mock.rows()) == 1


@pytest.mark.parametrize("library", LIBRARIES, ids=NAMES)
def test_a_write_under_a_key_of_the_functions_own_is_not_made_again(
    library: Any, mock: Mock, healed: Callable[..., Any]
) -> None:
    mock.post("/reset")
    time = shared_time(mock)
    policy = Policy.parse(mock_policy_text(), base=mock.url)
    engine = engine_for(time, policy=policy)
    headers = {
        "X-Simulate-Failure": "ambiguous_500*1",
        "Authorization": f"Bearer {mock.token()}",
        "Idempotency-Key": "k-1",
        "X-Correlation-ID": "corr-1",
    }
    charge = asks(library, "POST", f"{mock.url}/external-api", json=CHARGE, headers=headers)
    with pytest.raises(Exception, match=r"500|Server Error"):
        healed(charge, engine=engine)
    # Its next key could be another one, and then there would be two effects.
    (effect,) = mock.effects()
    assert effect["key"] == "k-1"
    assert len(mock.rows()) == 1


def test_a_key_that_nobody_declared_protects_nothing(healed: Callable[..., Any]) -> None:
    with Api(lambda seen: Said(500, {"error": "x"})) as api:
        charge = asks(httpx2, "POST", api.url, headers={"Idempotency-Key": "k-1"})
        with pytest.raises(httpx2.HTTPStatusError):
            healed(charge)
        assert len(api.seen) == 1


def test_a_key_that_the_policy_would_have_made_is_none_that_was_sent(
    healed: Callable[..., Any],
) -> None:
    with Api(lambda seen: Said(500, {"error": "x"})) as api:
        made = Endpoint("charge", "POST /charges", idempotency="create")
        rules = Rules((Destination("pay", (Region("us", api.url),), (), (made,)),))
        with pytest.raises(httpx2.HTTPStatusError):
            healed(asks(httpx2, "POST", f"{api.url}/charges"), engine=engine_for(policy=rules))
        assert len(api.seen) == 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("idempotent", [False, True])
def test_of_urllib_only_the_program_knows_whether_a_call_may_be_repeated(
    idempotent: bool, status: int, healed: Callable[..., Any]
) -> None:
    """Also after a refusal: what else the function had done before, nobody said."""
    with Api([Said(status, {"error": "busy"}), Said(200, {"a": 1})]) as api:

        def ask() -> Any:
            with urllib.request.urlopen(api.url) as reply:  # noqa: S310 -- our own address
                return json.load(reply)

        if idempotent:
            assert healed(ask, idempotent=True) == {"a": 1}
        else:
            with pytest.raises(urllib.request.HTTPError) as caught:
                healed(ask)
            assert "idempotent=True" in outcome_of(caught.value).reason
            assert caught.value.read() == b'{"error": "busy"}', "the body is still the caller's"
            caught.value.close()
        assert len(api.seen) == 1 + idempotent


def test_a_function_is_called_once_where_no_further_attempts_are_wanted(
    healed: Callable[..., Any],
) -> None:
    with Api(lambda seen: Said(503, {})) as api:
        with pytest.raises(httpx2.HTTPStatusError):
            healed(asks(httpx2, "GET", api.url), retry_attempts=0)
        assert len(api.seen) == 1


def test_a_function_is_called_no_oftener_than_it_says(healed: Callable[..., Any]) -> None:
    with Api(lambda seen: Said(503, {})) as api:
        with pytest.raises(httpx2.HTTPStatusError) as caught:
            healed(asks(httpx2, "GET", api.url), retry_attempts=3)
        assert len(api.seen) == 4
    assert outcome_of(caught.value).requests == 4


def test_what_a_function_raises_of_its_own_is_not_healed(healed: Callable[..., Any]) -> None:
    calls = []

    def fail() -> None:
        calls.append(1)
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine") as caught:
        healed(fail, idempotent=True)
    assert len(calls) == 1
    assert outcome_of(caught.value).kind is OutcomeKind.FAILED


def test_another_failure_than_the_first_ends_it(healed: Callable[..., Any]) -> None:
    """The read that failed may be repeated; of the write after it nobody said so."""
    with Api([Said(503, {}), Said(200, {}), Said(500, {"error": "x"})]) as api:

        def both() -> None:
            httpx2.get(api.url).raise_for_status()
            httpx2.post(api.url).raise_for_status()

        with pytest.raises(httpx2.HTTPStatusError) as caught:
            healed(both, retry_attempts=5)
        assert [seen.method for seen in api.seen] == ["GET", "GET", "POST"]
    assert outcome_of(caught.value).effect != "once"


def test_what_a_healing_client_raised_is_not_healed_once_more(healed: Callable[..., Any]) -> None:
    with Api(lambda seen: Said(503, {})) as api:

        def ask() -> None:
            with HealingClient(surroundings=surroundings()) as client:
                client.get(api.url).raise_for_status()

        with pytest.raises(httpx2.HTTPStatusError) as caught:
            healed(ask, idempotent=True)
        assert len(api.seen) == outcome_of(caught.value).requests == 3


# -- Gates, deadline, journal


def test_the_functions_of_an_endpoint_share_its_waits(healed: Callable[..., Any]) -> None:
    engine = engine_for()
    with Api(lambda seen: Said(429, {}, {"Retry-After": "3600"})) as api:
        ask = asks(httpx2, "GET", api.url)
        with pytest.raises(httpx2.HTTPStatusError):
            healed(ask, engine=engine)
        with pytest.raises(NotCalledError) as caught:
            healed(ask, engine=engine, endpoint="api.other")
        assert len(api.seen) == 1
        with pytest.raises(httpx2.HTTPStatusError):
            healed(ask, engine=engine, endpoint="elsewhere")
        assert len(api.seen) == 2
    assert outcome_of(caught.value).requests == 0
    assert outcome_of(caught.value).effect == "none"


def test_functions_of_one_policy_share_an_engine_and_others_do_not() -> None:
    told = {"Retry-After": "3600"}
    with Api(lambda seen: Said(429, {}, told)) as api:
        first = heal_api_call(endpoint="shared-api.a")(asks(httpx2, "GET", api.url))
        second = heal_api_call(endpoint="shared-api.b")(asks(httpx2, "GET", api.url))
        third = heal_api_call(endpoint="shared-api.b", policy=Rules())(asks(httpx2, "GET", api.url))
        with pytest.raises(httpx2.HTTPStatusError):
            first()
        with pytest.raises(NotCalledError):
            second()
        with pytest.raises(httpx2.HTTPStatusError):
            third()


def test_a_wait_that_does_not_fit_the_deadline_is_not_begun(healed: Callable[..., Any]) -> None:
    time = VirtualTime()
    with Api([Said(503, {}, {"Retry-After": "9"})]) as api:
        engine = engine_for(time, policy=Rules(bounds=Bounds(deadline_s=5)))
        with pytest.raises(httpx2.HTTPStatusError) as caught:
            healed(asks(httpx2, "GET", api.url), engine=engine)
    assert "does not fit" in outcome_of(caught.value).reason


def test_an_episode_is_journalled_under_the_endpoints_name(healed: Callable[..., Any]) -> None:
    told: list[Note] = []
    engine = engine_for(on_event=told.append)
    with Api([Said(503, {}), Said(200, {"a": 1}), Said(200, {"a": 2})]) as api:
        healed(asks(httpx2, "GET", api.url), engine=engine)
        healed(asks(httpx2, "GET", api.url), engine=engine)
    (episode,) = engine.journal.episodes
    outcome = episode.outcome
    assert (outcome.destination, outcome.endpoint) == ("api", "thing")
    assert (outcome.kind, outcome.status, outcome.requests) == ("delivered", None, 2)
    assert engine.journal.counts["clean"] == 1
    assert told[-1].data["provider"] == "api"


# -- What comes back


def test_the_value_comes_back_as_it_is(healed: Callable[..., Any]) -> None:
    value = object()
    assert healed(lambda: value) is value
    assert healed(lambda: None) is None


def test_the_exception_comes_back_as_it_was_raised_last(healed: Callable[..., Any]) -> None:
    raised: list[Exception] = []

    def fail() -> None:
        raised.append(ConnectionRefusedError("nobody there"))
        raise raised[-1]

    with pytest.raises(ConnectionRefusedError) as caught:
        healed(fail, idempotent=True)
    assert len(raised) == 2
    assert caught.value is raised[-1]


def test_a_decorated_function_is_the_one_that_it_was() -> None:
    @heal_api_call(endpoint="api.thing")
    def ask(city: str, days: int = 1) -> list[str]:
        """Ask for the weather."""
        return [city] * days

    @heal_api_call(endpoint="api.thing")
    async def ask_async(city: str) -> bytes:
        return city.encode()

    assert_type(ask("Rome", days=2), list[str])
    assert ask("Rome", days=2) == ["Rome", "Rome"]
    assert (ask.__name__, ask.__doc__) == ("ask", "Ask for the weather.")
    assert str(inspect.signature(ask)) == "(city: str, days: int = 1) -> list[str]"
    assert inspect.iscoroutinefunction(ask_async)

    async def run() -> None:
        assert_type(await ask_async("Rome"), bytes)
        assert await ask_async("Rome") == b"Rome"

    asyncio.run(run())


def test_methods_are_healed_too() -> None:
    class Shop:
        name = "ours"

        @heal_api_call(endpoint="shop")
        def ask(self) -> str:
            return self.name

        @classmethod
        @heal_api_call(endpoint="shop")
        def of(cls) -> str:
            return cls.name

        @staticmethod
        @heal_api_call(endpoint="shop")
        def free() -> str:
            return "free"

    assert (Shop().ask(), Shop.of(), Shop.free()) == ("ours", "ours", "free")


# -- What is refused, at once


def generator() -> Iterator[int]:
    yield 1


async def async_generator() -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize("function", [generator, async_generator])
def test_a_generator_is_refused_when_it_is_decorated(function: Callable[[], Any]) -> None:
    with pytest.raises(UsageError, match="generator"):
        heal_api_call(endpoint="api")(function)


@pytest.mark.parametrize("name", ["", "a b", ".chat", "api.", "\x1b[31m", "a" * 200])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no endpoint") as caught:
        heal_api_call(endpoint=name)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("attempts", [-1, 11, True])
def test_a_number_of_attempts_that_is_none_is_refused(attempts: int) -> None:
    with pytest.raises(UsageError, match="retry_attempts"):
        heal_api_call(endpoint="api", retry_attempts=attempts)


def test_a_classmethod_object_is_refused() -> None:
    with pytest.raises(UsageError, match="classmethod"):
        heal_api_call(endpoint="api")(classmethod(generator))  # type: ignore[arg-type] # the point


# -- Cancelled


def free(engine: Engine) -> bool:
    return all(spot.concurrency.in_flight == 0 for spot in engine.gates._spots.values())


def test_a_cancellation_passes_and_gives_its_place_back() -> None:
    engine = engine_for()

    @heal_api_call(endpoint="api", engine=engine, idempotent=True)
    async def hang() -> None:
        await asyncio.Event().wait()

    async def run() -> None:
        task = asyncio.create_task(hang())
        await asyncio.sleep(0)
        assert not free(engine)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert free(engine)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_whatever_ends_a_program_passes(stop: type[BaseException]) -> None:
    engine, calls = engine_for(), []

    @heal_api_call(endpoint="api", engine=engine, idempotent=True)
    def interrupted() -> None:
        calls.append(1)
        raise stop

    with pytest.raises(stop):
        interrupted()
    assert (len(calls), free(engine)) == (1, True)


def test_a_wait_can_be_cancelled() -> None:
    """In real time: the wait is the server's, an hour, and the deadline allows it."""
    engine = Engine(Rules(bounds=Bounds(deadline_s=3600)))

    async def run(url: str) -> None:
        @heal_api_call(endpoint="api", engine=engine)
        async def ask() -> None:
            async with httpx2.AsyncClient() as client:
                (await client.get(url)).raise_for_status()

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await ask()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with Api([Said(503, {}, {"Retry-After": "1000"})]) as api:
        asyncio.run(run(api.url))
        assert len(api.seen) == 1
    assert free(engine)


# -- Parked


QUEUED = Endpoint("charge", "POST /charges", idempotency="honoured", queue="payments")
MAIN = CredentialRule("main", Secret("tok-main"))
SENT = {"Idempotency-Key": "k-1", "Authorization": "Bearer tok-mine", "Cookie": "tok-cookie"}


def payments(url: str, endpoint: Endpoint = QUEUED) -> Rules:
    return Rules((Destination("pay", (Region("us", url),), (MAIN,), (endpoint,)),))


@pytest.mark.parametrize("library", LIBRARIES, ids=NAMES)
def test_the_request_of_the_exception_is_parked_without_its_secrets(
    library: Any, healed: Callable[..., Any]
) -> None:
    store = InMemoryStore()
    with Api(lambda seen: Said(503, {})) as api:
        charge = asks(library, "POST", f"{api.url}/charges?x=1", json=CHARGE, headers=SENT)
        with pytest.raises(CallQueued) as caught:
            healed(charge, engine=engine_for(policy=payments(api.url), queue=store))
        assert len(api.seen) == 1, "its own key is parked as it was sent, not made anew"
        entry = store.entries[caught.value.id]
        assert (entry.method, entry.url) == ("POST", f"{api.url}/charges?x=1")
    assert (entry.destination, entry.region, entry.queue) == ("pay", "us", "payments")
    assert (entry.key, entry.credential_ref) == ("k-1", "main")
    assert json.loads(entry.body or b"") == CHARGE
    assert "tok-" not in repr(entry.headers)
    assert caught.value.__cause__ is not None
    assert outcome_of(caught.value).kind is OutcomeKind.QUEUED


def test_a_write_that_may_have_taken_effect_is_not_parked(healed: Callable[..., Any]) -> None:
    store, plain = InMemoryStore(), replace(QUEUED, idempotency="unknown")
    with Api(lambda seen: Said(500, {"error": "x"})) as api:
        charge = asks(httpx2, "POST", f"{api.url}/charges", json=CHARGE, headers=SENT)
        rules = payments(api.url, plain)
        with pytest.raises(httpx2.HTTPStatusError):
            healed(charge, engine=engine_for(policy=rules, queue=store))
    assert store.entries == {}


def test_what_no_exception_names_is_parked_as_the_program_names_it() -> None:
    store = InMemoryStore()
    with Api(lambda seen: Said(503, {})) as api:
        engine = engine_for(policy=payments(api.url), queue=store)

        def named(amount: int, *, key: str) -> httpx2.Request:
            headers = {"Idempotency-Key": key}
            body = {"amount": amount}
            return httpx2.Request("POST", "healer://pay/charges", json=body, headers=headers)

        @heal_api_call(endpoint="pay.charge", engine=engine, park=named)
        def charge(amount: int, *, key: str) -> None:
            urllib.request.urlopen(f"{api.url}/charges", data=b"{}").close()  # noqa: S310

        with pytest.raises(CallQueued) as caught:
            charge(15, key="k-9")
        assert len(api.seen) == 1, "what the program names is parked, not made again"
        entry = store.entries[caught.value.id]
        assert (entry.url, entry.key) == (f"{api.url}/charges", "k-9")
    assert json.loads(entry.body or b"") == {"amount": 15}
    assert isinstance(caught.value.__cause__, urllib.request.HTTPError)
    caught.value.__cause__.close()


def test_a_cancellation_while_parking_waits_for_the_receipt() -> None:
    began, go = threading.Event(), threading.Event()

    class Slow(InMemoryStore):
        def park(self, entry: Any) -> Any:
            began.set()
            go.wait(10)
            return super().park(entry)

    store, told = Slow(), list[Note]()

    async def run(url: str) -> None:
        engine = engine_for(policy=payments(url), queue=store, on_event=told.append)

        @heal_api_call(endpoint="pay.charge", engine=engine, retry_attempts=0)
        async def charge() -> None:
            async with httpx2.AsyncClient() as client:
                (await client.post(f"{url}/charges", headers=SENT)).raise_for_status()

        task = asyncio.create_task(charge())
        await asyncio.to_thread(began.wait, 10)
        task.cancel()
        await asyncio.sleep(0)
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    with Api(lambda seen: Said(503, {})) as api:
        asyncio.run(run(api.url))
    (ended,) = [note.data["outcome"] for note in told if note.name == "EPISODE"]
    assert list(store.entries) == [ended.queued.id]


# -- Handed to a backend


RECEIPT = Said(202, {"status": "queued", "id": "entry-7", "state": "queued", "note": ""})


def test_what_cannot_be_healed_is_posted_to_the_backend(
    healed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Api(lambda seen: Said(503, {})) as api, Api([RECEIPT]) as backend:
        monkeypatch.setenv("HEALER_BACKEND_URL", backend.url)
        ask = asks(httpx2, "PUT", f"{api.url}/things/1", json={"a": 1}, headers={"X-Kind": "b"})
        with pytest.raises(CallQueued) as caught:
            healed(ask)
        (seen,) = backend.seen
        assert len(api.seen) == 2
    assert (caught.value.id, caught.value.durable) == ("entry-7", True)
    assert (seen.method, seen.path) == ("POST", "/queue-failed")
    row = seen.json
    outcome = outcome_of(caught.value)
    assert row["request_id"] == outcome.call_id
    assert row["correlation_id"] == outcome.correlation_id
    assert (row["endpoint"], row["method"], row["body"]) == ("thing", "PUT", {"a": 1})
    assert row["url"] == f"{api.url}/things/1"
    assert row["headers"]["X-Kind"] == "b"
    assert (row["error_type"], row["error_status"]) == ("HTTPStatusError", 503)
    assert row["retry_count"] == 1
    assert "processed" not in row, "nobody knows"


def test_no_credential_is_ever_posted_to_the_backend(
    healed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Api(lambda seen: Said(503, {})) as api, Api([RECEIPT]) as backend:
        monkeypatch.setenv("HEALER_BACKEND_URL", backend.url)
        engine = engine_for(policy=payments(api.url))
        charge = asks(httpx2, "POST", f"{api.url}/charges", json=CHARGE, headers=SENT)
        with pytest.raises(CallQueued):
            healed(charge, engine=engine)
        secret = asks(httpx2, "GET", f"{api.url}/?api_key=tok-q")
        with pytest.raises(httpx2.HTTPStatusError):
            healed(secret, endpoint="a")
        inside = asks(httpx2, "GET", api.url.replace("//", "//me:tok-u@"))
        with pytest.raises(httpx2.HTTPStatusError):
            healed(inside, endpoint="b")
        (seen,) = backend.seen
    assert b"tok-" not in seen.body
    assert seen.json["idempotency_key"] == "k-1"


REFUSING: list[Said | None] = [Said(500), Said(202, "no json"), Said(202, {"id": 5}), None]


@pytest.mark.parametrize("said", REFUSING, ids=["500", "no-json", "no-id", "lost"])
def test_where_the_backend_gives_no_receipt_the_failure_is_told(
    said: Said | None, healed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Api(lambda seen: Said(503, {})) as api, Api([said]) as backend:
        monkeypatch.setenv("HEALER_BACKEND_URL", backend.url)
        with pytest.raises(httpx2.HTTPStatusError) as caught:
            healed(asks(httpx2, "GET", api.url))
        assert len(backend.seen) == 1
    assert outcome_of(caught.value).kind is OutcomeKind.FAILED


def test_a_backend_whose_address_is_none_is_said_and_hurts_no_call(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HEALER_BACKEND_URL", "http://user:tok-x@backend.example")
    with Api(lambda seen: Said(503, {})) as api:
        ask = heal_api_call(endpoint="api", engine=engine_for())(asks(httpx2, "GET", api.url))
        for _ in range(2):
            with pytest.raises(httpx2.HTTPStatusError):
                ask()
    assert [r.levelname for r in caplog.records if r.name == "battle_healer"] == ["WARNING"]
    assert "tok-x" not in caplog.text


# -- Many at a time


def test_threads_share_one_function(mock: Mock) -> None:
    mock.post("/reset")
    engine = Engine(surroundings=living_in(shared_time(mock), random.Random(1)))  # noqa: S311 -- repeatable
    url, token = f"{mock.url}/external-api", mock.token()

    @heal_api_call(endpoint="api", engine=engine)
    def ask(number: int) -> int:
        headers = {"Authorization": f"Bearer {token}", "X-Correlation-ID": f"corr-{number}"}
        requests.get(url, headers=headers, timeout=5).raise_for_status()
        return number

    values: list[int] = []
    threads = [threading.Thread(target=lambda n=n: values.append(ask(n))) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(values) == list(range(20))
    assert free(engine)


def test_a_coroutine_function_may_be_an_object() -> None:
    class Asks:
        async def __call__(self) -> int:
            await asyncio.sleep(0)
            return 1

    asked: Callable[[], Awaitable[int]] = heal_api_call(endpoint="api")(Asks().__call__)
    assert asyncio.run(_awaited(asked)) == 1


async def _awaited(function: Callable[[], Awaitable[int]]) -> int:
    return await function()
