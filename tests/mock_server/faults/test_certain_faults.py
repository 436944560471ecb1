"""What some faults do beyond their symptom: where they lead, whom they spare, what they note."""

import asyncio
from importlib.resources import files
from urllib.parse import urlsplit

import httpx2
import pytest
import yaml
from tests.mock_server.driving import CHARGE, Json, Mock

POLICY = files("battle_healer_scenarios") / "mock.yaml"
WRITE = ["charge:read", "charge:write"]


def test_a_redirect_leads_to_a_region_that_serves_the_request(mock: Mock) -> None:
    token = mock.token()
    for region, other in (("us", "/regions/eu/external-api"), ("eu", "/external-api")):
        moved = mock.call(faults="redirect", token=token, region=region, call=f"from-{region}")
        assert (moved.status_code, moved.headers["location"]) == (307, other)
    followed = mock.post(other, json=CHARGE, headers={"Authorization": f"Bearer {token}"})
    assert followed.status_code == 200


def test_a_redirect_heals_after_thirty_seconds(mock: Mock) -> None:
    token = mock.token()
    assert mock.call(faults="redirect", token=token).status_code == 307
    mock.advance(29)
    assert mock.call(faults="redirect", token=token).status_code == 307
    mock.advance(1)
    assert mock.call(faults="redirect", token=token).status_code == 200


def decoy_rows(mock: Mock) -> list[Json]:
    port = urlsplit(mock.url).port
    return [row for row in mock.rows() if row["listener"] != port]


def test_an_evil_redirect_leads_to_another_origin_that_notes_what_is_brought(mock: Mock) -> None:
    token = mock.token()
    place = mock.call(faults="redirect=evil", token=token).headers["location"]
    assert place == mock.get("/control").json()["decoy"] + "/external-api"
    assert urlsplit(place).port != urlsplit(mock.url).port
    assert decoy_rows(mock) == []
    headers = {"Authorization": f"Bearer {token}", "X-Correlation-ID": "corr-1"}
    welcome = mock.post(place, json=CHARGE, headers=headers)
    assert welcome.status_code == 200, "it looks like a success"
    mock.post(place)
    brought, bare = decoy_rows(mock)
    assert brought["token"] == mock.rows()[0]["token"]
    assert brought["body"] == mock.rows()[0]["body"]
    assert (brought["call"], brought["kind"], brought["status"]) == ("corr-1", "decoy", 200)
    assert (bare["token"], bare["body_bytes"], bare["call"]) == (None, 0, None)
    assert mock.effects() == []


def test_a_region_that_is_gone_stays_gone_and_the_others_live(mock: Mock) -> None:
    token = mock.token()
    answer = mock.call(faults="gone", token=token)
    assert answer.headers["link"] == '</regions/eu>; rel="successor-version"'
    mock.advance(1000)
    assert mock.call(faults="gone", token=token).status_code == 410
    assert mock.call(faults="gone", token=token, region="eu").status_code == 200


def test_where_no_region_is_left_gone_names_none_and_ends_the_call(mock: Mock) -> None:
    mock.post("/control/regions", json={"eu": "down"})
    answer = mock.call(faults="gone", token=mock.token())
    assert "link" not in answer.headers
    mock.call(faults="gone")
    assert [row["call"].split()[0] for row in mock.rows()] == ["corr-1", "corr-1#2"]


def test_forbidden_spares_a_credential_with_the_scope_and_names_it_to_others(mock: Mock) -> None:
    refused = mock.call(faults="forbidden", token=mock.token(scopes=["charge:read"]))
    assert refused.status_code == 403
    assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]
    assert 'scope="charge:write"' in refused.headers["www-authenticate"]
    again = mock.call(faults="forbidden", token=mock.token(), call="other")
    assert again.status_code == 403
    passed = mock.call(faults="forbidden", token=mock.token(scopes=WRITE))
    assert passed.status_code == 200


def test_the_spare_credential_of_the_mocks_own_policy_is_not_forbidden(mock: Mock) -> None:
    policy = yaml.safe_load(POLICY.read_text("utf-8"))
    main, spare = policy["destinations"]["mock"]["credentials"]
    for credential, status in ((main, 403), (spare, 200)):
        source = credential["token"]
        token = mock.post(source["post"], json=source["body"]).json()["token"]
        assert mock.call(faults="forbidden", token=token).status_code == status


def test_a_conflict_ends_with_the_version_it_names_and_with_no_other(mock: Mock) -> None:
    token = mock.token()
    refused = mock.call(faults="conflict", token=token)
    version = refused.headers["etag"]
    assert version.strip('"') == refused.json()["current_version"]
    for sent, status in (('"v0"', 409), (version, 200)):
        headers = {"If-Match": sent}
        assert mock.call(faults="conflict", token=token, headers=headers).status_code == status
    assert len(mock.effects()) == 1


@pytest.mark.parametrize("fault", ["in_progress", "key_reused"])
def test_what_is_about_keys_spares_a_request_without_one(mock: Mock, fault: str) -> None:
    token = mock.token()
    assert mock.call(faults=fault, token=token).status_code == 200
    assert mock.call("GET", faults=fault, token=token, key="k").status_code == 200


def test_who_comes_back_early_to_a_request_in_progress_hears_the_rest(mock: Mock) -> None:
    token = mock.token()
    first = mock.call(faults="in_progress", token=token, key="k")
    assert (first.status_code, first.headers["retry-after"]) == (409, "1")
    mock.advance(0.5)
    assert mock.call(faults="in_progress", token=token, key="k").status_code == 409
    mock.advance(0.5)
    assert mock.call(faults="in_progress", token=token, key="k").status_code == 200


def test_a_page_of_something_in_front_knows_neither_dialect_nor_call(mock: Mock) -> None:
    for fault, status in (("gateway_html", 502), ("captive_portal", 200)):
        page = mock.call(faults=fault, token=mock.token(), query="?dialect=stripe")
        assert (page.status_code, page.headers["content-type"]) == (status, "text/html")
        assert page.headers["server"] == "nginx"
        assert not {"x-correlation-id", "x-processed"} & set(page.headers)


def test_overload_refuses_what_is_above_the_number_and_takes_it_later(mock: Mock) -> None:
    token = mock.token()
    headers = {"Authorization": f"Bearer {token}"}

    async def crowd() -> list[int]:
        limits = httpx2.Limits(max_connections=20)
        async with httpx2.AsyncClient(base_url=mock.url, limits=limits, verify=False) as http:

            async def one(n: int) -> int:
                # All are held back for a second, so all are in flight together.
                sent = {
                    **headers,
                    "X-Correlation-ID": f"corr-{n}",
                    "X-Simulate-Failure": "overload=3,latency=1s",
                }
                return (await http.get("/external-api", headers=sent)).status_code

            running = [asyncio.create_task(one(n)) for n in range(8)]
            while (await http.get("/control/clock")).json()["sleepers"] < 8:
                pass
            await http.post("/control/clock", json={"advance_s": 1})
            return list(await asyncio.gather(*running))

    statuses = asyncio.run(crowd())
    assert sorted(statuses) == [200] * 3 + [503] * 5
    assert mock.call("GET", "overload=3", token=token).status_code == 200


def test_a_spent_quota_recovers_after_the_hours_that_it_named(mock: Mock) -> None:
    token = mock.token()
    assert mock.call(faults="quota", token=token).headers["retry-after"] == "21600"
    mock.advance(3600)
    # The token ran out meanwhile; a refreshed one stands for the same credential.
    token = mock.post("/refresh-token", json={"token": token}).json()["token"]
    assert mock.call(faults="quota", token=token).headers["retry-after"] == "18000"
    mock.advance(18_000)
    token = mock.post("/refresh-token", json={"token": token}).json()["token"]
    assert mock.call(faults="quota", token=token).status_code == 200


@pytest.mark.parametrize("fault", ["", "schema_drift", "bad_encoding=unknown"])
def test_a_quota_that_runs_low_is_announced_on_every_success(mock: Mock, fault: str) -> None:
    token = mock.token(tier="free-tier")
    mock.post("/simulate-budget", json={"token": token, "quota_delta": -950})
    reply = mock.call("GET", fault, token=token)
    assert reply.headers["ratelimit-policy"] == '"daily";q=1000;w=86400'
    assert reply.headers["ratelimit"].startswith('"daily";r=49;t=')
