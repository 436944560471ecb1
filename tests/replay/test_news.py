"""News between processes: what is owed is told, also at the end."""

from __future__ import annotations

from battle_healer_replay.postgres.news import Herald, PostgresWatch


def test_a_herald_that_is_closed_still_tells_what_it_owes(postgres_url: str) -> None:
    herald, watch = Herald(postgres_url), PostgresWatch(postgres_url)
    herald.tell()
    assert watch.wait(10)
    herald.tell()  # within its pause: nobody has been told yet
    herald.close()
    assert watch.wait(10)
    watch.close()


def test_a_herald_that_told_nothing_is_closed_at_once(postgres_url: str) -> None:
    herald, watch = Herald(postgres_url), PostgresWatch(postgres_url)
    herald.close()
    assert not watch.wait(0)
    watch.close()
