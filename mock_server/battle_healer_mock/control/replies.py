"""A refusal as a reply of FastAPI."""

from __future__ import annotations

from fastapi import Response

from battle_healer_mock.answer import Failure
from battle_healer_mock.dialects import problem


def problem_reply(failure: Failure) -> Response:
    """The failure as a problem document."""
    content_type, body = problem.write(failure)
    return Response(body, failure.status, dict(failure.headers), content_type)
