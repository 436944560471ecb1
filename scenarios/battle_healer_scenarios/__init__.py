"""Scenario files, and the mock server's own policy: data that the product reads."""

from importlib.resources import files


def mock_policy_text() -> str:
    """YAML text of the mock server's own policy; its region URLs are relative."""
    return files(__name__).joinpath("mock.yaml").read_text("utf-8")
