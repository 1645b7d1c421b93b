"""What the API says of itself is complete, valid, and true of the service as it is."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx2
import pytest
from fastapi.routing import APIRoute

from service.description import SUMMARIES
from service.docs.page import page
from service.jobs.ledger import Ledger
from tests.servers import Server, served
from tests.tour import EXAMPLES, Tour
from tests.workspaces import tiny_workspace, untrained_embedder

RECORDED: dict[str, Any] = json.loads(EXAMPLES.read_text(encoding="utf-8"))
# Whose keys are names that callers chose, or differ from one question to the next.
FREE = {"metadata", "attributes", "outcome", "blocks", "operands"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("description")
    workspace, settings = tiny_workspace(folder, threshold=0.0)  # the model that ships, which finds an answer to describe
    workspace.close()
    ledger = Ledger(settings.record_address)
    with served(settings, ledger, untrained_embedder()) as running:
        yield running
    ledger.close()


@pytest.fixture(scope="module")
def described(server: Server) -> dict[str, Any]:
    return json.loads(json.dumps(server.server.config.app.openapi()))  # type: ignore[union-attr]


def operations(described: dict[str, Any]) -> dict[str, Any]:
    return {f"{method.upper()} {path}": said for path, methods in described["paths"].items() for method, said in methods.items()}


def inside(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from inside(inner)


def test_every_endpoint_says_what_it_does_gives_and_refuses(server: Server, described: dict[str, Any]) -> None:
    routes = [route for route in server.server.config.app.routes if isinstance(route, APIRoute)]  # type: ignore[union-attr]
    there = {f"{method} {route.path_format}" for route in routes for method in route.methods}
    assert there == set(SUMMARIES) == set(operations(described)), "say in service/description.py what an endpoint does"
    assert there == set(RECORDED), "let tests/tour.py ask it, and run it to write the examples anew"
    for name, said in operations(described).items():
        assert said["summary"] == SUMMARIES[name]
        assert all("example" in content for content in said["responses"]["200"]["content"].values()), name
        for content in said.get("requestBody", {"content": {}})["content"].values():
            assert "example" in content, name
        assert "/health" in name or {"401", "403", "429", "500"} <= said["responses"].keys(), name


def test_the_description_is_valid(described: dict[str, Any]) -> None:
    assert re.fullmatch(r"3\.1\.\d", described["openapi"]) and set(described) >= {"info", "paths", "components"}
    for part in inside(described):
        if isinstance(reference := part.get("$ref"), str):
            found: Any = described
            for step in reference.removeprefix("#/").split("/"):
                found = found[step]
            assert found, reference
    ids = [said["operationId"] for said in operations(described).values()]
    assert len(set(ids)) == len(ids)
    for name, said in operations(described).items():
        places = [parameter["name"] for parameter in said.get("parameters", []) if parameter["in"] == "path"]
        assert sorted(places) == sorted(re.findall(r"{(\w+)}", name)), name
        assert all(re.fullmatch(r"[1-5]\d\d", status) for status in said["responses"]), name
        assert all(response.get("description") or "$ref" in response for response in said["responses"].values())


def test_errors_are_described_in_the_shape_they_have(described: dict[str, Any]) -> None:
    for said in described["components"]["responses"].values():
        (content,) = said["content"].values()
        assert set(content["example"]["error"]) == {"message", "type", "param", "code"}


def test_every_example_is_true_of_the_service(server: Server) -> None:
    """Each request is asked of a tiny workspace, and its response has the shape of the one that was written down."""
    for name, example in Tour(server.url, "How many orders were shipped?", "shop").go().items():
        written = RECORDED[name]
        assert example["type"] == written["type"], name
        assert set(example.get("request") or {}) == set(written.get("request") or {}), name
        assert differences(example["response"], written["response"]) == [], f"{name}: run `python -m tests.tour` to write the examples anew"


def differences(now: Any, written: Any, place: str = "") -> list[str]:
    """Where the keys of objects differ; of lists the first items are compared, where both have some."""
    if place.rpartition(".")[2] in FREE:
        return []
    if isinstance(now, dict) and isinstance(written, dict):
        found = [f"{place}: {sorted(now.keys() ^ written.keys())}"] if now.keys() != written.keys() else []
        return found + [line for key in now.keys() & written.keys() for line in differences(now[key], written[key], f"{place}.{key}")]
    if isinstance(now, list) and isinstance(written, list) and now and written:
        return differences(now[0], written[0], place)
    return []


def test_a_shape_that_changed_would_be_noticed() -> None:
    assert differences({"a": [{"b": 1}]}, {"a": [{"c": 1}]}) == [".a: ['b', 'c']"]
    assert differences({"metadata": {"x": "1"}}, {"metadata": {"y": "1"}}) == []


def test_the_description_is_served_and_shown(server: Server, described: dict[str, Any]) -> None:
    assert httpx2.get(f"{server.url}/openapi.json").json()["paths"]["/v1/responses"]["post"]["summary"] == SUMMARIES["POST /v1/responses"]
    answer = httpx2.get(server.url, follow_redirects=True)
    assert (answer.url.path, answer.headers["content-type"]) == ("/docs", "text/html; charset=utf-8")
    shown = unescape(answer.text)
    for name, said in operations(described).items():
        method, path = name.split()
        assert f"<b>{method}</b> <code>{path}</code> <span>{said['summary']}" in shown
    for field in ("stream_options.include_usage", "files.file_id", "method.supervised.hyperparameters.n_epochs"):  # objects inside others
        assert f"<code>{field}</code>" in shown


def test_the_page_needs_no_network(server: Server) -> None:
    """It names no other host, and its policy lets the browser run what stands in it, ask this service, and load nothing."""
    answer = httpx2.get(f"{server.url}/docs")
    assert set(re.findall(r"https?://[^/\s\"'<]+", answer.text)) == {"http://127.0.0.1:8321"}  # where the example of a client asks
    loaded = re.findall(r"(?:src|href)\s*=\s*[\"']?([^\"'> ]*)", answer.text)
    assert loaded and all(link.startswith("#") or link == "openapi.json" for link in loaded)
    policy = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'" and policy["connect-src"] == "'self'"
    for tag in ("style", "script"):
        (written,) = re.findall(rf"<{tag}>(.*?)</{tag}>", answer.text, re.DOTALL)
        assert policy[f"{tag}-src"] == f"'sha256-{base64.b64encode(hashlib.sha256(written.encode()).digest()).decode()}'"


def test_what_a_description_says_is_text_on_the_page() -> None:
    evil = "<script>alert(1)</script>"
    said = {"operationId": "a", "summary": evil, "description": evil, "responses": {"200": {"content": {"text/plain": {"example": evil}}}},
            "parameters": [{"name": evil, "in": "query", "schema": {"enum": [evil]}, "description": evil}]}  # fmt: skip
    components: dict[str, Any] = {"schemas": {}, "responses": {}}
    html, _ = page({"info": {"title": evil, "summary": evil}, "paths": {"/" + evil: {"get": said}}, "components": components})
    assert evil not in html and html.count("&lt;script&gt;alert(1)") > 5
