"""From the file's model to the frozen values that the loop reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from battle_healer.policy.address import region_url, target_url
from battle_healer.policy.document import Document, Loc
from battle_healer.policy.rows import GATES, QUEUES
from battle_healer.policy.shape import (
    CredentialPart,
    DefaultsPart,
    DegradePart,
    DestinationPart,
    EndpointPart,
    JournalPart,
    PolicyFile,
    TokenCallPart,
    TokenPart,
)
from battle_healer.policy.sources import FromCommand, FromEnv, FromFile
from battle_healer.policy.stamps import Stamp, read_stamped
from battle_healer.rules import (
    TIERS,
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
from battle_healer.secret import Secret
from battle_healer.text import safe

MAX_FILE_BYTES: Final = 1_048_576


@dataclass(frozen=True, slots=True)
class Resolver:
    """What turning a file into rules needs besides the file.

    folder: what paths in the policy are relative to. base: see `region_url`.
    stamps: of every file read so far, for hot reload.
    """

    document: Document
    folder: Path
    base: str | None
    stamps: list[Stamp] = field(default_factory=list)

    def rules(self, file: PolicyFile) -> Rules:
        """Return the whole policy, resolved. Raises PolicyError for a file that cannot be used."""
        given: dict[str, Any] = file.bounds.model_dump(exclude_none=True)
        gates = GATES.given(file.gates)
        return Rules(
            destinations=tuple(
                self._destination(name, part, file.defaults, gates)
                for name, part in file.destinations.items()
            ),
            bounds=Bounds(**given),
            gates=GateBounds(**gates),
            planner=file.defaults.planner,
            secret_headers=frozenset(name.lower() for name in file.secret_headers),
            source=self.document.where,
            journal=None if file.journal is None else _keep(file.journal),
            planner_budgets={
                name: part.model_dump(exclude_none=True)
                for name, part in file.planner_budgets.items()
            },
            queues={n: QueueRule(**QUEUES.given(part)) for n, part in file.queues.items()},
        )

    def _destination(
        self, name: str, part: DestinationPart, defaults: DefaultsPart, gates: dict[str, Any]
    ) -> Destination:
        loc: Loc = ("destinations", name)
        regions = [Region(r.name, region_url(r.url, self.base), r.priority) for r in part.regions]
        return Destination(
            name=name,
            # Stable: regions of one priority, and credentials of one tier, stay as in the file.
            regions=tuple(sorted(regions, key=lambda region: region.priority)),
            credentials=tuple(
                sorted(
                    (
                        self._credential(credential, (*loc, "credentials", index))
                        for index, credential in enumerate(part.credentials)
                    ),
                    key=lambda rule: TIERS.index(rule.tier),
                )
            ),
            endpoints=tuple(
                self._endpoint(endpoint, defaults, (*loc, "endpoints", index))
                for index, endpoint in enumerate(part.endpoints)
            ),
            says_processed=part.says_processed,
            call_header=part.call_header,
            planner=part.planner,
            fallback=Endpoint(repair=defaults.repair, adapt=defaults.adapt),
            policy=self.document.where,
            gates=GateBounds(**(gates | GATES.given(part.gates))) if part.gates else None,
        )

    def _credential(self, part: CredentialPart, loc: Loc) -> CredentialRule:
        return CredentialRule(
            name=part.name,
            source=self._source(part, (*loc, "token")),
            tier=part.tier,
            refresh=_token_call(part.refresh, part.refresh.body) if part.refresh else None,
            scopes=frozenset(part.scopes),
            account=part.account,
            daily_calls=part.daily_calls,
            cost=Cost(part.cost.per_call, part.cost.currency) if part.cost else None,
            header=part.header,
            scheme=part.scheme,
        )

    def _source(self, part: CredentialPart, loc: Loc) -> Callable[[], Secret] | TokenCall:
        token, where = part.token, self.document.at(loc)
        if token.env is not None:
            return FromEnv(token.env, where)
        if token.file is not None:
            return FromFile(self.folder / token.file, where)
        if token.command is not None:
            return FromCommand(tuple(token.command), self.folder, where)
        return _token_call(token, token.body or {})

    def _endpoint(self, part: EndpointPart, defaults: DefaultsPart, loc: Loc) -> Endpoint:
        contract = (*loc, "contract")
        return Endpoint(
            name=part.name,
            match=part.match,
            idempotency=part.idempotency,
            request_schema=self._schema(part.contract.request, (*contract, "request")),
            response_schema=self._schema(part.contract.response, (*contract, "response")),
            protected=tuple(part.protected),
            may_clamp=tuple(part.may_clamp),
            repair=defaults.repair if part.repair is None else part.repair,
            adapt=defaults.adapt if part.adapt is None else part.adapt,
            degrade=self._degrade(part.degrade, (*loc, "degrade")) if part.degrade else None,
            queue=part.queue,
            planner=part.planner,
        )

    def _degrade(self, part: DegradePart, loc: Loc) -> Degrade:
        return Degrade(
            tiers=tuple(part.tiers),
            file=None if part.file is None else self._bytes(part.file, (*loc, "file")),
            example=part.example,
            post=None if part.post is None else target_url(part.post),
            writes=part.writes,
        )

    def _schema(self, given: str | dict[str, Any] | None, loc: Loc) -> Mapping[str, Any] | None:
        """Return a JSON Schema, inline or from a file, that is one, and that fetches nothing."""
        if isinstance(given, str):
            given = self._json(given, loc)
        if given is None:
            return None
        for reference in _references(given):
            if not reference.startswith("#"):
                fix = "Copy what it names into $defs: a contract is never fetched."
                raise self.document.error(loc, "a schema with a $ref to elsewhere", fix)
        problem = _schema_problem(given)
        if problem is not None:
            fix = "See json-schema.org, draft 2020-12."
            raise self.document.error(loc, f"not a JSON Schema: {problem}", fix)
        return given

    def _json(self, name: str, loc: Loc) -> dict[str, Any]:
        try:
            value = json.loads(self._bytes(name, loc))
        except (ValueError, RecursionError) as error:
            what = f"{safe(name)} is not JSON"
            raise self.document.error(loc, what, "Write a JSON Schema to it.") from error
        if not isinstance(value, dict):
            what = f"{safe(name)} is not a JSON object"
            raise self.document.error(loc, what, "Write a JSON Schema to it.")
        return value

    def _bytes(self, name: str, loc: Loc) -> bytes:
        path = self.folder / name
        try:
            content, stamp = read_stamped(path, MAX_FILE_BYTES)
        except (OSError, ValueError) as error:
            what = f"{safe(name)} cannot be read ({type(error).__name__})"
            fix = f"Paths are relative to {safe(str(self.folder.absolute()))}."
            raise self.document.error(loc, what, fix) from error
        if len(content) > MAX_FILE_BYTES:
            raise self.document.error(loc, f"{safe(name)} is larger than 1 MiB", "Shorten it.")
        self.stamps.append(stamp)
        return content


def _keep(part: JournalPart) -> Keep:
    given: dict[str, Any] = part.model_dump(exclude_none=True)
    return Keep(**given)


def _token_call(part: TokenPart | TokenCallPart, body: dict[str, Any] | None) -> TokenCall:
    return TokenCall(target_url(part.post or "/"), body, part.token, part.expires_in)


def _references(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for key, item in value.items():
                if key in ("$ref", "$dynamicRef") and isinstance(item, str):
                    yield item
                yield from _references(item)
        case list():
            for item in value:
                yield from _references(item)
        case _:
            return


def _schema_problem(schema: dict[str, Any]) -> str | None:
    """What the schema of schemas has against it. Costs an import, and only with a contract."""
    from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415 -- slow, and only with a contract

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        where = "/".join(str(part) for part in error.absolute_path)
        return safe(f"{error.message} at {where}" if where else error.message)
    return None
