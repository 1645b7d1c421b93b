"""Tools of an OpenAPI description: what of it becomes a tool, and every promise about a call, against a real HTTP server."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from service.answering import Answering
from service.api import create_app
from service.settings import SettingsError
from service.workspace import Workspace
from tests.servers import Server
from tests.workspaces import Scripted, settings_for, tiny_workspace
from tools.errors import FixArguments, ToolError, Unanswerable
from tools.evidence import Evidence, Parameter, Phrase, Tool, ToolInfo
from tools.language import Program
from tools.openapi import Description, DescriptionError, Limits, read_description


class Shop(BaseHTTPRequestHandler):
    """Stands for what an operator's own services may answer. Every request is noted."""

    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        path = self.path.partition("?")[0].removeprefix("/v2")
        match path:
            case "/stock/tent" | "/stock/a%2Fb%3Fc%26d%20%C3%A9":
                self.answer(json.dumps({"pieces": 7, "of": path}))
            case "/status":
                self.answer("open", "text/plain; charset=utf-8")
            case "/away":
                self.answer("", status=302, Location=f"http://{self.headers['Host']}/v2/status")
            case "/wrong":
                self.answer("{}", status=422)
            case "/broken":
                self.answer('{"pieces": NaN}')
            case "/page":
                self.answer("<html></html>", "text/html")
            case "/packed":
                self.answer("\x1f", "application/json", **{"Content-Encoding": "gzip"})
            case "/huge":
                self.answer(json.dumps("x" * 5000))
            case "/nothing":
                self.answer("null")
            case "/drip":
                self.send_response(200)
                self.end_headers()
                try:
                    for _ in range(200):
                        self.wfile.write(b" ")
                        self.wfile.flush()
                        if self.server.stopping.wait(0.05):  # type: ignore[attr-defined]
                            break
                except OSError:
                    pass
            case _:
                self.answer("{}", status=404)

    def answer(self, text: str, kind: str = "application/json", status: int = 200, **headers: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    server.stopping = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.stopping.set()  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


def parameter(name: str, place: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": {"type": kind}, **more}


def get(id: str, *parameters: dict[str, Any], summary: str = "") -> dict[str, Any]:
    return {"get": {"operationId": id, "summary": summary, "parameters": list(parameters)}}


def described(host: str, **paths: Any) -> dict[str, Any]:
    plain = {f"/{name}": get(name) for name in ("status", "away", "wrong", "broken", "page", "packed", "huge", "nothing", "drip", "gone")}
    return {
        "openapi": "3.1.0",
        "servers": [{"url": "{scheme}://" + host + "/v2/", "variables": {"scheme": {"default": "http"}}}],
        "components": {
            "schemas": {"Size": {"type": "string", "enum": ["small", "extra_large"]}},
            "parameters": {
                "Size": {"name": "size", "in": "query", "description": "The size.", "schema": {"$ref": "#/components/schemas/Size"}},
            },
        },
        "paths": {
            "/stock/{item}": {
                "parameters": [parameter("item", "path", description="What is asked for.")],
                **get(
                    "getStock", {"$ref": "#/components/parameters/Size"}, parameter("most", "query", "integer"), summary="Pieces in stock.",
                ),
                "delete": {"operationId": "deleteStock"},
            },
            **plain, **paths,
        },
    }  # fmt: skip


def written(folder: Path, document: Any) -> Path:
    path = folder / "shop.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def tools_of(folder: Path, host: str, limits: Limits = Limits(), **paths: Any) -> Description:
    return read_description("shop", written(folder, described(host, **paths)), limits=limits)


# --- Descriptions


def test_get_operations_are_tools_as_the_model_sees_them(tmp_path: Path, shop: str) -> None:
    tools = tools_of(tmp_path, shop).operations
    assert tools["shop_getStock"].function.info == ToolInfo(
        "shop_getStock", "Pieces in stock.",
        (("item", "What is asked for"), ("size", "The size. one of: small, extra_large"), ("most", "a whole number")),
    )  # fmt: skip
    assert not any("delete" in name for name in tools)


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ([parameter("token", "header", required=True)], "required in the header"),
        ([parameter("id", "path"), parameter("filter", "query", "object", required=True)], "cannot fill"),
        ([{"$ref": "#/components/parameters/None"}], "leads nowhere"),
        ([parameter("id", "path"), parameter("id", "query")], "in the path and in the query"),
        ([], "'id' of the path is not described"),
    ],
)  # fmt: skip
def test_what_a_call_cannot_fill_is_left_out_with_its_reason(tmp_path: Path, shop: str, parameters: list[Any], reason: str) -> None:
    description = tools_of(tmp_path, shop, **{"/other/{id}": get("other", *parameters)})
    assert "shop_other" not in description.operations and reason in description.left_out["/other/{id}"]


def test_what_need_not_be_filled_leaves_nothing_out(tmp_path: Path, shop: str) -> None:
    optional = get("other", parameter("trace", "header"), parameter("filter", "query", "object"))
    assert tools_of(tmp_path, shop, **{"/other": optional}).operations["shop_other"].function.info.parameters == ()


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("{", "not JSON"), ([], "not an OpenAPI 3"), ({"swagger": "2.0", "paths": {}}, "not an OpenAPI 3"),
        ({"openapi": "3.0.0"}, "no paths"),
        ({"openapi": "3.0.0", "paths": {"/a": get("a")}}, "no server"),
        ({**described("h"), "servers": [{"url": "/v2"}]}, "whole address"),
        ({**described("h"), "servers": [{"url": "{scheme}://h", "variables": {"scheme": "http"}}]}, "whole address"),
        ({**described("h"), "servers": [{"url": "file:///etc"}]}, "whole address"),
        ({**described("h"), "servers": [{"url": "http://me:secret@example.org"}]}, "without credentials"),
        ({**described("h"), "servers": [{"url": "http://example.org:99999"}]}, "not an address"),
    ],
)  # fmt: skip
def test_a_description_that_cannot_be_used_says_why(tmp_path: Path, document: Any, reason: str) -> None:
    with pytest.raises(DescriptionError, match=reason) as error:
        read_description("shop", written(tmp_path, document))
    assert "secret" not in str(error.value)
    with pytest.raises(DescriptionError, match="cannot be read"):
        read_description("shop", tmp_path / "none.json")


def test_only_allowed_hosts_are_asked(tmp_path: Path, shop: str) -> None:
    path = written(tmp_path, described(shop))
    for allowed in (["127.0.0.1"], [shop], ["example.org", shop]):
        assert read_description("shop", path, allowed).operations
    for others in (["example.org"], ["127.0.0.1:1"]):
        with pytest.raises(DescriptionError, match="not among those that are allowed"):
            read_description("shop", path, others)
    with pytest.raises(SettingsError, match="tools: .*not among"):
        Workspace.open(settings_for(tmp_path, databases={}, tools={"shop": path}, tool_hosts=("example.org",)))


# --- Calls


def test_arguments_reach_the_server_encoded_and_nowhere_else(tmp_path: Path, shop: str) -> None:
    stock = tools_of(tmp_path, shop).operations["shop_getStock"]
    assert stock(item="tent", size="extra_large", most=3) == {"pieces": 7, "of": "/stock/tent"}
    assert Shop.asked[-1] == "/v2/stock/tent?size=extra_large&most=3"
    assert stock(item="a/b?c&d é", size=None)["of"] == "/stock/a%2Fb%3Fc%26d%20%C3%A9"  # type: ignore[index]
    before = len(Shop.asked)
    for wrong in ("..", ".", ""):
        with pytest.raises(FixArguments, match="in a path"):
            stock(item=wrong)
    assert len(Shop.asked) == before
    assert stock.target({"item": "@evil.example:80/\r\nHost: x"}) == "/v2/stock/%40evil.example%3A80%2F%0D%0AHost%3A%20x"


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [
        ("away", Unanswerable, "redirects"), ("wrong", FixArguments, "does not take these arguments"), ("gone", Unanswerable, "status 404"),
        ("broken", Unanswerable, "not the application/json"), ("page", Unanswerable, "neither JSON nor plain text"),
        ("packed", Unanswerable, "encoded"), ("huge", Unanswerable, "larger than 4000 bytes"),
        ("drip", Unanswerable, "did not answer within"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_a_named_error_of_its_kind(tmp_path: Path, shop: str, name: str, kind: type[ToolError], reason: str) -> None:
    tools = tools_of(tmp_path, shop, Limits(seconds=0.3, bytes=4000)).operations
    with pytest.raises(kind, match=reason):
        tools[f"shop_{name}"]()
    assert Shop.asked[-1] == f"/v2/{name}"  # and nothing after it: no redirect was followed


def test_a_text_is_a_text_and_nothing_is_nothing(tmp_path: Path, shop: str) -> None:
    tools = tools_of(tmp_path, shop).operations
    assert tools["shop_status"]() == "open" and tools["shop_nothing"]() is None


def test_a_server_that_is_not_there_gives_no_answer(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unanswerable, match="cannot be asked"):
        tools_of(tmp_path, f"127.0.0.1:{port}").operations["shop_status"]()


def test_no_proxy_of_the_environment_is_used(tmp_path: Path, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert tools_of(tmp_path, shop).operations["shop_status"]() == "open"


# --- In an answer


def script(evidence: Evidence) -> list[Program]:
    """A model that asks for the stock of a tent, in several ways that differ in what they do not say."""
    start = evidence.question.index("tent")
    call = ("call", Tool("shop_getStock"), Parameter("shop_getStock", "item"), Phrase("tent", start, start + 4), "end")
    return [(*call, "give", "r1"), (*call, "calc", "add", "1", "1", "give", "r2")]


@pytest.fixture
def workspace(tmp_path: Path, shop: str) -> Iterator[tuple[Workspace, Any]]:
    plain, settings = tiny_workspace(tmp_path)
    plain.close()
    settings = settings.model_copy(update={"tools": {"shop": written(tmp_path, described(shop))}})
    opened = Workspace.open(settings)
    yield opened, settings
    opened.close()


def test_the_service_asks_its_own_tools_once_and_answers_with_what_they_say(workspace: tuple[Workspace, Any]) -> None:
    Shop.asked.clear()
    answering = Answering(workspace[0], Scripted(script), workspace[1])
    answer = answering.answer("How many pieces of the tent are in stock?")
    assert (answer.kind, answer.call) == ("call", None)
    assert answer.text == "pieces: 7\nof: /stock/tent\n\n(shop_getStock: item = tent)"
    assert answering.verify(json.loads(json.dumps(answer.trace))) == []
    assert Shop.asked == ["/v2/stock/tent"]  # by two programs and a verification
    shown = [block.name for block in answer.evidence.blocks if isinstance(block, ToolInfo)]
    assert len(shown) == 8 and "shop_getStock" in shown  # of eleven, those that the question may mean


def test_what_is_connected_is_shown_as_the_model_sees_it(workspace: tuple[Workspace, Any], shop: str) -> None:
    opened, settings = workspace
    connection = sqlite3.connect(settings.databases["shop"])
    connection.executescript(
        "CREATE TABLE items (item_id INTEGER PRIMARY KEY, order_id INTEGER);"
        "INSERT INTO items VALUES (1, 1), (2, 2), (3, 3);"
    )
    connection.close()
    again = Workspace.open(settings)
    with Server(create_app(Answering(again, Scripted(script), settings), settings)) as server:
        tools = httpx2.get(f"{server.url}/v1/tools").json()["data"]
        (stock,) = (tool for tool in tools if tool["id"] == "shop_getStock")
        assert stock["url"] == f"http://{shop}/v2/stock/{{item}}" and stock["parameters"][0]["required"] is True
        assert [database["id"] for database in httpx2.get(f"{server.url}/v1/databases").json()["data"]] == ["shop"]
        schema = httpx2.get(f"{server.url}/v1/databases/shop/schema").json()
        assert schema["tables"][0]["columns"][0] == {"name": "id", "type": "number", "key": "primary"}
        key = {"table": "items", "column": "order_id", "other_table": "orders", "other_column": "id", "implied": True}
        assert key in schema["foreign_keys"]
        missing = httpx2.get(f"{server.url}/v1/databases/hr/schema")
        assert (missing.status_code, missing.json()["error"]["code"]) == (404, "database_not_found")
        taken = {"input": "x", "tools": [{"type": "function", "name": "shop_getStock", "parameters": {}}]}
        refused = httpx2.post(f"{server.url}/v1/responses", json=taken)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "tools[0].name")
        settings.databases["shop"].unlink()
        assert httpx2.get(f"{server.url}/v1/databases/shop/schema").status_code == 503
    again.close()


def test_no_tool_is_called_without_end_for_one_question(workspace: tuple[Workspace, Any]) -> None:
    Shop.asked.clear()

    def words(evidence: Evidence) -> list[Program]:
        places = [(w, evidence.question.index(w)) for w in ("tent", "boot", "rope", "lamp", "sack", "mat")]
        start = ("call", Tool("shop_getStock"), Parameter("shop_getStock", "item"))
        return [(*start, Phrase(word, at, at + len(word)), "end", "give", "r1") for word, at in places]

    settings = workspace[1].model_copy(update={"threshold": 0.0})
    answer = Answering(replace(workspace[0]), Scripted(words), settings).answer("tent boot rope lamp sack mat")
    assert len(Shop.asked) == 4 and answer.text.startswith("pieces: 7")
    assert "was called 4 times" in answer.trace["candidates"][-1]["failed"]
