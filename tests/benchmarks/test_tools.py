"""Peers are pinned, and what is not installed is said with the line to type."""

import json

import pytest
from benchmarks import tools


def test_no_lock_of_the_benchmarks_names_an_address_of_a_package() -> None:
    python = (tools.ROOT / "requirements/bench.lock").read_text("utf-8")
    node = json.loads((tools.ROOT / "benchmarks/package-lock.json").read_text("utf-8"))
    assert "://" not in python
    assert "--hash=sha256:" in python
    packages = {name: row for name, row in node["packages"].items() if name}
    assert packages
    assert not [name for name, row in packages.items() if "resolved" in row]
    assert not [name for name, row in packages.items() if "integrity" not in row]


def test_other_mocks_are_pinned_to_exact_versions() -> None:
    manifest = json.loads((tools.ROOT / "benchmarks/package.json").read_text("utf-8"))
    assert all(version[0].isdigit() for version in manifest["dependencies"].values())


def test_what_is_absent_is_named_with_the_line_to_type() -> None:
    assert tools.absent([]) == []
    assert tools.absent(["stamina", "Prism"])[0] == (
        "Not installed: stamina, Prism. To install: `make bench-tools`."
    )


def test_a_package_that_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tools.node_version("no-such-package-of-ours") is None
    assert set(tools.versions(("httpx2", "no-such-package-of-ours"))) == {"httpx2"}
