"""`Policy`: one file, opened. Light to import; YAML and pydantic are loaded when one is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from battle_healer.errors import PolicyError
from battle_healer.policy.stamps import Stamp, read_stamped
from battle_healer.rules import Rules
from battle_healer.text import safe

FILE_NAME: Final = "healer.yaml"
MAX_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that parsed. `rules` is what the loop reads; the rest is for people.

    where: the file's name, for messages. path: None for a policy from text.
    stamps: of the files that it was made of.
    """

    rules: Rules
    where: str = FILE_NAME
    path: Path | None = None
    stamps: tuple[Stamp, ...] = field(default=(), repr=False)

    @classmethod
    def load(cls, path: str | Path) -> Policy:
        """Read a policy file. Raises PolicyError with the line."""
        path = Path(path)
        text, stamp = _text_of(path)
        return _policy(text, str(path), path=path, stamps=(stamp,))

    @classmethod
    def parse(cls, text: str, where: str = FILE_NAME, base: str | None = None) -> Policy:
        """Read a policy from text. Raises PolicyError with the line.

        base: a URL whose origin relative region URLs are applied to (the mock's own policy);
        without it they are an error. Paths are relative to the working directory.
        """
        return _policy(text, where, base=base)

    def reload_if_changed(self) -> Policy:
        """Return this policy, or a new one if one of its files has changed.

        Raises PolicyError if the new one cannot be used; this one stays usable.
        """
        if self.path is None or all(stamp.is_current() for stamp in self.stamps):
            return self
        return Policy.load(self.path)

    @staticmethod
    def schema() -> dict[str, Any]:
        """JSON Schema of the file, for editors."""
        from battle_healer.policy.shape import PolicyFile  # noqa: PLC0415 -- opens pydantic

        return PolicyFile.model_json_schema()


def problems(path: str | Path) -> tuple[PolicyError, ...]:
    """Everything wrong with a policy file, in the order of lines; empty where it parses."""
    from battle_healer.policy.reading import Opened, opened  # noqa: PLC0415 -- opens YAML and pydantic

    path = Path(path)
    try:
        text, _ = _text_of(path)
    except PolicyError as error:
        return (error,)
    result = opened(text, str(path), path.parent, None)
    return () if isinstance(result, Opened) else result


def find_policy(explicit: str | Path | None = None) -> Path | None:
    """Path of the policy to use: `explicit`, else HEALER_POLICY, else ./healer.yaml, else None.

    Raises PolicyError where one of the first two names no file.
    """
    from battle_healer.settings import load_settings  # noqa: PLC0415 -- opens pydantic

    named, origin = explicit, "--policy"
    if named is None:
        named, origin = load_settings().policy, "HEALER_POLICY"
    if named is None:
        here = Path(FILE_NAME)
        return here if here.is_file() else None
    # A shell expands `~`; `.env` and a quoted argument do not.
    path = Path(named).expanduser()
    if not path.is_file():
        raise PolicyError(
            f"there is no policy file {safe(str(path))}",
            origin,
            "Give the path of one, or write one with `healer init URL`.",
        )
    return path


def _policy(
    text: str,
    where: str,
    *,
    path: Path | None = None,
    base: str | None = None,
    stamps: tuple[Stamp, ...] = (),
) -> Policy:
    from battle_healer.policy.reading import Opened, opened  # noqa: PLC0415 -- opens YAML and pydantic

    result = opened(text, where, path.parent if path else Path(), base)
    if not isinstance(result, Opened):
        first, *others = result
        more = f" `healer policy check` shows {len(others)} more." if others else ""
        raise PolicyError(first.what, first.where, first.fix + more)
    return Policy(result.rules, where, path, stamps + result.stamps)


def _text_of(path: Path) -> tuple[str, Stamp]:
    where = safe(str(path))
    try:
        content, stamp = read_stamped(path, MAX_BYTES)
    except (OSError, ValueError) as error:
        what = f"the policy cannot be read ({type(error).__name__})"
        raise PolicyError(what, where, "Check the path and its permissions.") from error
    try:
        return content.decode("utf-8-sig"), stamp
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
    raise PolicyError("not UTF-8", f"{where}:{line}", "Save the file as UTF-8.")
