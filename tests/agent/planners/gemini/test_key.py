"""I2: the API key is in the header of the request, and nowhere else."""

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable

import pytest
from tests.agent.planners.gemini.conftest import FACTS, KEY, MENU, MakePlanner
from tests.support.serving import Api, Said

from battle_healer.commands import Abstain
from battle_healer.secret import Secret
from battle_healer.settings import GeminiSettings
from battle_healer_mock.gemini.faults import FAULTS
from battle_healer_mock.gemini.server import GeminiDouble

QUICK = [fault.name for fault in FAULTS if fault.name not in ("hang", "drip", "drip_headers")]


def test_the_key_goes_in_its_header_and_in_no_other_byte(
    planner: MakePlanner, double: GeminiDouble
) -> None:
    planner().rank(MENU, FACTS, 5.0)
    [row] = double.double.wire
    assert row.key is not None
    assert KEY not in json.dumps(row.public())


def test_no_failure_puts_the_key_into_logs_or_answers(
    planner: MakePlanner, double: GeminiDouble, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for fault in QUICK:
        for api in ("decisions", "generate"):
            double.double.set(faults=fault)
            answer = planner(api=api).rank(MENU, FACTS, 5.0)
            assert isinstance(answer, Abstain), fault
            assert KEY not in repr(answer)
    assert len(caplog.records) > 10, "nothing was logged, so nothing was proved"
    for record in caplog.records:
        assert KEY not in record.getMessage() + repr(record.args) + str(record.exc_info)


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_planner_cannot_be_taken_elsewhere(
    planner: MakePlanner, take: Callable[[object], object]
) -> None:
    with pytest.raises(TypeError, match="holds an API key") as caught:
        take(planner())
    assert KEY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("show", [repr, str, format])
def test_a_planner_shows_no_key(planner: MakePlanner, show: Callable[[object], str]) -> None:
    assert show(planner()) == "<Gemini scripted-double>"


def test_settings_show_no_key() -> None:
    settings = GeminiSettings(api_key=Secret(KEY))
    assert KEY not in repr(settings) + str(settings)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(settings)


@pytest.mark.parametrize("api", ["decisions", "generate"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_takes_the_key_nowhere(planner: MakePlanner, api: str, status: int) -> None:
    with Api(lambda seen: Said(200, {})) as elsewhere:
        there = {"Location": f"{elsewhere.url}/v1beta/decisions"}
        with Api(lambda seen: Said(status, {}, there)) as service:
            answer = planner(base_url=service.url, api=api).rank(MENU, FACTS, 5.0)
            assert isinstance(answer, Abstain)
            assert answer.kind == "misconfigured"
            assert len(service.seen) == 1
        assert elsewhere.seen == []


@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_of_the_environment_gets_nothing(
    planner: MakePlanner, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with Api(lambda seen: Said(200, {})) as proxy:
        monkeypatch.setenv(name, proxy.url)
        planner().rank(MENU, FACTS, 5.0)
        assert proxy.seen == []


TARGETS = {
    "decisions": "/v1beta/decisions",
    "generate": "/v1beta/models/scripted-double:generateContent",
}


@pytest.mark.parametrize("api", TARGETS)
def test_the_environment_sends_the_key_nowhere_else(
    planner: MakePlanner, double: GeminiDouble, monkeypatch: pytest.MonkeyPatch, api: str
) -> None:
    with Api(lambda seen: Said(200, {})) as other:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", other.url)
        monkeypatch.setenv("GOOGLE_GENAI_API_VERSION", "v9")
        monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
        planner(api=api).rank(MENU, FACTS, 5.0)
        assert other.seen == []
    [row] = double.double.wire
    assert row.target == TARGETS[api]


@pytest.mark.parametrize(
    "url",
    ["http://api.example/", "ftp://api.example", "https://", "https://a@b.example", "//[", "x"],
)
def test_an_address_that_could_leak_the_key_is_never_asked(planner: MakePlanner, url: str) -> None:
    answer = planner(base_url=url, warm=False).rank(MENU, FACTS, 0.2)
    assert isinstance(answer, Abstain)
    assert answer.kind == "misconfigured"
    assert "must be an https URL" in answer.why
