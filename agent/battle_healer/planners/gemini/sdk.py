"""The one file that knows google-genai; imported in the planner's thread only.

Everything that the SDK would take from its environment is said explicitly, and what it does of
its own accord (retries, redirects, another HTTP library) is switched off.
Source: google-genai 3.6.1 as installed, read and tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import httpx2
from google import genai
from google.genai import types

from battle_healer.planners.gemini.acceptance import Scores, of_decisions, of_generated
from battle_healer.planners.gemini.bounded import Bounded
from battle_healer.planners.miss import Miss
from battle_healer.planners.question import INSTRUCTIONS, Question

if TYPE_CHECKING:
    from battle_healer.settings import GeminiSettings

WAYS: Final = ("decisions", "generate", "generate without thinking")
"""How to ask, in order: the next where the service does not know one."""

_CONNECTIONS: Final = 4
_TIMEOUT_MS: Final = 10_000  # of one read or write; the whole is bounded by the caller
# Below 10 s `generateContent` is refused; the caller's own time-out cuts earlier.
_HEADERS: Final = {"X-Server-Timeout": "10"}
_ANSWER_TOKENS: Final = 1024  # thoughts count too


class Sdk:
    """A client of the service. Built, used and closed in one event loop."""

    def __init__(self, settings: GeminiSettings, key: str) -> None:
        self._settings = settings
        inner = httpx2.AsyncHTTPTransport(
            limits=httpx2.Limits(max_connections=_CONNECTIONS), proxy=settings.proxy
        )
        self._http = httpx2.AsyncClient(
            transport=Bounded(inner),
            follow_redirects=False,
            trust_env=False,
            headers={"Accept-Encoding": "identity"},
        )
        self._client = genai.Client(
            api_key=key,
            vertexai=False,
            http_options=types.HttpOptions(
                base_url=settings.base_url,
                api_version=settings.api_version,
                timeout=_TIMEOUT_MS,
                headers=_HEADERS,
                retry_options=types.HttpRetryOptions(attempts=1),
                httpx_async_client=self._http,
                # Without one the SDK makes a client of its own, which reads the environment.
                httpx_client=httpx2.Client(transport=httpx2.MockTransport(_nobody)),
            ),
        )
        # Opened now: it imports as much again as the client did.
        self._decisions: Any = self._client.aio.decisions

    def model(self, way: int) -> str:
        """Name of the model that is asked in this way."""
        return self._settings.model if way == 0 else self._settings.fallback_model

    async def ask(self, question: Question, way: int) -> tuple[Scores | Miss, int | None]:
        """Put one question: what is taken of the answer, and the tokens used if it says.

        Raises whatever the SDK raises; the caller turns it into a Miss and drops it.
        """
        if way == 0:
            reply = await self._decide(question)
            return of_decisions(reply, question), _tokens(reply, "usage", "total_tokens")
        reply = await self._generate(question, thinks=way == 1)
        used = _tokens(reply, "usage_metadata", "total_token_count")
        return of_generated(reply, question), used

    async def close(self) -> None:
        """Close everything that was opened."""
        await self._http.aclose()
        await self._client.aio.aclose()
        self._client.close()

    async def _decide(self, question: Question) -> Any:
        options = [*question.options.items()]
        return await self._decisions.create(
            model=self.model(0),
            input=question.input,
            questions={"plan": _choice(dict(options)), "plan_rev": _choice(dict(options[::-1]))},
        )

    async def _generate(self, question: Question, *, thinks: bool) -> Any:
        thinking = types.ThinkingConfig(thinking_level=types.ThinkingLevel.LOW) if thinks else None
        return await self._client.aio.models.generate_content(
            model=self.model(1),
            contents=question.sent,
            config=types.GenerateContentConfig(
                system_instruction=INSTRUCTIONS,
                response_mime_type="application/json",
                response_json_schema=_schema(question),
                max_output_tokens=_ANSWER_TOKENS,
                thinking_config=thinking,
                automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
            ),
        )


def _nobody(request: httpx2.Request) -> httpx2.Response:
    """Answer for the SDK's blocking half, which is never used."""
    raise httpx2.ConnectError("only the planner's own loop asks", request=request)


def _choice(options: Mapping[str, str]) -> dict[str, Any]:
    return {"type": "choice", "instructions": INSTRUCTIONS, "criteria": options}


def _schema(question: Question) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "choice": {"type": "string", "enum": [*question.options]},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        },
        "required": ["choice", "confidence"],
        "additionalProperties": False,
    }


def _tokens(reply: Any, usage: str, total: str) -> int | None:
    count = getattr(getattr(reply, usage, None), total, None)
    is_count = isinstance(count, int) and not isinstance(count, bool) and count >= 0
    return count if is_count else None
