"""Contradictions: what each value allows and the whole does not. One table, one question a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any, Final

from pydantic import BaseModel

from battle_healer.errors import PolicyError
from battle_healer.policy.address import AddressError, origin_of, region_url, target_url
from battle_healer.policy.document import Document, Loc
from battle_healer.policy.findings import line_of
from battle_healer.policy.names import PLANNED_PLANNERS, budgeted_planners, known_planners
from battle_healer.policy.rows import GATES, QUEUES
from battle_healer.policy.shape import (
    LATER,
    DestinationPart,
    EndpointPart,
    GatesPart,
    PolicyFile,
    TokenPart,
)
from battle_healer.rules import Bounds, GateBounds, QueueRule
from battle_healer.text import nearest, safe


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a policy: the entry, what is wrong, what would be right."""

    loc: Loc
    what: str
    fix: str


Check = Callable[[PolicyFile, str | None], Iterator[Finding]]
"""Takes the file and the origin for relative region URLs (None: there are none)."""

NOT_YET: Final = "not in this version"


def errors_of(document: Document, file: PolicyFile, base: str | None) -> tuple[PolicyError, ...]:
    """Every contradiction as an error with its line, in the order of lines."""
    found = sorted(
        chain.from_iterable(check(file, base) for check in CHECKS),
        key=lambda finding: line_of(document, finding.loc),
    )
    return tuple(document.error(finding.loc, finding.what, finding.fix) for finding in found)


def _later_keys(file: PolicyFile, _: str | None) -> Iterator[Finding]:
    yield from _later(file, ())


def _later(value: Any, loc: Loc) -> Iterator[Finding]:
    """Find keys that are set and whose feature is not built, however deep."""
    match value:
        case BaseModel():
            for name in sorted(value.model_fields_set):
                if LATER in type(value).model_fields[name].metadata:
                    yield Finding((*loc, name), f"`{name}` is {NOT_YET}", "Remove the key.")
                else:
                    yield from _later(getattr(value, name), (*loc, name))
        case dict():
            for key, item in value.items():
                yield from _later(item, (*loc, key))
        case list():
            for index, item in enumerate(value):
                yield from _later(item, (*loc, index))
        case _:
            return


def _planners(file: PolicyFile, _: str | None) -> Iterator[Finding]:
    named: list[tuple[Loc, str | None]] = [(("defaults", "planner"), file.defaults.planner)]
    for loc, destination in _destinations(file):
        named.append(((*loc, "planner"), destination.planner))
        named += [((*at, "planner"), e.planner) for at, e in _endpoints(loc, destination)]
    for loc, name in named:
        if name in PLANNED_PLANNERS:
            yield Finding(loc, f"the planner `{name}` is {NOT_YET}", "Write heuristic.")
        elif name is not None and name not in known_planners():
            fix = nearest(name, known_planners())
            yield Finding(loc, f"unknown planner {safe(name)!r}", fix)


def _planner_budgets(file: PolicyFile, _: str | None) -> Iterator[Finding]:
    for name in file.planner_budgets:
        if name not in budgeted_planners():
            what = f"the planner {safe(name)!r} has no budget of its own"
            yield Finding(("planner_budgets", name), what, nearest(name, budgeted_planners()))


def _region_urls(file: PolicyFile, base: str | None) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for loc, destination in _destinations(file):
        for index, region in enumerate(destination.regions):
            at = (*loc, "regions", index, "url")
            try:
                url = region_url(region.url, base)
            except AddressError as error:
                yield Finding(at, f"url is {error.what}", error.fix)
                continue
            name = f"{loc[-1]}.{region.name}"
            if url in seen:
                fix = f"Remove it here or at {seen[url]}: a URL belongs to one region."
                yield Finding(at, f"the URL of {name} is that of {seen[url]} too", fix)
            seen.setdefault(url, name)


def _names(file: PolicyFile, _: str | None) -> Iterator[Finding]:
    for loc, destination in _destinations(file):
        if str(loc[-1]).lower() in _SCHEMES:
            fix = "Choose another name: `payments:/charges` must not look like a URL."
            yield Finding(loc, f"a destination called {loc[-1]!r}", fix)
        for key in ("regions", "credentials", "endpoints"):
            names = [part.name for part in getattr(destination, key)]
            yield from _twice((*loc, key), "name", names)
        yield from _twice((*loc, "endpoints"), "match", [e.match for e in destination.endpoints])


_SCHEMES: Final = frozenset({"http", "https", "healer", "file", "data"})


def _twice(loc: Loc, key: str, values: list[str]) -> Iterator[Finding]:
    for index, value in enumerate(values):
        if value in values[:index]:
            at = (*loc, index, key)
            yield Finding(at, f"two {loc[-1]} with the {key} {value!r}", "Change or remove one.")


def _token_sources(file: PolicyFile, _: str | None) -> Iterator[Finding]:
    for loc, destination in _destinations(file):
        for index, credential in enumerate(destination.credentials):
            at = (*loc, "credentials", index, "token")
            sources = [name for name in _SOURCES if getattr(credential.token, name) is not None]
            if len(sources) != 1:
                what = "a token with no source" if not sources else "a token with several sources"
                yield Finding(at, what, f"Name one of {', '.join(_SOURCES)}.")
            yield from _post_only(at, credential.token)


_SOURCES: Final = ("env", "file", "command", "post")


def _post_only(loc: Loc, token: TokenPart) -> Iterator[Finding]:
    for key in ("body", "token", "expires_in"):
        if getattr(token, key) is not None and token.post is None:
            yield Finding((*loc, key), f"`{key}` without `post`", "It describes a `post` source.")


def _post_targets(file: PolicyFile, base: str | None) -> Iterator[Finding]:
    """I2: a token is asked for, and an old one sent along, only at declared origins."""
    for loc, destination in _destinations(file):
        origins = _origins(destination, base)
        for at, target in _targets(loc, destination):
            try:
                url = target_url(target)
                is_declared = url.startswith("/") or origin_of(url) in origins
            except AddressError as error:
                yield Finding(at, f"post is {error.what}", "Write a path, as in /refresh-token.")
                continue
            if not is_declared:
                fix = "Write a path under the region, or declare that region."
                yield Finding(at, "post leaves the declared origins of this destination", fix)


def _targets(loc: Loc, destination: DestinationPart) -> Iterator[tuple[Loc, str]]:
    for index, credential in enumerate(destination.credentials):
        at = (*loc, "credentials", index)
        if credential.token.post is not None:
            yield (*at, "token", "post"), credential.token.post
        if credential.refresh is not None:
            yield (*at, "refresh", "post"), credential.refresh.post
    for at, endpoint in _endpoints(loc, destination):
        if endpoint.degrade is not None and endpoint.degrade.post is not None:
            yield (*at, "degrade", "post"), endpoint.degrade.post


def _origins(destination: DestinationPart, base: str | None) -> set[str]:
    origins = set()
    for region in destination.regions:
        try:
            origins.add(origin_of(region_url(region.url, base)))
        except AddressError:
            continue  # told by _region_urls
    return origins


def _endpoint_promises(file: PolicyFile, _: str | None) -> Iterator[Finding]:
    for loc, destination in _destinations(file):
        for at, endpoint in _endpoints(loc, destination):
            yield from _degrade(at, endpoint)
            for pointer in sorted({*endpoint.protected} & {*endpoint.may_clamp}):
                what = f"{safe(pointer)} is protected and may be clamped"
                yield Finding((*at, "may_clamp"), what, "Keep it in one of the two lists.")
            adapts = endpoint.adapt and endpoint.contract.response is None
            if adapts:
                fix = "Add contract: {response: …}, or remove the key."
                yield Finding((*at, "adapt"), "adapt is on without an expected shape", fix)
            if endpoint.queue and file.queues and endpoint.queue not in file.queues:
                fix = nearest(endpoint.queue, file.queues)
                yield Finding((*at, "queue"), f"unknown queue {endpoint.queue!r}", fix)


def _degrade(loc: Loc, endpoint: EndpointPart) -> Iterator[Finding]:
    degrade = endpoint.degrade
    if degrade is None:
        return
    for tier in ("file", "example", "post"):
        given, listed = tier in degrade.model_fields_set, tier in degrade.tiers
        if given != listed:
            fix = f"Give the key `{tier}` and list it in `tiers`, or neither."
            yield Finding((*loc, "degrade"), f"`{tier}` stands in one place of two", fix)
    if "schema" in degrade.tiers and endpoint.contract.response is None:
        fix = "Add contract: {response: …}, or remove the tier."
        yield Finding((*loc, "degrade"), "the tier `schema` without an expected shape", fix)


def _bounds(file: PolicyFile, _: str | None) -> Iterator[Finding]:
    given = {b.name: getattr(file.bounds, b.name) for b in fields(Bounds)}
    bounds = Bounds(**{name: value for name, value in given.items() if value is not None})
    for name in ("backoff_base_s", "throttle_base_s"):
        if getattr(bounds, name) > bounds.backoff_cap_s:
            what = f"`{name}` is larger than `backoff_cap_s` ({bounds.backoff_cap_s:g})"
            yield Finding(("bounds", name), what, "Lower it, or raise the cap.")


def _gates(file: PolicyFile, _: str | None) -> Iterator[Finding]:
    """I4: a gate whose constants bound nothing, or let nothing through, is none."""
    everywhere = GATES.given(file.gates)
    parts: list[tuple[Loc, GatesPart | None]] = [(("gates",), file.gates)]
    parts += [((*loc, "gates"), part.gates) for loc, part in _destinations(file)]
    for loc, part in parts:
        if part is None:
            continue
        for at, what, fix in GATES.out_of_range(part):
            yield Finding((*loc, *at), what, fix)
        bounds = GateBounds(**(everywhere | GATES.given(part)))
        dearest = max(bounds.retry_per_failure, bounds.retry_per_throttle)
        if bounds.retry_tokens < dearest:
            what = f"a full retry budget ({bounds.retry_tokens}) never pays for a resend"
            fix = f"Give at least {dearest} tokens, the price of one."
            yield Finding((*loc, "retry_budget"), what, fix)


def _queues(file: PolicyFile, _: str | None) -> Iterator[Finding]:
    for name, part in file.queues.items():
        loc: Loc = ("queues", name)
        for at, what, fix in QUEUES.out_of_range(part):
            yield Finding((*loc, *at), what, fix)
        rule = QueueRule(**QUEUES.given(part))
        if rule.backoff_base_s > rule.backoff_cap_s:
            what = f"backoff begins at {rule.backoff_base_s:g} s, above its cap"
            yield Finding((*loc, "backoff"), what, "Lower the base, or raise the cap.")


def _destinations(file: PolicyFile) -> Iterator[tuple[Loc, DestinationPart]]:
    for name, destination in file.destinations.items():
        yield ("destinations", name), destination


def _endpoints(loc: Loc, destination: DestinationPart) -> Iterator[tuple[Loc, EndpointPart]]:
    for index, endpoint in enumerate(destination.endpoints):
        yield (*loc, "endpoints", index), endpoint


CHECKS: Final[tuple[Check, ...]] = (
    _later_keys,
    _planners,
    _planner_budgets,
    _region_urls,
    _names,
    _token_sources,
    _post_targets,
    _endpoint_promises,
    _bounds,
    _gates,
    _queues,
)
