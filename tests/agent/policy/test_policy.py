import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from battle_healer.errors import PolicyError
from battle_healer.policy import Policy, find_policy, problems, template

GOOD = "version: 1\ndestinations: {pay: {regions: [{name: us, url: https://a.example}]}}\n"


def test_a_file_is_loaded_and_named_in_its_errors(folder: Path) -> None:
    path = folder / "mine.yaml"
    path.write_text(GOOD, "utf-8")
    assert Policy.load(path).rules.source == str(path)
    path.write_text("version: 1\nx: 1\n", "utf-8")
    with pytest.raises(PolicyError) as caught:
        Policy.load(path)
    assert caught.value.where == f"{path}:2"


def test_a_byte_order_mark_is_no_content(folder: Path) -> None:
    (folder / "healer.yaml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert Policy.load("healer.yaml").rules.named("pay")


@pytest.mark.parametrize(
    ("content", "what", "line"),
    [(b"version: 1\n# \xff\n", "not UTF-8", ":2"), (b"#" * 1_000_001, "larger than 1 MB", "")],
    ids=["bytes", "size"],
)
def test_a_file_that_is_no_text_or_too_long_is_refused(
    folder: Path, content: bytes, what: str, line: str
) -> None:
    (folder / "healer.yaml").write_bytes(content)
    with pytest.raises(PolicyError, match=what) as caught:
        Policy.load("healer.yaml")
    assert caught.value.where == f"healer.yaml{line}"


@pytest.mark.parametrize("name", ["nowhere.yaml", ".", "a\0b"])
def test_a_file_that_cannot_be_read_is_named_safely(folder: Path, name: str) -> None:
    with pytest.raises(PolicyError, match="cannot be read") as caught:
        Policy.load(name)
    assert str(caught.value).isprintable()


def test_every_error_of_a_file_is_listed_in_order(folder: Path) -> None:
    (folder / "healer.yaml").write_text("vresion: 1\nbounds: {requests: 0}\n", "utf-8")
    assert [(e.where, e.what) for e in problems("healer.yaml")] == [
        ("healer.yaml:1", "unknown key 'vresion'"),
        ("healer.yaml:1", "`version` is missing"),
        ("healer.yaml:2", "requests is out of range"),
    ]
    assert [e.what for e in problems("nowhere.yaml")] == [
        "the policy cannot be read (FileNotFoundError)"
    ]


def test_a_policy_without_errors_has_no_problems(folder: Path) -> None:
    (folder / "healer.yaml").write_text(GOOD, "utf-8")
    assert problems("healer.yaml") == ()


def test_what_is_named_wins_over_the_setting_and_the_setting_over_the_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_policy() is None
    for name in ("healer.yaml", "set.yaml", "named.yaml"):
        (folder / name).write_text(GOOD, "utf-8")
    assert find_policy() == Path("healer.yaml")
    monkeypatch.setenv("HEALER_POLICY", "set.yaml")
    assert find_policy() == Path("set.yaml")
    assert find_policy("named.yaml") == Path("named.yaml")


@pytest.mark.parametrize("origin", ["--policy", "HEALER_POLICY"])
def test_a_named_policy_that_is_not_there_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch, origin: str
) -> None:
    monkeypatch.setenv("HEALER_POLICY", "gone.yaml")
    with pytest.raises(PolicyError) as caught:
        find_policy("gone.yaml" if origin == "--policy" else None)
    assert caught.value.where == origin


def test_an_unchanged_policy_is_not_read_again(folder: Path) -> None:
    (folder / "healer.yaml").write_text(GOOD, "utf-8")
    policy = Policy.load("healer.yaml")
    assert policy.reload_if_changed() is policy
    assert Policy.parse(GOOD).reload_if_changed().rules.source == "healer.yaml"


def test_a_changed_policy_is_read_again(folder: Path) -> None:
    path = folder / "healer.yaml"
    path.write_text(GOOD, "utf-8")
    policy = Policy.load(path)
    path.write_text(GOOD.replace("pay", "bank"), "utf-8")
    assert policy.reload_if_changed().rules.named("bank")


def test_a_changed_contract_file_is_read_again(folder: Path) -> None:
    schema = folder / "charge.json"
    schema.write_text('{"type": "object"}', "utf-8")
    path = folder / "healer.yaml"
    path.write_text(
        "version: 1\ndestinations: {pay: {regions: [{name: us, url: https://a.example}],\n"
        "  endpoints: [{name: c, match: GET /c, contract: {response: charge.json}}]}}\n",
        "utf-8",
    )
    policy = Policy.load(path)
    assert policy.reload_if_changed() is policy
    schema.write_text('{"type": "array"}', "utf-8")
    endpoint = policy.reload_if_changed().rules.destinations[0].endpoints[0]
    assert endpoint.response_schema == {"type": "array"}


def test_a_broken_change_is_an_error_and_the_old_policy_stays(folder: Path) -> None:
    path = folder / "healer.yaml"
    path.write_text(GOOD, "utf-8")
    policy = Policy.load(path)
    path.write_text("version: 1\nx: 1\n", "utf-8")
    with pytest.raises(PolicyError):
        policy.reload_if_changed()
    assert policy.rules.named("pay")


def test_a_policy_that_vanished_is_an_error(folder: Path) -> None:
    path = folder / "healer.yaml"
    path.write_text(GOOD, "utf-8")
    policy = Policy.load(path)
    path.unlink()
    with pytest.raises(PolicyError, match="cannot be read"):
        policy.reload_if_changed()


def test_editors_get_a_schema_that_takes_good_policies_and_finds_typos() -> None:
    validator = Draft202012Validator(json.loads(json.dumps(Policy.schema())))
    good = yaml.safe_load(template("https://api.pay.example"))
    assert not list(validator.iter_errors(good))
    typo = yaml.safe_load(GOOD.replace("regions", "region"))
    assert list(validator.iter_errors(typo))
    form = yaml.safe_load(GOOD.replace("name: us", "name: 1"))
    assert list(validator.iter_errors(form))
    later = Policy.schema()["properties"]["notifications"]
    assert later["description"] == "Not in this version."


def test_the_class_is_opened_without_the_libraries_that_read_files() -> None:
    code = (
        "import sys, battle_healer.policy, battle_healer.text, battle_healer.home\n"
        "print({'pydantic', 'yaml', 'jsonschema', 'rich', 'typer', 'httpx2'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, env={**os.environ},
    )  # fmt: skip
    assert done.stdout.strip() == "set()"
