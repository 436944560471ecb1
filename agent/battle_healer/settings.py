"""Settings of the process: `HEALER_*` variables, else `.env` in the working directory.

What concerns an API stands in the policy; here is only what concerns the process that runs.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from battle_healer.errors import SettingsError
from battle_healer.text import nearest, safe

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


def load_settings(planners: Collection[str] | None = None) -> Settings:
    """Read the settings. Raises SettingsError.

    planners: names of the known ones; None where the caller does not care which is set.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        row = error.errors(include_url=False, include_input=False)[0]
        name = PREFIX + str(row["loc"][0]).upper()
    else:
        _check_planner(settings.planner, planners)
        return settings
    raise SettingsError("a value that cannot be used", name, f"{safe(row['msg'])}.")


def _check_planner(name: str | None, known: Collection[str] | None) -> None:
    if name is not None and known is not None and name not in known:
        what = f"unknown planner {safe(name)!r}"
        raise SettingsError(what, f"{PREFIX}PLANNER", nearest(name, known))


def env_example() -> str:
    """Return `.env.example`: every setting, commented."""
    rows = [
        f"# {info.description}\n# {PREFIX}{name.upper()}={(info.examples or [''])[0]}\n"
        for name, info in Settings.model_fields.items()
    ]
    return "\n".join([_HEAD, *rows])


_HEAD: Final = """\
# Settings of the process. Copy to .env and uncomment; a variable of the environment wins.
# Tokens that a policy refers to, as in `token: {env: PAY_TOKEN}`, may stand in .env too.
"""
