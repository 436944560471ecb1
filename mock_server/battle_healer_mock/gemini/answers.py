"""The shapes in which the Gemini API answers, good and bad."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from battle_healer_mock.gemini.asked import Api, Asked
from battle_healer_mock.gemini.policies import Probabilities

DETAIL = "type.googleapis.com/google.rpc."


@dataclass(frozen=True, slots=True)
class Said:
    """One reply, whole. headers: beside content type and length."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=UTF-8"
    headers: tuple[tuple[str, str], ...] = ()


def said(payload: object, status: int = 200, **headers: str) -> Said:
    """A JSON reply; header names are written with `_` for `-`."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Said(status, json.dumps(payload).encode(), headers=named)


def error(
    status: int, code: str, message: str, details: list[dict[str, Any]] | None = None
) -> Said:
    """The error shape of Google's APIs. Source: google.rpc.Status, AIP-193."""
    told: dict[str, Any] = {"code": status, "message": message, "status": code}
    if details:
        told["details"] = details
    return said({"error": told}, status)


def ranked(asked: Asked, given: Mapping[str, Probabilities]) -> Said:
    """A good answer: probabilities by the question's name."""
    answers = {
        name: {
            "choice": max(chances, key=lambda id_: chances[id_]),
            "confidence": max(chances.values()),
            "probabilities": chances,
        }
        for name, chances in given.items()
    }
    return shaped(asked, answers)


def shaped(asked: Asked, answers: Mapping[str, Mapping[str, Any]]) -> Said:
    """An answer of any content in the right envelope: `choice`, `confidence`, `probabilities`."""
    tokens = max(1, len(asked.text) // 3)
    if asked.api == "decisions":
        rows = {name: {"type": "choice", **answer} for name, answer in answers.items()}
        usage = {"total_input_tokens": tokens, "total_tokens": tokens}
        return said({"answers": rows, "usage": usage})
    answer = next(iter(answers.values()))
    told = {name: answer[name] for name in ("choice", "confidence") if name in answer}
    return generated(json.dumps(told), tokens=tokens)


def generated(text: str | None, finish: str = "STOP", tokens: int = 1) -> Said:
    """What `generateContent` answers; text None for a candidate without any."""
    content = {"role": "model", "parts": [{"text": text}]} if text is not None else {}
    return said(
        {
            "candidates": [{"content": content, "finishReason": finish, "index": 0}],
            "usageMetadata": {
                "promptTokenCount": tokens,
                "candidatesTokenCount": 8,
                "totalTokenCount": tokens + 8,
            },
            "modelVersion": "scripted-double",
        }
    )


def blocked(api: Api, reason: str) -> Said:
    """A prompt that the service will not answer."""
    if api == "decisions":
        feedback = {"block_reason": reason, "block_reason_message": "The input was blocked."}
        return said({"prompt_feedback": feedback})
    return said({"promptFeedback": {"blockReason": reason.upper()}})
