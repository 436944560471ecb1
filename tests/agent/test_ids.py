import random
import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from battle_healer.errors import UsageError
from battle_healer.ids import Ids, correlation, correlation_here, uuid7

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_an_id_is_a_uuid_of_version_7_with_its_time() -> None:
    text = uuid7(NOON, (1 << 74) - 1)
    read = uuid.UUID(text)
    assert str(read) == text
    assert (read.version, read.variant) == (7, uuid.RFC_4122)
    assert read.int >> 80 == int(NOON.timestamp() * 1000)


def test_ids_sort_by_time_and_tell_what_they_are_for() -> None:
    times = iter(NOON + timedelta(milliseconds=n) for n in range(50))
    ids = Ids(lambda: next(times), random.Random(1).getrandbits)  # noqa: S311 -- seeded on purpose
    made = [ids.new_id("call") for _ in range(50)]
    assert made == sorted(made)
    assert len(set(made)) == 50
    assert all(re.fullmatch(r"call-[0-9a-f-]{36}", name) for name in made)


def test_the_same_seed_and_clock_make_the_same_ids() -> None:
    one, other = (Ids(lambda: NOON, random.Random(7).getrandbits) for _ in range(2))  # noqa: S311 -- seeded on purpose
    assert [one.new_id("ep") for _ in range(5)] == [other.new_id("ep") for _ in range(5)]


def test_a_correlation_id_holds_inside_and_ends_with_its_block() -> None:
    with correlation("order-17"):
        with correlation("inner"):
            assert correlation_here() == "inner"
        assert correlation_here() == "order-17"
    assert correlation_here() is None


@pytest.mark.parametrize("name", ["", "a b", "x\ny", "ä", "x" * 129])
def test_what_is_no_correlation_id_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="correlation"), correlation(name):
        pass
