"""The trigger grammar: what can be written, and what each mistake is told."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from battle_healer_mock.fault import Stage
from battle_healer_mock.faults.table import FAULTS, NAMES
from battle_healer_mock.regions import REGION_NAMES
from battle_healer_mock.trigger import FOREVER, Trigger, TriggerError, join, parse


def names(trigger: Trigger) -> list[str]:
    return [item.fault.name for item in trigger.items]


def test_suffixes_stand_in_any_order_and_belong_to_their_item() -> None:
    first, second = parse("flaky~plain@eu*2=0.3, latency=100ms").items
    assert (first.argument, first.count, first.region, first.dialect) == (0.3, 2, "eu", "plain")
    assert (second.count, second.region, second.dialect) == (None, None, None)


def test_blanks_and_empty_items_are_allowed() -> None:
    assert names(parse(" reset ,, \tquota, ")) == ["reset", "quota"]
    assert not parse("").items


def test_an_alias_means_the_same_fault() -> None:
    assert names(parse("malformed")) == ["repair"]


def test_a_count_may_be_infinite() -> None:
    assert parse("quota*inf").items[0].count == FOREVER


def test_items_are_ordered_by_stage_and_then_as_written() -> None:
    trigger = parse("schema_drift,quota,region_down,budget")
    assert list(trigger.by_stage) == [Stage.REGION, Stage.ALLOWANCE, Stage.SHAPE]
    assert [item.fault.name for item in trigger.by_stage[Stage.ALLOWANCE]] == ["quota", "budget"]


def test_joined_triggers_are_numbered_through() -> None:
    joined = join(parse("quota"), parse(""), parse("quota,flaky"))
    assert [item.site for item in joined.items] == ["quota#0", "quota#1", "flaky#2"]


MISTAKES = [
    ("regoin_down", "unknown fault 'regoin_down'", "region_down"),
    ("quota@eu1", "unknown region 'eu1'", "eu"),
    ("quota~plian", "unknown dialect 'plian'", "plain"),
    ("repair=renmae", "'renmae' is none of", "rename"),
    ("flaky=2", "outside 0 to 1", None),
    ("flaky=x", "no probability", None),
    ("latency=fast", "no duration", None),
    ("latency=uniform:2s:1s", "above its high end", None),
    ("latency=lognormal:1s:9", "outside 0 to 3", None),
    ("latency=25h", "longer than a day", None),
    ("quota=1", "takes no value", None),
    ("quota*0", "cannot be read at '*0'", None),
    ("quota*99999", "cannot be read", None),
    ("quota*2*3", "two counts", None),
    ("quota=", "cannot be read at '='", None),
    ("quota quota", "cannot be read", None),
    ("QUOTA", "unknown fault 'QUOTA'", None),
    ("quota\u00e9", "cannot be read", None),
    ("=3", "unknown fault", None),
    ("quota," * 17, "17 faults", None),
    ("x" * 513, "513 characters", None),
]


@pytest.mark.parametrize(("text", "what", "nearest"), MISTAKES, ids=[m[0][:20] for m in MISTAKES])
def test_a_mistake_is_named_with_what_would_be_right(
    text: str, what: str, nearest: str | None
) -> None:
    with pytest.raises(TriggerError) as caught:
        parse(text)
    assert what in caught.value.what
    assert caught.value.where == "X-Simulate-Failure"
    assert caught.value.fix
    if nearest is not None:
        assert caught.value.nearest == nearest
        assert nearest in caught.value.known


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_trigger_error(text: str) -> None:
    with contextlib.suppress(TriggerError):
        assert all(item.fault.name in NAMES for item in parse(text).items)


WRITTEN = st.builds(
    lambda name, count, region: f"{name}{count}{region}",
    st.sampled_from([fault.name for fault in FAULTS]),
    st.sampled_from(["", "*1", "*9999", "*inf"]),
    st.sampled_from(["", *(f"@{name}" for name in REGION_NAMES)]),
)


@given(st.lists(WRITTEN, max_size=8))
def test_what_the_grammar_allows_reads_back_as_written(items: list[str]) -> None:
    trigger = parse(",".join(items))
    assert trigger.text == ",".join(items)
    assert sum(len(part) for part in trigger.by_stage.values()) == len(items)
