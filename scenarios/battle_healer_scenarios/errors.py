"""What is wrong with a scenario file: what, where, and what would be right."""

from __future__ import annotations


class ScenarioError(Exception):
    """A scenario that is not known, or a file that cannot be read as one. Safe to print."""

    def __init__(self, what: str, where: str, fix: str) -> None:
        # Positional, so that it pickles.
        super().__init__(what, where, fix)
        self.what, self.where, self.fix = what, where, fix

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.fix}"
