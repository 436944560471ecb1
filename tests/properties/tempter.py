"""An action that proposes what no action should: each plan breaks one invariant, if it can."""

import math
from collections.abc import Iterator

from battle_healer.actions.action import Action
from battle_healer.model import Adapted, Operation, OutcomeKind, Plan
from battle_healer.rules import Region
from battle_healer.story import Means, Story

STRANGER = Region("stranger", "https://evil.example")
UNNAMED = Region("unnamed", "https://us.api.example/from-a-reply")
STOLEN = "stolen"
INVENTED = b'{"amt": 15, "invented": true}'
PROTECTED = b'{"amt": 15, "amount": 1}'
HALF = b'{"half": true}'


def _plans(story: Story, means: Means) -> Iterator[Plan]:
    here, name = story.region, story.credential or None
    yield Plan("retry", "at once", region=here, credential=name)
    yield Plan("retry", "much later", region=here, credential=name, wait_s=3600.0)
    yield Plan("retry", "at no time", region=here, credential=name, wait_s=math.nan)
    yield Plan("fail_over", "to a stranger", region=STRANGER, credential=name)
    yield Plan("fail_over", "to where a reply points", region=UNNAMED, credential=name)
    yield Plan("rotate_credential", "to somebody else's", region=here, credential=STOLEN)
    yield _repair(story, INVENTED, Operation("add", "/invented", True))
    yield _repair(story, PROTECTED, Operation("add", "/amount", 1, evidence="a wish"))
    yield Plan("degrade", "whatever it is", tier="example", ends=OutcomeKind.DEGRADED)
    yield Plan("adapt_response", "half of it", adapted=Adapted(HALF, (), complete=False))
    yield Plan("queue", "whatever happened", queue="q", ends=OutcomeKind.QUEUED)


def _repair(story: Story, body: bytes, operation: Operation) -> Plan:
    return Plan(
        "repair_request",
        "as it likes",
        region=story.region,
        credential=story.credential or None,
        operations=(operation,),
        body=body,
    )


TEMPTER = Action("tempt", "proposes harm", "always", _plans)
