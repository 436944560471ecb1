import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from battle_healer.errors import PolicyError
from battle_healer.policy import sources
from battle_healer.policy.sources import FromCommand, FromEnv, FromFile
from battle_healer.secret import Secret

TOKEN = "s3cr3t-token"


def python(code: str, folder: Path) -> FromCommand:
    return FromCommand((sys.executable, "-c", code), folder, "healer.yaml:7")


def test_a_variable_is_read_when_it_is_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = FromEnv("PAY_TOKEN", "healer.yaml:7")
    monkeypatch.setenv("PAY_TOKEN", "first")
    assert source() == Secret("first")
    monkeypatch.setenv("PAY_TOKEN", "second")
    assert source() == Secret("second")


def test_the_env_file_is_asked_after_the_process(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".env").write_text("PAY_TOKEN='from $file'\n", "utf-8")
    monkeypatch.delenv("PAY_TOKEN", raising=False)
    assert FromEnv("PAY_TOKEN", "healer.yaml:7")() == Secret("from $file")
    monkeypatch.setenv("PAY_TOKEN", "from process")
    assert FromEnv("PAY_TOKEN", "healer.yaml:7")() == Secret("from process")


def test_a_variable_that_is_not_set_is_told_where_it_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PAY_TOKEN", raising=False)
    with pytest.raises(PolicyError) as caught:
        FromEnv("PAY_TOKEN", "healer.yaml:7")()
    assert str(caught.value) == (
        "healer.yaml:7: the environment variable PAY_TOKEN is not set. "
        "Set PAY_TOKEN, or write it to .env."
    )


def test_a_file_is_read_without_the_line_end(folder: Path) -> None:
    (folder / "token").write_text(f" {TOKEN}\n", "utf-8")
    assert FromFile(folder / "token", "healer.yaml:7")() == Secret(TOKEN)


def test_a_command_prints_the_token(folder: Path) -> None:
    (folder / "beside.txt").write_text(TOKEN)
    assert python("print(open('beside.txt').read())", folder)() == Secret(TOKEN)


def test_a_command_that_takes_too_long_is_ended(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "COMMAND_S", 0.05)
    with pytest.raises(PolicyError, match="TimeoutExpired"):
        python("input() if False else __import__('threading').Event().wait()", folder)()


def _env(folder: Path, content: str) -> Callable[[], Secret]:
    (folder / ".env").write_text(f"PAY_TOKEN={content!r}\n", "utf-8")
    return FromEnv("PAY_TOKEN", "healer.yaml:7")


def _file(folder: Path, content: str) -> Callable[[], Secret]:
    (folder / "token").write_text(content, "utf-8")
    return FromFile(folder / "token", "healer.yaml:7")


def _command(folder: Path, content: str) -> Callable[[], Secret]:
    return python(f"print({content!r})", folder)


@pytest.mark.parametrize("make", [_file, _command])
@pytest.mark.parametrize(
    "content", [f"{TOKEN}\r\nX-Evil: 1", f"{TOKEN}\x00", f"{TOKEN}é", "", TOKEN * 6000]
)
def test_what_could_not_stand_in_a_header_is_refused_and_not_repeated(
    folder: Path, make: Callable[[Path, str], Callable[[], Secret]], content: str
) -> None:
    with pytest.raises(PolicyError, match="no usable token") as caught:
        make(folder, content)()
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: FromFile(folder / "nowhere", "healer.yaml:7"),
        lambda folder: FromCommand(("no-such-command-here",), folder, "healer.yaml:7"),
        lambda folder: python(
            f"import sys; print('{TOKEN}'); print('{TOKEN}', file=sys.stderr); sys.exit(3)", folder
        ),
    ],
    ids=["file", "command", "exit"],
)
def test_a_source_that_fails_says_so_and_tells_no_secret(
    folder: Path, make: Callable[[Path], Callable[[], Secret]]
) -> None:
    with pytest.raises(PolicyError) as caught:
        make(folder)()
    assert caught.value.where == "healer.yaml:7"
    chain = [caught.value, caught.value.__cause__, caught.value.__context__]
    assert not any(TOKEN in str(vars(error)) + str(error.args) for error in chain if error)


def test_no_trace_of_a_failure_holds_the_output(folder: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        python(f"import sys; print('{TOKEN}'); sys.exit('{TOKEN}')", folder)()
    report = "".join(traceback.format_exception(caught.value))
    # The command itself is ours and holds the word once, in the code of this test.
    assert "CalledProcessError" not in report
    assert "exit 1" in report
