"""A page of a stranger is not taken for a caller of this machine, while no key tells them apart."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from service.answering import Answering
from service.api import create_app
from service.hosts import Hosts
from service.keys import Keys
from service.settings import SettingsError, read_settings
from tests.servers import Server
from tests.test_api import script
from tests.workspaces import TENTS, Scripted, settings_for, tiny_workspace


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    workspace, settings = tiny_workspace(tmp_path_factory.mktemp("hosts"), allowed_hosts=("Reckoner.Example",))
    with Server(create_app(Answering(workspace, Scripted(script), settings), settings)) as running:
        running.settings = settings  # type: ignore[attr-defined]
        yield running
    workspace.close()


def asked(server: Server, host: str, path: str = "/v1/models", **headers: str) -> httpx2.Response:
    return httpx2.get(server.url + path, headers={"host": host, **headers})


@pytest.mark.parametrize("host", [
    "localhost", "LOCALHOST:8321", "127.0.0.1", "127.0.0.1:1", "127.8.9.10:8321", "[::1]", "[::1]:8321", "reckoner.example:443",
])  # fmt: skip
def test_this_machine_is_let_in_under_its_own_names(server: Server, host: str) -> None:
    assert asked(server, host).status_code == 200


@pytest.mark.parametrize("host", [
    "rebound.example", "rebound.example:8321", "localhost.rebound.example", "127.0.0.1.rebound.example", "localhost@rebound.example",
    "rebound.example#localhost", "192.0.2.7:8321", "0.0.0.0", "localhost:8321x", "[::2]", "localhost.", "a.reckoner.example", "[localhost",
    "2130706433", "127.1",
])  # fmt: skip
def test_a_name_that_points_here_is_refused(server: Server, host: str) -> None:
    answer = asked(server, host)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "host_not_allowed")
    assert "RECKONER_ALLOWED_HOSTS" in answer.json()["error"]["message"] and answer.headers["x-request-id"]


@pytest.mark.parametrize("headers", [b"", b"host: \r\n"])
def test_a_request_without_a_name_is_refused(server: Server, headers: bytes) -> None:
    with socket.create_connection(server.socket.getsockname()) as connection:
        connection.sendall(b"GET /v1/models HTTP/1.0\r\n" + headers + b"\r\n")
        assert b"".join(iter(lambda: connection.recv(4096), b"")).startswith(b"HTTP/1.1 403 ")


def test_health_is_told_under_any_name(server: Server) -> None:
    assert asked(server, "rebound.example", "/health/live").status_code == 200


@pytest.mark.parametrize(("origin", "status"), [
    ("http://localhost:3000", 200), ("http://127.0.0.1", 200), ("https://reckoner.example", 200),
    ("https://stranger.example", 403), ("null", 403), ("http://192.0.2.7", 403), ("file://", 403), ("", 403),
])  # fmt: skip
def test_a_page_of_a_stranger_may_not_even_send(server: Server, origin: str, status: int) -> None:
    """As a form would, whose body needs no permission."""
    body, headers = json.dumps({"input": TENTS}), {"origin": origin, "content-type": "text/plain"}
    assert httpx2.post(f"{server.url}/v1/responses", content=body, headers=headers).status_code == status


@pytest.mark.parametrize(("host", "given", "allowed"), [
    ("0.0.0.0", "localhost:8321", True),  # the container, published on the loopback address
    ("0.0.0.0", "172.18.0.2:8321", True),  # an address cannot be made to point elsewhere
    ("0.0.0.0", "rebound.example", False), ("0.0.0.0", "api:8321", False), ("reckoner.lan", "reckoner.lan:8321", True),
    ("", "localhost", True), ("", "rebound.example", False),
])  # fmt: skip
def test_where_others_can_reach_an_open_service_its_names_are_checked_as_well(tmp_path: Path, host: str, given: str, allowed: bool) -> None:
    scope: Any = {"headers": [(b"host", given.encode())]}
    assert (Hosts.of(settings_for(tmp_path, host=host, open=True)).refusal(scope) is None) is allowed


def test_once_there_is_a_key_it_alone_counts(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.keys._FRESH", 0.0)
    keys = Keys(server.settings.record_address)  # type: ignore[attr-defined]
    _, told = keys.create("website", ["ask"])
    keys.close()
    assert asked(server, "rebound.example").status_code == 401
    assert asked(server, "proxy.example", authorization=f"Bearer {told}").status_code == 200


PAGE = "https://intranet.example:8443"


@pytest.fixture(scope="module")
def with_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    workspace, settings = tiny_workspace(tmp_path_factory.mktemp("pages"), allowed_origins=(PAGE,))
    with Server(create_app(Answering(workspace, Scripted(script), settings), settings)) as running:
        running.settings = settings  # type: ignore[attr-defined]
        yield running
    workspace.close()


def test_a_page_of_an_allowed_origin_may_ask_and_read(with_pages: Server) -> None:
    wanted = {"origin": PAGE, "access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    before = httpx2.options(f"{with_pages.url}/v1/responses", headers=wanted)
    assert before.status_code == 200 and before.headers["access-control-allow-origin"] == PAGE
    assert "authorization" in before.headers["access-control-allow-headers"].lower()
    answer = httpx2.post(f"{with_pages.url}/v1/responses", json={"input": TENTS}, headers={"origin": PAGE})
    assert answer.status_code == 200 and answer.headers["access-control-allow-origin"] == PAGE
    assert "x-request-id" in answer.headers["access-control-expose-headers"]


def test_a_page_of_another_origin_may_do_neither(with_pages: Server) -> None:
    other = "https://intranet.example"  # another port is another origin
    before = httpx2.options(f"{with_pages.url}/v1/responses", headers={"origin": other, "access-control-request-method": "POST"})
    assert before.status_code == 400 and "access-control-allow-origin" not in before.headers
    answer = asked(with_pages, "localhost", origin=other)
    assert answer.status_code == 403 and "access-control-allow-origin" not in answer.headers
    assert "RECKONER_ALLOWED_ORIGINS" in answer.json()["error"]["message"]


def test_any_origin_is_none_while_there_is_no_key(tmp_path: Path) -> None:
    scope: Any = {"headers": [(b"host", b"localhost"), (b"origin", b"https://stranger.example")]}
    assert Hosts.of(settings_for(tmp_path, allowed_origins=("*",))).refusal(scope) is not None


@pytest.mark.parametrize("origin", ["intranet.example", "https://intranet.example/", "https://a@b", "ftp://intranet.example", "null"])
def test_what_no_browser_would_send_as_an_origin_is_refused_at_the_start(origin: str) -> None:
    with pytest.raises(SettingsError, match="allowed_origins must be written as https://host"):
        read_settings(allowed_origins=(origin,))


def test_a_page_is_told_that_its_key_is_wrong(with_pages: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.keys._FRESH", 0.0)
    keys = Keys(with_pages.settings.record_address)  # type: ignore[attr-defined]
    keys.create("website", ["ask"])
    keys.close()
    answer = httpx2.post(f"{with_pages.url}/v1/responses", json={"input": TENTS}, headers={"origin": PAGE, "authorization": "Bearer rk-no"})
    assert answer.status_code == 401 and answer.headers["access-control-allow-origin"] == PAGE
