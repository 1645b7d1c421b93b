"""Who is let in: what keys open, what they do not, and that nothing gives them away."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from fastapi.routing import APIRoute

from models.answerer import Answerer
from service import auth, keys_cli
from service.answering import Answering
from service.api import create_app
from service.auth import Door, check_start, needed, rule
from service.cli import main
from service.hosts import Hosts
from service.jobs.ledger import Ledger
from service.keys import SCOPES, BadName, Keys, Scope
from service.settings import Settings, SettingsError
from service.workspace import Workspace
from tests.servers import Server
from tests.test_api import script
from tests.waiting import until
from tests.workspaces import TENTS, UNKNOWN, WARRANTY, Scripted, settings_for, tiny_workspace, untrained_checkpoint, untrained_embedder
from tools.evidence import Evidence
from tools.language import Program

WHOLE = re.compile(r"rk-[0-9a-f]{12}-[A-Za-z0-9_-]{43}")
ROOT = Path(__file__).parents[1]
QUESTION: dict[str, Any] = {"model": "reckoner", "input": TENTS}
GO_ON = threading.Event()
WENT_ON: list[bool] = []  # whether the answer that is held was let go on, rather than waited for in vain


def holding(evidence: Evidence) -> Sequence[Program]:
    if evidence.question != "held":
        return script(evidence)
    WENT_ON.append(GO_ON.wait(10))
    return [UNKNOWN]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("keys")
    workspace, settings = tiny_workspace(folder, model=untrained_checkpoint(folder / "base"))
    workspace.close()
    return settings


@pytest.fixture
def keys(settings: Settings) -> Iterator[Keys]:
    """No key but those that a test makes."""
    keys = Keys(settings.record_address)
    yield keys
    keys.close()
    with sqlite3.connect(settings.workspace / "record.sqlite") as connection:
        connection.execute("DELETE FROM api_keys")
    connection.close()


@pytest.fixture(scope="module")
def server(settings: Settings) -> Iterator[Server]:
    ledger = Ledger(settings.record_address)
    workspace = replace(Workspace.open(settings), embedder=untrained_embedder())
    with Server(create_app(Answering(workspace, Scripted(holding), settings), settings, ledger)) as running:
        yield running
    workspace.close()
    ledger.close()


@pytest.fixture(autouse=True)
def seen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request looks at the keys anew; what the second of rest costs is measured in a test of its own."""
    monkeypatch.setattr("service.keys._FRESH", 0.0)


def client(server: Server, key: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0)


def get(server: Server, path: str, key: str | None = None) -> httpx2.Response:
    return httpx2.get(server.url + path, headers={} if key is None else {"authorization": f"Bearer {key}"})


# --- The door ---------------------------------------------------------------------------------------------------------


def test_no_key_is_needed_on_the_loopback_address_while_there_is_none(server: Server, keys: Keys) -> None:
    assert "24 months" in client(server, "none").responses.create(**QUESTION).output_text
    assert get(server, "/v1/models").status_code == get(server, "/docs").status_code == 200


def test_the_first_key_closes_the_door(server: Server, keys: Keys) -> None:
    _, told = keys.create("website", ["ask"])
    for path in ("/v1/models", "/docs/", "/openapi.json/", "/v1/files", "/none", "/health/live/", "/health", "/metrics"):
        answer = get(server, path)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), path
    assert "24 months" in client(server, told).responses.create(**QUESTION).output_text


def test_health_and_the_description_need_no_key(server: Server, keys: Keys) -> None:
    """The description is the same wherever Reckoner runs, and a browser that opens it has no key to send."""
    keys.create("website", ["ask"])
    for path in ("/health/live", "/health/ready", "/docs", "/openapi.json"):
        assert get(server, path).status_code == 200, path
    assert get(server, "/").headers["location"] == "docs"


def test_whoever_has_a_key_is_told_that_there_is_no_such_thing(server: Server, keys: Keys) -> None:
    _, told = keys.create("website", ["ask"])
    with pytest.raises(openai.NotFoundError, match="POST /v1/moderations"):
        client(server, told).moderations.create(input="a")
    with pytest.raises(openai.NotFoundError):
        client(server, told).responses.retrieve("resp_1")
    assert httpx2.patch(f"{server.url}/v1/models", headers={"authorization": f"Bearer {told}"}).status_code == 405
    assert get(server, "/metrics", told).status_code == 403  # what is there is not for everybody


def test_a_missing_key_is_an_error_in_the_shape_of_openai(server: Server, keys: Keys) -> None:
    keys.create("website", ["ask"])
    answer = httpx2.post(f"{server.url}/v1/responses", json=QUESTION, headers={"x-request-id": "mine-7"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (401, "mine-7")
    error = answer.json()["error"]
    assert (error["code"], error["type"], error["param"]) == ("invalid_api_key", "invalid_request_error", None)
    assert "reckoner keys create" in error["message"]


def test_a_wrong_key_is_refused(server: Server, keys: Keys) -> None:
    key, told = keys.create("website", ["ask"])
    other, _ = keys.create("other", ["admin"])
    secret = told.removeprefix(f"rk-{key.id}-")
    last = "A" if told[-1] != "A" else "B"
    for wrong in ("none", "rk-", told[:-1] + last, told[:-1], f"rk-{other.id}-{secret}", f"{told}x", secret, key.id, told.upper()):
        with pytest.raises(openai.AuthenticationError) as error:
            client(server, wrong).responses.create(**QUESTION)
        assert error.value.code == "invalid_api_key" and error.value.request_id
        assert wrong not in str(error.value)


@pytest.mark.parametrize("headers", [
    [], [("authorization", "{}")], [("authorization", "Basic {}")], [("authorization", "Bearer")],
    [("authorization", "Bearer {}"), ("authorization", "Bearer {}")], [("x-api-key", "{}")], [("authorization", "Bearer {}, x")],
])  # fmt: skip
def test_a_key_is_taken_from_its_one_place_alone(server: Server, keys: Keys, headers: list[tuple[str, str]]) -> None:
    _, told = keys.create("website", ["ask"])
    sent = [(name, value.replace("{}", told)) for name, value in headers]
    assert httpx2.get(f"{server.url}/v1/models", headers=sent).status_code == 401
    assert httpx2.get(f"{server.url}/v1/models?api_key={told}").status_code == 401
    assert httpx2.get(f"{server.url}/v1/models", headers=[("Authorization", f"bearer {told}")]).status_code == 200


def test_a_revoked_key_is_refused_and_revoking_the_last_opens_nothing(server: Server, keys: Keys) -> None:
    key, told = keys.create("website", ["admin"])
    assert get(server, "/v1/models", told).status_code == 200
    keys.revoke(key.id)
    with pytest.raises(openai.AuthenticationError, match="revoked"):
        client(server, told).responses.create(**QUESTION)
    assert get(server, "/v1/models").status_code == 401


def test_a_running_service_sees_within_a_second_what_another_process_did(
    server: Server, settings: Settings, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Keys(settings.record_address)  # as the command line opens it
    assert get(server, "/v1/models").status_code == 200
    monkeypatch.undo()
    key, told = elsewhere.create("website", ["ask"])
    time.sleep(1.05)
    assert (get(server, "/v1/models").status_code, get(server, "/v1/models", told).status_code) == (401, 200)
    elsewhere.revoke(key.id)
    time.sleep(1.05)
    assert get(server, "/v1/models", told).status_code == 401
    elsewhere.close()


def test_keys_that_cannot_be_read_let_nobody_in(server: Server, keys: Keys, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    _, told = keys.create("website", ["admin"])
    with sqlite3.connect(settings.workspace / "record.sqlite") as connection:
        connection.execute("ALTER TABLE api_keys RENAME TO gone")
    try:
        answer = get(server, "/v1/models", told)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "record_unavailable")
        assert get(server, "/health/live").status_code == 200
    finally:
        with connection:
            connection.execute("ALTER TABLE gone RENAME TO api_keys")
        connection.close()


def test_streams_stream_through_the_door(server: Server, keys: Keys) -> None:
    """The first event arrives while the answer is being worked out: it is let go on only then."""
    _, told = keys.create("website", ["ask"])
    events = list(client(server, told).responses.create(**QUESTION, stream=True))
    assert events[0].type == "response.created" and events[-1].type == "response.completed"
    bearer = {"authorization": f"Bearer {told}"}
    with httpx2.stream("POST", f"{server.url}/v1/responses", json={"input": "held", "stream": True}, headers=bearer) as response:
        lines = response.iter_lines()
        assert next(lines) == "event: response.created"
        GO_ON.set()
        assert "event: response.completed" in list(lines)
    assert WENT_ON == [True]


def test_a_websocket_finds_the_door_shut(keys: Keys) -> None:
    keys.create("website", ["ask"])
    sent: list[Any] = []

    async def knock() -> None:
        async def send(message: Any) -> None:
            sent.append(message)

        await Door(pytest.fail, keys, True, Hosts([], False))({"type": "websocket", "path": "/v1/events", "headers": []}, pytest.fail, send)  # type: ignore[arg-type]

    asyncio.run(knock())
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_a_large_upload_without_the_scope_gets_its_answer(server: Server, keys: Keys) -> None:
    """Though its body is never read."""
    _, told = keys.create("website", ["ask"])
    with pytest.raises(openai.PermissionDeniedError, match="'train'"):
        client(server, told).files.create(file=("mine.jsonl", b"x" * 3_000_000), purpose="fine-tune")


# --- Scopes -----------------------------------------------------------------------------------------------------------


def attempts(client: openai.OpenAI, server: Server) -> dict[str, tuple[Scope | tuple[Scope, ...], Any]]:
    """Something of every kind that can be asked for, with the scope that it needs, or several of which it needs one."""
    asked = {"messages": [{"role": "user", "content": TENTS}], "model": "reckoner"}
    bearer = {"authorization": f"Bearer {client.api_key}"}

    def plain(method: str, path: str, body: object = None) -> Any:
        def attempt() -> None:
            answer = httpx2.request(method, server.url + path, json=body, headers=bearer)
            if answer.status_code in (401, 403):
                raise client._make_status_error(answer.text, body=answer.json(), response=answer)  # type: ignore[arg-type]

        return attempt

    trace = f"/v1/answers/{'0' * 32}"
    return {
        "a response": ("ask", lambda: client.responses.create(**QUESTION)),
        "a chat completion": ("ask", lambda: client.chat.completions.create(**asked)),
        "an embedding": ("ask", lambda: client.embeddings.create(model="reckoner-embedder", input="Tents")),
        "models": ("ask", lambda: client.models.list()),
        "a model": ("ask", lambda: client.models.retrieve("reckoner")),
        "a trace": ("ask", plain("GET", f"{trace}/trace")),
        "a verification": ("ask", plain("POST", f"{trace}/verify")),
        "a correction": ("ask", plain("POST", "/v1/feedback", {"question": TENTS, "answer": "24 months"})),
        "corrections": ("train", plain("GET", "/v1/feedback")),
        "a correction's end": ("train", plain("DELETE", "/v1/feedback/fb-none")),
        "files": (("train", "manage"), lambda: client.files.list()),
        "an upload": (("train", "manage"), lambda: client.files.create(file=("mine.jsonl", b"{}"), purpose="fine-tune")),
        "an upload's content": ("train", plain("GET", "/v1/files/none/content")),
        "vector stores": (("ask", "manage"), lambda: client.vector_stores.list()),
        "a stored text": ("ask", plain("GET", "/v1/vector_stores/vs_workspace/files/none/content")),
        "a search": ("ask", lambda: client.vector_stores.search("vs_workspace", query="tents")),
        "a new vector store": ("manage", lambda: client.vector_stores.create(name="mine")),
        "a file for a vector store": ("manage", plain("POST", "/v1/vector_stores/none/files", {"file_id": "none"})),
        "a file called search": ("manage", plain("POST", "/v1/vector_stores/none/files/search", {"attributes": {}})),
        "a vector store's end": ("manage", plain("DELETE", "/v1/vector_stores/none")),
        "jobs": ("train", lambda: client.fine_tuning.jobs.list()),
        "a step": ("train", plain("POST", "/v1/learning/step", {})),
        "a promotion": ("manage", plain("POST", "/v1/models/none/promote")),
        "a rollback": ("manage", plain("POST", "/v1/serving/rollback?part=none")),
    }


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_opens_what_its_scope_names_and_nothing_else(server: Server, keys: Keys, scope: Scope) -> None:
    _, told = keys.create(scope, [scope])
    for what, (wanted, attempt) in attempts(client(server, told), server).items():
        wanted = (wanted,) if isinstance(wanted, str) else wanted
        if scope in (*wanted, "admin"):
            attempt()
        else:
            with pytest.raises(openai.PermissionDeniedError, match=f"scope {' or '.join(map(repr, wanted))};") as error:
                attempt()
            assert error.value.response.json()["error"]["code"] == "missing_scope", what


def test_scopes_are_added_up(server: Server, keys: Keys) -> None:
    _, told = keys.create("both", ["train", "ask"])
    mine = client(server, told)
    assert mine.models.list().data and mine.files.list() is not None
    with pytest.raises(openai.PermissionDeniedError, match="yours has 'ask', 'train'"):
        mine.post("/serving/rollback", cast_to=object)


def test_every_endpoint_has_a_rule(settings: Settings) -> None:
    workspace = Workspace.open(settings)
    ledger = Ledger(settings.record_address)
    app = create_app(Answering(workspace, Answerer.load(settings.model), settings), settings, ledger)
    routes = [(method, route.path) for route in app.routes for method in sorted(route.methods - {"HEAD"})]  # type: ignore[attr-defined]
    assert len([route for route in app.routes if isinstance(route, APIRoute)]) > 20
    for method, path in routes:
        open_to_all = path in (*auth.HEALTH, *auth.DESCRIPTION)
        assert open_to_all or rule(method, path), f"{method} {path}: say in service/auth.py which scope it needs"
    workspace.close()
    ledger.close()


@pytest.mark.parametrize(("method", "path"), [
    ("GET", "/v1/modelsecrets"), ("GET", "/v1"), ("GET", "/"), ("GET", "//v1/models"), ("GET", "/V1/models"), ("DELETE", "/v1/responses"),
    ("get", "/v1/answers"), ("GET", "/v1/responses\n"), ("", ""),
])  # fmt: skip
def test_what_no_rule_names_needs_admin(method: str, path: str) -> None:
    assert needed(method, path) == ("admin",)


def test_a_document_that_answers_is_not_deleted_with_a_key_for_training(server: Server, keys: Keys) -> None:
    training, managing = (client(server, keys.create(scope, [scope])[1]) for scope in ("train", "manage"))
    file = managing.files.create(file=("warranty.md", WARRANTY.encode()), purpose="assistants")
    store = managing.vector_stores.create(file_ids=[file.id])
    with pytest.raises(openai.PermissionDeniedError, match="scope 'manage'; yours has 'train'"):
        training.files.delete(file.id)
    assert managing.vector_stores.files.list(store.id).data
    managing.vector_stores.delete(store.id)
    assert training.files.delete(file.id).deleted


# --- The keys themselves ----------------------------------------------------------------------------------------------


def test_the_secret_is_in_no_log_no_error_and_no_file(
    server: Server, keys: Keys, settings: Settings, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    key, told = keys.create("website", ["ask"])
    secret = told.removeprefix(f"rk-{key.id}-")
    said = [get(server, path, given).text for path in ("/v1/models", "/v1/files", "/none") for given in (told, told[:-1] + "!", f"{told}x")]
    with pytest.raises(openai.PermissionDeniedError) as refused:
        client(server, told).files.list()
    keys.revoke(key.id)
    with pytest.raises(openai.AuthenticationError) as unknown:
        client(server, told).responses.create(**QUESTION)
    said += [str(refused.value), str(unknown.value), repr(keys.look()), repr(keys.all())]
    # What the clients of this test log themselves is theirs.
    said += [record.getMessage() for record in caplog.records if record.name.startswith(("reckoner", "uvicorn", "sqlalchemy", "asyncio"))]
    assert any("/v1/files" in line for line in said)
    said += capfd.readouterr()
    assert not [text for text in said if secret[:12] in text]
    kept = {path.name: path.read_bytes() for path in settings.workspace.rglob("*") if path.is_file()}
    assert "record.sqlite" in kept and any(key.id.encode() in content for content in kept.values())
    assert not [name for name, content in kept.items() if secret.encode() in content]


def test_keys_look_as_they_should_and_no_two_are_alike(keys: Keys) -> None:
    told = [keys.create("same", ["ask"])[1] for _ in range(20)]
    assert all(WHOLE.fullmatch(key) for key in told) and len({key[16:] for key in told}) == 20


@pytest.mark.parametrize("name", ["", "x" * 101, "two\nlines", "\x1b[31mred"])
def test_a_name_is_one_printable_line(keys: Keys, name: str) -> None:
    with pytest.raises(BadName):
        keys.create(name, ["ask"])


def test_a_use_is_written_once_a_minute_whoever_writes(settings: Settings, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    key, _ = keys.create("website", ["ask"])
    assert keys.all()[0].used is None
    assert [keys.due(key.id) for _ in range(3)] == [True, False, False]
    other = Keys(settings.record_address)
    for now, written in ((1000, 1000), (1059, 1000), (1060, 1060)):
        monkeypatch.setattr("service.keys.time.time", lambda now=now: now)
        other.note_use(key.id)
        assert keys.all()[0].used == written
    other.close()


def test_a_request_marks_its_key_as_used(server: Server, keys: Keys) -> None:
    key, told = keys.create("website", ["ask"])
    begun = int(time.time())
    get(server, "/v1/models", told)
    until(lambda: keys.all()[0].used is not None, seconds=2)
    used = keys.all()[0].used
    assert used is not None and used >= begun


def test_a_use_that_cannot_be_written_costs_no_request(keys: Keys, caplog: pytest.LogCaptureFixture, settings: Settings) -> None:
    key, _ = keys.create("website", ["ask"])
    with sqlite3.connect(settings.workspace / "record.sqlite") as connection:
        connection.execute("CREATE TRIGGER stop BEFORE UPDATE ON api_keys BEGIN SELECT RAISE(ABORT, 'full'); END")
    keys.note_use(key.id)
    assert key.id in caplog.text
    with connection:
        connection.execute("DROP TRIGGER stop")
    connection.close()


def test_checking_a_key_does_not_ask_the_database(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    _, told = keys.create("website", ["ask"])
    ring = keys.look()
    monkeypatch.setattr(keys, "_read", lambda: pytest.fail("asked the database"))
    assert keys.look() is ring is keys.ring and ring.find(told) is not None


# --- Where the service listens ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.7", "shop.example"])
def test_within_the_reach_of_others_it_does_not_start_without_a_key(tmp_path: Path, host: str) -> None:
    settings = settings_for(tmp_path / "new", host=host)
    with pytest.raises(SettingsError, match=f"reckoner keys create NAME --scope ask --workspace {tmp_path / 'new'}"):
        check_start(settings)
    keys = Keys(settings.record_address)
    key, _ = keys.create("website", ["ask"])
    check_start(settings)
    keys.revoke(key.id)
    with pytest.raises(SettingsError):
        check_start(settings)
    keys.close()


@pytest.mark.parametrize("given", [{"host": "127.0.0.1"}, {"host": "127.0.0.2"}, {"host": "::1"}, {"host": "localhost"},
                                   {"host": "0.0.0.0", "open": True}])  # fmt: skip
def test_on_the_loopback_address_or_where_the_operator_says_so_it_starts(tmp_path: Path, given: dict[str, Any]) -> None:
    check_start(settings_for(tmp_path, **given))


@pytest.mark.parametrize(("open", "status"), [(False, 401), (True, 200)])
def test_an_application_within_the_reach_of_others_takes_no_stranger(tmp_path: Path, open: bool, status: int) -> None:
    """However it was started."""
    workspace, settings = tiny_workspace(tmp_path, host="0.0.0.0", open=open)
    with Server(create_app(Answering(workspace, Scripted(unasked), settings), settings)) as server:
        assert get(server, "/v1/models").status_code == status
        Keys(settings.record_address).create("website", ["ask"])
        assert get(server, "/v1/models").status_code == 401
    workspace.close()


def unasked(_: Evidence) -> Sequence[Program]:
    raise AssertionError("no question was asked")


def test_the_container_is_open_on_the_loopback_address_alone() -> None:
    written = (ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8")
    published = re.findall(r'^ +- "?([\d.:]*\d+:\d+)"?$', written, re.MULTILINE)
    assert 'RECKONER_OPEN: "true"' in written and published == ["127.0.0.1:8321:8321"]


# --- The command line -------------------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith("RECKONER_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str) -> tuple[int, str, str]:
        """(exit code, stdout, stderr)."""
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return run


def test_a_key_is_printed_once_and_alone(run: Any, elsewhere: Path) -> None:
    code, out, err = run("keys", "create", "website", "--scope", "ask", "--scope", "train")
    told = out.removesuffix("\n")
    assert code == 0 and WHOLE.fullmatch(told) and told not in err and "not shown again" in err and "the first" in err
    code, out, _ = run("keys", "list", "--json")
    (listed,) = json.loads(out)
    assert (listed["name"], listed["scopes"], listed["used"], listed["revoked"]) == ("website", ["ask", "train"], None, None)
    assert listed["id"] == told[3:15] and told[16:] not in out
    code, out, _ = run("keys", "list")
    assert out.startswith(f"{listed['id']}  website  ask,train  made ") and "never used" in out and told[16:] not in out
    key = Keys(f"sqlite:///{elsewhere / 'workspace' / 'record.sqlite'}").look().find(told)
    assert key is not None and key.may("train") and not key.may("manage")


def test_a_key_is_revoked_by_its_id_or_whole(run: Any) -> None:
    told = [run("keys", "create", name, "--scope", "admin")[1].strip() for name in ("one", "two")]
    code, out, err = run("keys", "revoke", told[0][3:15])
    assert (code, out, err) == (0, f"{told[0][3:15]} (one) is revoked\n", "")
    code, out, err = run("keys", "revoke", told[1])
    assert code == 0 and told[1] not in out + err and "the last" in err
    assert all(key["revoked"] for key in json.loads(run("keys", "list", "--json")[1]))


@pytest.mark.parametrize("arguments", [
    ["keys", "create", "website"], ["keys", "create", "website", "--scope", "everything"], ["keys", "create", "", "--scope", "ask"],
    ["keys", "create", "--scope", "ask"], ["keys", "revoke", "0123456789ab"], ["keys", "revoke", "rk-0123456789ab-" + "secret" * 7],
])  # fmt: skip
def test_wrong_usage_is_said_and_gives_nothing_away(run: Any, arguments: list[str]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "") and "Traceback" not in err and "secretsecret" not in err


@pytest.mark.parametrize("command", ["create", "list", "revoke"])
def test_every_command_helps_with_an_example(run: Any, command: str) -> None:
    code, out, _ = run("keys", command, "--help")
    assert code == 0 and "Example" in out and "--workspace" in out and "--sample" in out


def test_the_command_line_offers_the_scopes_that_there_are() -> None:
    assert tuple(keys_cli.Scope) == SCOPES


def test_serve_refuses_in_one_sentence_to_listen_to_others_without_a_key(run: Any) -> None:
    code, out, err = run("serve", "--host", "0.0.0.0")
    assert (code, out) == (1, "") and err.count("\n") == 1
    assert err.startswith("reckoner: Others can reach the address '0.0.0.0'") and "`reckoner keys create NAME --scope ask" in err
