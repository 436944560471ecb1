"""The readers, in the order in which they are asked; the first that recognises a body speaks."""

from __future__ import annotations

from typing import Final

from battle_healer.diagnosis import (
    aws_json,
    bulk_items,
    by_status,
    challenge,
    envelope,
    error_list,
    error_object,
    event_stream,
    fastapi_detail,
    field_errors,
    google_rpc,
    graphql,
    kubernetes_status,
    oauth_error,
    page,
    problem_json,
    xml_error,
)
from battle_healer.diagnosis.finding import Reader

READERS: Final[tuple[Reader, ...]] = (
    challenge.ROW,
    problem_json.ROW,
    fastapi_detail.ROW,
    kubernetes_status.ROW,
    google_rpc.ROW,
    error_object.ROW,
    aws_json.ROW,
    graphql.ROW,
    bulk_items.ROW,
    error_list.ROW,
    field_errors.ROW,
    oauth_error.ROW,
    envelope.ROW,
    event_stream.ROW,
    xml_error.ROW,
    page.ROW,
    by_status.ROW,
)


def markdown() -> str:
    """The readers as a table for the docs."""
    head = "| reader | the reply is | source |\n|---|---|---|\n"
    return head + "".join(f"| `{r.name}` | {r.shape} | {r.source} |\n" for r in READERS)
