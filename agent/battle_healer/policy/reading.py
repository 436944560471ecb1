"""The way from text to rules: YAML, shape, contradictions, values. Heavy imports are here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from battle_healer.errors import PolicyError
from battle_healer.policy.checks import errors_of
from battle_healer.policy.document import read
from battle_healer.policy.findings import shape_errors
from battle_healer.policy.resolve import Resolver
from battle_healer.policy.shape import PolicyFile
from battle_healer.policy.stamps import Stamp
from battle_healer.rules import Rules


@dataclass(frozen=True, slots=True)
class Opened:
    """What a policy without errors comes to. stamps: of the files that it names."""

    rules: Rules
    stamps: tuple[Stamp, ...]


def opened(
    text: str, where: str, folder: Path, base: str | None
) -> Opened | tuple[PolicyError, ...]:
    """Return the rules, or everything that is wrong, in the order of lines.

    Each stage speaks only if the one before found nothing, since its errors would be echoes.
    """
    try:
        document = read(text, where)
        if document.data is None:
            return (PolicyError("the policy is empty", where, "Begin with `version: 1`."),)
        file = PolicyFile.model_validate(document.data)
        if errors := errors_of(document, file, base):
            return errors
        resolver = Resolver(document, folder, base)
        rules = resolver.rules(file)
    except ValidationError as error:
        return shape_errors(document, error)
    except PolicyError as error:
        return (error,)
    return Opened(rules, tuple(resolver.stamps))
