"""The dialects, in the order of the documentation; the first is the default."""

from __future__ import annotations

from typing import Final

from battle_healer_mock.dialects import (
    aws,
    fastapi,
    google,
    graphql,
    html,
    jsonapi,
    oauth,
    plain,
    problem,
    stripe,
)

DIALECTS: Final = (
    problem.ROW,
    fastapi.ROW,
    stripe.ROW,
    google.ROW,
    aws.ROW,
    oauth.ROW,
    jsonapi.ROW,
    graphql.ROW,
    plain.ROW,
    html.ROW,
)
BY_NAME: Final = {dialect.name: dialect for dialect in DIALECTS}
DEFAULT: Final = problem.ROW
