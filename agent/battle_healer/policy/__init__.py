"""The policy file `healer.yaml`: read, checked with line numbers, and turned into rules."""

from battle_healer.policy.defaults import defaults_markdown
from battle_healer.policy.policy import Policy, find_policy, problems
from battle_healer.policy.show import show
from battle_healer.policy.template import template

__all__ = ["Policy", "defaults_markdown", "find_policy", "problems", "show", "template"]
