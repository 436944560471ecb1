"""The upstream over real sockets, and a proof that all eighty calls can be right."""

import ast
import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from benchmarks.mix import faults, judge
from benchmarks.mix.calls import BY_NUMBER, CROWD, MIX, Case
from benchmarks.mix.upstream import Upstream

AGAIN = {"error_before", "error_after", "reset_before", "reset_after", "cut", "stall", "gateway"}
MAIN = "main-1"
MIX_FOLDER = Path(faults.__file__).parent


class Clock:
    """Seconds that pass only when somebody waits."""

    now = 1_000_000.25

    def __call__(self) -> float:
        return self.now


class Oracle:
    """A client that knows what is wrong with each call, and its cure."""

    def __init__(self, ports: dict[str, int], clock: Clock, upstream: Upstream) -> None:
        self.urls = {region: f"http://127.0.0.1:{port}" for region, port in ports.items()}
        self.clock, self.upstream = clock, upstream
        self.http = httpx2.AsyncClient(timeout=0.3)

    async def send(
        self, case: Case, *, region: str = "us", token: str = MAIN, body: Any = None
    ) -> httpx2.Response | None:
        content = case.body if body is None else json.dumps(body).encode()
        headers = case.headers | {"Authorization": f"Bearer {token}"}
        url = self.urls[region] + case.path
        try:
            return await self.http.request(case.method, url, headers=headers, content=content)
        except httpx2.HTTPError:
            return None

    async def tell(self, case: Case) -> dict[str, Any]:
        reply = None
        if case.variant != "refuses":
            reply = await self.send(case)
        if case.right.delivered and case.fault not in ("ok", "drifted"):
            reply = await self.cure(case)
        success = case.right.delivered and reply is not None and reply.status_code < 400
        answer = reply.json() if success and reply is not None else {}
        if case.fault == "drifted":
            answer = case.answer
        return {
            "call": case.number,
            "came_back": True,
            "success": success,
            "body": json.dumps(answer),
            "note": "",
        }

    async def cure(self, case: Case) -> httpx2.Response | None:
        match case.fault:
            case "throttle":
                rows = self.upstream.books.rows
                self.clock.now = next(r["not_before"] for r in rows if r["call"] == case.number)
            case "quota":
                return await self.send(case, token="spare-1")
            case "expired":
                fresh = (await self.http.post(f"{self.urls['us']}/token")).json()["token"]
                return await self.send(case, token=fresh)
            case "unavailable" | "region_down":
                return await self.send(case, region="eu")
            case "renamed":
                return await self.send(case, body=json.loads(replace(case, fault="ok").body))
            case _:
                assert case.fault in AGAIN
        return await self.send(case)


async def _score(cases: tuple[Case, ...]) -> judge.Score:
    clock = Clock()
    upstream = Upstream(clock)
    async with AsyncExitStack() as stack:
        oracle = Oracle(await upstream.open(stack), clock, upstream)
        lines = [await oracle.tell(case) for case in cases]
        await oracle.http.aclose()
    return judge.scored(lines, upstream.books.plain())


def test_all_eighty_can_be_right_within_the_requests_allowed() -> None:
    score = asyncio.run(_score(MIX))
    assert score.wrong == ()
    assert (score.duplicates, score.false_successes, score.early) == (0, 0, 0)
    assert score.requests_per_call < 1.8


def test_a_wait_cut_short_is_refused_and_seen_as_early() -> None:
    async def hasty(case: Case) -> tuple[list[int], int]:
        clock = Clock()
        upstream = Upstream(clock)
        async with AsyncExitStack() as stack:
            oracle = Oracle(await upstream.open(stack), clock, upstream)
            replies = [await oracle.send(case), await oracle.send(case, region="eu")]
            await oracle.http.aclose()
        rows = upstream.books.rows
        return [reply.status_code for reply in replies if reply is not None], judge.early(rows)

    for case in MIX:
        if case.fault == "throttle":
            assert asyncio.run(hasty(case)) == ([429, 429], 1)


def test_a_write_resent_after_its_effect_doubles_without_a_key_and_not_with_one() -> None:
    async def twice(case: Case) -> int:
        upstream = Upstream(Clock())
        async with AsyncExitStack() as stack:
            oracle = Oracle(await upstream.open(stack), Clock(), upstream)
            await oracle.send(case)
            await oracle.send(case)
            await oracle.http.aclose()
        return len(upstream.books.effects)

    after = {case.sort: case for case in MIX if case.fault == "reset_after"}
    assert asyncio.run(twice(after["K"])) == 1
    assert asyncio.run(twice(after["P"])) == 2


def test_the_calls_of_crowds_are_no_part_of_the_eighty() -> None:
    assert {case.number for case in CROWD.values()}.isdisjoint(case.number for case in MIX)
    assert len(BY_NUMBER) == len(MIX) + len(CROWD)


@pytest.mark.parametrize("name", ["calls", "forms", "faults", "upstream", "judge"])
def test_neither_the_upstream_nor_the_judge_shares_code_with_what_is_judged(name: str) -> None:
    tree = ast.parse((MIX_FOLDER / f"{name}.py").read_text("utf-8"))
    imported = {
        module.split(".")[0]
        for node in ast.walk(tree)
        for module in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not {module for module in imported if module.startswith("battle_healer")}
