import re
from pathlib import Path

from battle_healer.planners.table import PLANNERS
from battle_healer.policy import Policy, defaults_markdown
from battle_healer.policy.names import BUILT_IN_PLANNERS
from battle_healer.policy.shape import PolicyFile
from battle_healer.rules import GateBounds, QueueRule

DOCS = Path(__file__).parents[3] / "docs"


def test_the_page_of_defaults_is_current() -> None:
    assert (DOCS / "defaults.md").read_text("utf-8") == defaults_markdown()


def test_the_example_on_the_policy_page_parses() -> None:
    page = (DOCS / "policy.md").read_text("utf-8")
    example, gates, queues = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert Policy.parse(example).rules.named("payments")
    assert Policy.parse(f"version: 1\n{gates}").rules.gates == GateBounds()
    assert Policy.parse(f"version: 1\n{queues}").rules.queue("payments") == QueueRule(rate_per_s=50)


def test_the_policy_page_names_every_key() -> None:
    page = (DOCS / "policy.md").read_text("utf-8")
    schema = PolicyFile.model_json_schema()
    for part in (
        "DestinationPart",
        "CredentialPart",
        "EndpointPart",
        "QueuePart",
        "BackoffPart",
        "KeepPart",
        "TellAbovePart",
        "DefaultsPart",
        "GatesPart",
        "JournalPart",
    ):
        for key in schema["$defs"][part]["properties"]:
            assert f"`{key}`" in page, f"{key} of {part}"
    for key in schema["properties"]:
        assert f"`{key}`" in page, key


def test_a_policy_may_name_the_planners_that_there_are() -> None:
    assert {planner.name for planner in PLANNERS} == {*BUILT_IN_PLANNERS}
