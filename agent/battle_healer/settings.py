"""Settings of the process: `HEALER_*` variables, else `.env` in the working directory.

What concerns an API stands in the policy; here is only what concerns the process that runs.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Collection
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AliasChoices, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from battle_healer.errors import SettingsError
from battle_healer.rules import PlannerBudget
from battle_healer.secret import Secret
from battle_healer.text import nearest, safe

S = TypeVar("S", bound=BaseSettings)

PREFIX: Final = "HEALER_"


class Settings(BaseSettings):
    """Every setting; an empty variable counts as not set."""

    # `.env` also holds the tokens that a policy refers to, so other names are none of ours.
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    policy: Path | None = Field(
        default=None,
        description="The policy file; without it ./healer.yaml, if there is one.",
        examples=["./healer.yaml"],
    )
    home: Path | None = Field(
        default=None,
        description="The folder for all state; without it the platform's data folder.",
        examples=["~/.local/share/battle-healer"],
    )
    planner: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$",
        description="The planner to ask; without it the policy's.",
        examples=["heuristic"],
    )
    backend_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$",
        description="Where `heal_api_call` posts what it cannot heal, to /queue-failed.",
        examples=["http://127.0.0.1:8000"],
    )


_KEY: Final = re.compile(r"[A-Za-z0-9_.-]{16,256}")
_PUBLIC_KEY: Final = "NEXT_PUBLIC_GEMINI_API_KEY"


def _secret(value: Any) -> Any:
    return Secret(value.strip()) if isinstance(value, str) else value


def _budget(name: str) -> Any:
    row = PlannerBudget.__dataclass_fields__[name]
    says = row.metadata["meaning"]
    return Field(
        default=row.default,
        ge=row.metadata["least"],
        le=row.metadata["most"],
        description=f"At most so many {says}.",
    )


class GeminiSettings(BaseSettings):
    """How the planner `gemini` reaches its model, and what it may spend there.

    Budgets hold for this process; see `PlannerBudget`. usd_per_million_tokens: what a million
    tokens of input cost, by which `usd_*` are counted.
    """

    model_config = SettingsConfigDict(
        env_prefix=f"{PREFIX}GEMINI_", env_file=".env", env_ignore_empty=True, extra="ignore",
        frozen=True, arbitrary_types_allowed=True, populate_by_name=True,
    )  # fmt: skip

    api_key: Annotated[Secret | None, BeforeValidator(_secret)] = Field(
        default=None,
        validation_alias=AliasChoices(f"{PREFIX}GEMINI_API_KEY", "GEMINI_API_KEY"),
        description="The API key; GEMINI_API_KEY is read too.",
    )
    model: str = Field(
        default="gemini-decision-1",
        pattern=r"^[A-Za-z0-9._-]{1,64}$",
        description="The model that is asked through the Decisions API.",
    )
    fallback_model: str = Field(
        default="gemini-3.8-flash",
        pattern=r"^[A-Za-z0-9._-]{1,64}$",
        description="The model that is asked to generate where Decisions are not known.",
    )
    api: Literal["decisions", "generate"] = Field(
        default="decisions", description="`generate` leaves the Decisions API out."
    )
    base_url: str = Field(
        default="https://generativelanguage.googleapis.com/",
        description="Where the service is; `healer mock --gemini` is a double of it.",
    )
    api_version: str = Field(
        default="v1beta", pattern=r"^v[0-9a-z]{1,15}$", description="Version of its API."
    )
    proxy: str | None = Field(
        default=None,
        description="Proxy to reach it through; those of the environment are not used.",
        examples=["http://proxy.example:3128"],
    )
    calls_per_minute: int = _budget("calls_per_minute")
    calls_per_day: int = _budget("calls_per_day")
    tokens_per_minute: int = _budget("tokens_per_minute")
    tokens_per_day: int = _budget("tokens_per_day")
    usd_per_minute: float = _budget("usd_per_minute")
    usd_per_day: float = _budget("usd_per_day")
    usd_per_million_tokens: float = Field(default=0.1, ge=0, description="The price to count by.")

    @property
    def budget(self) -> dict[str, float]:
        """The rows of `PlannerBudget` that were set, not those that stand at their default."""
        names = (row.name for row in fields(PlannerBudget))
        return {name: getattr(self, name) for name in names if name in self.model_fields_set}

    def problem(self) -> str | None:
        """Why the service cannot be asked with these settings, in words; None where it can."""
        if self.api_key is None:
            if os.environ.get(_PUBLIC_KEY):
                return f"{_PUBLIC_KEY} would be published to browsers; name it GEMINI_API_KEY"
            return "no API key; set GEMINI_API_KEY"
        if not _KEY.fullmatch(self.api_key.reveal()):
            return "the API key is no key: 16 to 256 of letters, digits, `_`, `.`, `-`"
        if not _keeps_a_key(self.base_url):
            name = f"{PREFIX}GEMINI_BASE_URL"
            return f"{name} must be an https URL (http only on this machine), for the key's sake"
        return None


def _keeps_a_key(url: str) -> bool:
    """Whether nobody on the way can read what is sent there."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme == "http":
        return host == "localhost" or _is_loopback(host)
    return parts.scheme == "https" and bool(host) and "@" not in parts.netloc


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def load_gemini() -> GeminiSettings:
    """Read the settings of the planner `gemini`. Raises SettingsError; no key is no error."""
    return _read(GeminiSettings, f"{PREFIX}GEMINI_")


def load_settings(planners: Collection[str] | None = None) -> Settings:
    """Read the settings. Raises SettingsError.

    planners: names of the known ones; None where the caller does not care which is set.
    """
    settings = _read(Settings, PREFIX)
    _check_planner(settings.planner, planners)
    return settings


def _read(model: type[S], prefix: str) -> S:
    try:
        return model()
    except ValidationError as error:
        refusal = _unusable(error, prefix)
    # Outside of the handler: the library's error repeats the value, which may be a secret.
    raise refusal


def _unusable(error: ValidationError, prefix: str) -> SettingsError:
    row = error.errors(include_url=False, include_input=False, include_context=False)[0]
    name = str(row["loc"][0]).upper()
    where = name if name.startswith(prefix) else prefix + name
    return SettingsError("a value that cannot be used", where, f"{safe(row['msg'])}.")


def _check_planner(name: str | None, known: Collection[str] | None) -> None:
    if name is not None and known is not None and name not in known:
        what = f"unknown planner {safe(name)!r}"
        raise SettingsError(what, f"{PREFIX}PLANNER", nearest(name, known))


def env_example() -> str:
    """Return `.env.example`: every setting, commented."""
    rows = [
        f"# {info.description}\n# {prefix}{name.upper()}={_example(info)}\n"
        for prefix, model in ((PREFIX, Settings), (f"{PREFIX}GEMINI_", GeminiSettings))
        for name, info in model.model_fields.items()
    ]
    return "\n".join([_HEAD, *rows])


def _example(info: Any) -> str:
    default = "" if info.default is None else str(info.default)
    return str((info.examples or [default])[0])


_HEAD: Final = """\
# Settings of the process. Copy to .env and uncomment; a variable of the environment wins.
# Tokens that a policy refers to, as in `token: {env: PAY_TOKEN}`, may stand in .env too.
"""
