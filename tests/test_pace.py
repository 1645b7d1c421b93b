"""How often one caller may ask, and what it is told."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import httpx2
import openai
import pytest

from service.answering import Answering
from service.api import create_app
from service.keys import Keys
from service.pace import Buckets, _address, _duration
from service.settings import Settings
from tests.servers import Server
from tests.test_api import script
from tests.test_keys import elsewhere, run  # noqa: F401
from tests.workspaces import Scripted, tiny_workspace


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, Settings]]:
    monkeypatch.setattr("service.keys._FRESH", 0.0)
    workspace, settings = tiny_workspace(tmp_path, requests_per_minute=3)
    with Server(create_app(Answering(workspace, Scripted(script), settings), settings)) as running:
        yield running, settings
    workspace.close()


def get(server: Server, key: str = "none", path: str = "/v1/models") -> httpx2.Response:
    return httpx2.get(server.url + path, headers={"authorization": f"Bearer {key}"})


def test_a_caller_that_asks_too_often_is_told_when_to_come_again(place: tuple[Server, Settings]) -> None:
    server, _ = place
    remaining = [get(server).headers["x-ratelimit-remaining-requests"] for _ in range(3)]
    assert remaining == ["2", "1", "0"]
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        with pytest.raises(openai.RateLimitError) as refused:
            client.models.list()
    headers = refused.value.response.headers
    assert (refused.value.code, refused.value.type) == ("rate_limit_exceeded", "rate_limit_error")
    assert 1 <= int(headers["retry-after"]) <= 20  # a twentieth of a minute is one request
    assert (headers["x-ratelimit-limit-requests"], headers["x-ratelimit-remaining-requests"]) == ("3", "0")
    assert headers["x-ratelimit-reset-requests"].endswith("s") and headers["x-request-id"]


def test_health_is_asked_as_often_as_one_likes(place: tuple[Server, Settings]) -> None:
    server, _ = place
    answers = [get(server, path="/health/live") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200} and "x-ratelimit-limit-requests" not in answers[0].headers
    assert get(server).status_code == 200


def test_keys_are_counted_apart_and_may_have_a_limit_of_their_own(place: tuple[Server, Settings]) -> None:
    server, settings = place
    keys = Keys(settings.record_address)
    first, second = (keys.create(name, ["ask"])[1] for name in ("first", "second"))
    few, any_number = (keys.create(str(limit), ["ask"], limit)[1] for limit in (1, 0))
    keys.close()
    assert [get(server, first).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert get(server, second).status_code == 200
    assert [get(server, few).status_code for _ in range(2)] == [200, 429]
    answers = [get(server, any_number) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200} and "x-ratelimit-limit-requests" not in answers[0].headers


def test_a_limit_is_made_and_listed_on_the_command_line(run) -> None:  # type: ignore[no-untyped-def]  # noqa: F811
    assert run("keys", "create", "website", "--scope", "ask", "--requests-per-minute", "90")[0] == 0
    assert [key["requests_per_minute"] for key in json.loads(run("keys", "list", "--json")[1])] == [90]
    assert "  90 requests a minute" in run("keys", "list")[1]
    assert run("keys", "create", "website", "--scope", "ask", "--requests-per-minute", "-1")[0] == 2


@pytest.mark.parametrize("limit", [1, 7, 60, 1200])
def test_a_bucket_allows_a_minutes_worth_at_once_and_then_the_even_rate(limit: int) -> None:
    buckets, now = Buckets(), 1000.0
    assert [buckets.take("me", limit, now).remaining for _ in range(limit)] == list(range(limit - 1, -1, -1))
    refused = buckets.take("me", limit, now)
    assert (refused.remaining, refused.wait, refused.full) == (0, pytest.approx(60 / limit), pytest.approx(60))
    assert buckets.take("me", limit, now + 60 / limit * 0.99).wait
    assert not buckets.take("me", limit, now + 60 / limit).wait  # what was refused cost nothing
    assert buckets.take("me", limit, now + 60 / limit).wait
    assert buckets.take("you", limit, now).remaining == limit - 1
    assert buckets.take("me", limit, now + 200).remaining == limit - 1


def test_over_any_time_no_caller_gets_more_than_its_share() -> None:
    """Whenever it asks: what is allowed in t minutes is at most a full bucket and t times the limit."""
    chance, buckets, now, allowed = random.Random(7), Buckets(), 0.0, list[float]()
    for _ in range(5000):
        now += chance.expovariate(2.0)
        if not buckets.take("me", 30, now).wait:
            allowed.append(now)
    assert len(allowed) >= 0.99 * now / 60 * 30  # and hardly less, asking four times as often
    for first in range(0, len(allowed), 17):
        for last in range(first, len(allowed), 13):
            assert last - first + 1 <= 30 + (allowed[last] - allowed[first]) / 2 + 1e-6


def test_callers_who_stay_away_are_forgotten() -> None:
    buckets = Buckets()
    for number in range(100_000):
        buckets.take(f"address {number}", 1200, number * 0.01)
    assert len(buckets) < 25_000


def test_addresses_of_one_network_are_one_caller() -> None:
    one, other, near, nearer, far = (_address({"client": (host, 1)}) for host in (
        "192.0.2.7", "192.0.2.8", "2001:db8::1", "2001:db8::ffff:1", "2001:db9::1",
    ))  # fmt: skip
    assert one != other and near == nearer != far
    assert _address({"client": None}) == _address({})


def test_times_are_written_as_openai_writes_them() -> None:
    assert [_duration(seconds) for seconds in (0.0004, 0.04, 1, 2.5, 59.9999)] == ["1ms", "40ms", "1s", "2.5s", "60s"]
