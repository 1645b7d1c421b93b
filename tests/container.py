"""The long proof that a container keeps what it was given: run beside a `docker-compose up` of docker/compose.yaml.

    docker-compose -f docker/compose.yaml up --detach --build
    COMPOSE_FILE=docker/compose.yaml python3 tests/container.py

It asks questions over HTTP, uploads a document, submits a short training job, kills the API and the worker in the middle of it, takes
everything down and up again, and expects the document, the job and its model to be there. Needs nothing but Python and docker-compose,
and is quickest with the machine to itself: some two minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from typing import Any

ADDRESS = "http://127.0.0.1:8321"
QUESTION = "How long is the warranty on tents?"
NOTE = "# Kennels\n\nThe kennel master of the northern depot is Ottilie Brandvold. Dogs are fed at half past six.\n"
ASKED = ("Who is the kennel master of the northern depot?", "Ottilie Brandvold")
JOB = {"model": "reckoner", "training_file": "practice", "hyperparameters": {"n_examples": 60, "n_epochs": 2, "batch_size": 8}}


def main() -> int:
    first = _answer(QUESTION)
    assert "five years" in first, first
    _say(f"asked: {first}")
    file = _upload("kennels.md", NOTE)
    store = _post("/v1/vector_stores", {"name": "notes", "file_ids": [file]})["id"]
    _until("the document is indexed", lambda: _get(f"/v1/vector_stores/{store}")["file_counts"]["completed"] == 1)
    assert (found := _found(store)) == file, f"searched for {ASKED[1]} and found {found}"
    job = _post("/v1/fine_tuning/jobs", JOB)["id"]
    events = f"/v1/fine_tuning/jobs/{job}/events"
    _until("the job has taken a step", lambda: any(event["type"] == "metrics" for event in _get(events)["data"]))

    _compose("kill", "--signal", "SIGKILL", "api", "worker")
    _compose("down")
    _compose("up", "--detach", "--no-build")
    _until("ready again", _ready)

    assert _answer(QUESTION) == first, "the answer is another one"
    assert any(card["id"] == file for card in _get("/v1/files")["data"]), "the file is gone"
    assert _found(store) == file, "the document is not found any more"
    _until("the job has ended", lambda: _get(f"/v1/fine_tuning/jobs/{job}")["status"] not in ("queued", "running"))
    ended = _get(f"/v1/fine_tuning/jobs/{job}")
    assert ended["status"] == "succeeded", ended
    models = [card["id"] for card in _get("/v1/models")["data"]]
    assert ended["fine_tuned_model"] in models, f"{ended['fine_tuned_model']} is not among {models}"
    _say(f"still there: {file}, {job}, {ended['fine_tuned_model']}")
    return 0


def _answer(question: str) -> str:
    """What is answered, or the refusal."""
    (message,) = _post("/v1/responses", {"model": "reckoner", "input": question})["output"]
    (part,) = message["content"]
    return str(part.get("text") or part["refusal"])


def _found(store: str) -> str:
    """The file in which the store finds the note's own words."""
    question, answer = ASKED
    best = _post(f"/v1/vector_stores/{store}/search", {"query": question})["data"][0]
    assert answer in best["content"][0]["text"], best
    return str(best["file_id"])


def _upload(name: str, text: str) -> str:
    border = uuid.uuid4().hex
    body = (
        f'--{border}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nassistants\r\n'
        f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/markdown\r\n\r\n{text}\r\n'
        f"--{border}--\r\n"
    )
    return str(_send("/v1/files", body.encode(), f"multipart/form-data; boundary={border}")["id"])


def _post(path: str, body: dict[str, Any]) -> Any:
    return _send(path, json.dumps(body).encode(), "application/json")


def _get(path: str) -> Any:
    return _send(path)


def _send(path: str, body: bytes | None = None, kind: str = "") -> Any:
    request = urllib.request.Request(ADDRESS + path, body, {"content-type": kind} if kind else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{request.get_method()} {path}: {error.code} {error.read().decode(errors='replace')}") from None


def _ready() -> bool:
    try:
        with urllib.request.urlopen(f"{ADDRESS}/health/ready", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def _until(what: str, holds: Callable[[], bool], seconds: float = 300.0) -> None:
    begun = time.monotonic()
    while not holds():
        if time.monotonic() - begun > seconds:
            raise SystemExit(f"waited {seconds:.0f} s in vain until {what}")
        time.sleep(1)
    _say(f"{what} ({time.monotonic() - begun:.0f} s)")


def _compose(*arguments: str) -> None:
    subprocess.run(("docker-compose", *arguments), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
