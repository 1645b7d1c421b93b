"""A request to every endpoint, in an order in which each finds what it needs.

    python -m tests.tour        asks them of the sample workspace, and writes the examples of the API's description

The tests ask the same of a tiny workspace, and compare the shapes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2

EXAMPLES = Path(__file__).parents[1] / "service" / "examples.json"
_KEPT_ITEMS, _KEPT_CHARACTERS = 2, 160
_DOCUMENT = "# Canoes\n\nA canoe carries three people. Its warranty is 9 months.\n"
Example = dict[str, Any]


class Tour:
    """`examples` by endpoint: what was sent, and what came back whole."""

    def __init__(self, url: str, question: str, database: str) -> None:
        self.url, self.question, self.database = url, question, database
        self.examples: dict[str, Example] = {}

    def go(self) -> dict[str, Example]:
        self._questions()
        self._files_and_stores()
        self._learning()
        self._what_there_is()
        return self.examples

    def ask(self, method: str, template: str, body: Any = None, query: str = "", **places: str) -> Any:
        path = template
        for name, value in places.items():
            path = path.replace(f"{{{name}}}", value)
        answer = httpx2.request(method, f"{self.url}{path}{query}", json=body, timeout=120)
        assert answer.status_code == 200, f"{method} {path}: {answer.text}"
        kind = answer.headers["content-type"].partition(";")[0]
        said = answer.json() if kind == "application/json" else answer.text
        self.examples[f"{method} {template}"] = {"type": kind, "response": said} | ({} if body is None else {"request": body})
        return said

    def _questions(self) -> None:
        asked = self.ask("POST", "/v1/responses", {"model": "reckoner", "input": self.question})
        messages = [{"role": "user", "content": self.question}]
        self.ask("POST", "/v1/chat/completions", {"model": "reckoner", "messages": messages})
        self.ask("POST", "/v1/embeddings", {"model": "reckoner-embedder", "input": "Tents are repaired.", "encoding_format": "float"})
        self.ask("GET", "/v1/answers/{id}/trace", id=asked["id"])
        self.ask("POST", "/v1/answers/{id}/verify", id=asked["id"])
        self.ask("GET", "/v1/responses/{id}", id=asked["id"])
        kept = self.ask("POST", "/v1/feedback", {"answer_id": asked["id"], "answer": "24 months", "comment": "It is in warranty.md."})
        self.ask("GET", "/v1/feedback", query="?limit=1")
        self.ask("GET", "/v1/feedback/{id}", id=kept["id"])
        self.ask("DELETE", "/v1/feedback/{id}", id=kept["id"])
        self.ask("DELETE", "/v1/responses/{id}", id=asked["id"])

    def _files_and_stores(self) -> None:
        sent = {"file": ("canoes.md", _DOCUMENT.encode()), "purpose": (None, "assistants")}
        answer = httpx2.post(f"{self.url}/v1/files", files=sent, timeout=60)
        assert answer.status_code == 200, answer.text
        file = answer.json()["id"]
        shown = {"file": "canoes.md", "purpose": "assistants"}
        self.examples["POST /v1/files"] = {"type": "application/json", "response": answer.json(), "request": shown}
        self.ask("GET", "/v1/files", query="?limit=1")
        self.ask("GET", "/v1/files/{id}", id=file)
        self.ask("GET", "/v1/files/{id}/content", id=file)
        store = self.ask("POST", "/v1/vector_stores", {"name": "boats", "metadata": {"team": "rental"}})["id"]
        self.ask("POST", "/v1/vector_stores/{id}", {"name": "boats and canoes"}, id=store)
        self.ask("POST", "/v1/vector_stores/{id}/files", {"file_id": file, "attributes": {"year": 2024}}, id=store)
        while self.ask("GET", "/v1/vector_stores/{id}/files/{file}", id=store, file=file)["status"] == "in_progress":
            time.sleep(0.02)
        self.ask("GET", "/v1/vector_stores/{id}/files", id=store, query="?limit=1")
        self.ask("POST", "/v1/vector_stores/{id}/files/{file}", {"attributes": {"year": 2025}}, id=store, file=file)
        self.ask("GET", "/v1/vector_stores/{id}/files/{file}/content", id=store, file=file)
        searched = {"query": "How long is the warranty on canoes?", "filters": {"type": "gte", "key": "year", "value": 2025}}
        self.ask("POST", "/v1/vector_stores/{id}/search", searched, id=store)
        batch = self.ask("POST", "/v1/vector_stores/{id}/file_batches", {"file_ids": [file]}, id=store)["id"]
        self.ask("GET", "/v1/vector_stores/{id}/file_batches/{batch}", id=store, batch=batch)
        self.ask("GET", "/v1/vector_stores/{id}/file_batches/{batch}/files", id=store, batch=batch)
        self.ask("POST", "/v1/vector_stores/{id}/file_batches/{batch}/cancel", id=store, batch=batch)
        self.ask("GET", "/v1/vector_stores", query="?limit=1")
        self.ask("GET", "/v1/vector_stores/{id}", id=store)
        snapshot = self.ask("POST", "/v1/vector_stores/{id}/snapshots", {"name": "before the new edition"}, id=store)["id"]
        self.ask("DELETE", "/v1/vector_stores/{id}/files/{file}", id=store, file=file)
        self.ask("GET", "/v1/vector_stores/{id}/snapshots", id=store, query="?limit=1")
        self.ask("POST", "/v1/vector_stores/{id}/snapshots/{snapshot}/rollback", id=store, snapshot=snapshot)
        self.ask("GET", "/v1/vector_stores/{id}/snapshots/{snapshot}", id=store, snapshot=snapshot)
        self.ask("DELETE", "/v1/vector_stores/{id}/snapshots/{snapshot}", id=store, snapshot=snapshot)
        self.ask("DELETE", "/v1/vector_stores/{id}", id=store)
        self.ask("DELETE", "/v1/files/{id}", id=file)

    def _learning(self) -> None:
        asked = {"model": "reckoner", "training_file": "practice", "suffix": "mine", "seed": 1}
        job = self.ask("POST", "/v1/fine_tuning/jobs", asked)["id"]
        for wish in ("pause", "resume", "cancel"):
            self.ask("POST", f"/v1/fine_tuning/jobs/{{id}}/{wish}", id=job)
        self.ask("GET", "/v1/fine_tuning/jobs", query="?limit=1")
        self.ask("GET", "/v1/fine_tuning/jobs/{id}", id=job)
        self.ask("GET", "/v1/fine_tuning/jobs/{id}/events", id=job)
        self.ask("GET", "/v1/fine_tuning/jobs/{id}/checkpoints", id=job)
        self.ask("POST", "/v1/learning/step", {"question": self.question, "program": "unknown"})

    def _what_there_is(self) -> None:
        model = self.ask("GET", "/v1/models")["data"][0]["id"]
        self.ask("GET", "/v1/models/{name}", name=model)
        self.ask("POST", "/v1/models/{name}/promote", name=model)
        self.ask("POST", "/v1/serving/rollback")
        self.ask("GET", "/v1/databases")
        self.ask("GET", "/v1/databases/{name}/schema", name=self.database)
        self.ask("GET", "/v1/tools")
        for path in ("/metrics", "/health/live", "/health/ready"):
            self.ask("GET", path)


def shortened(value: Any) -> Any:
    """Enough of a response to see its shape."""
    if isinstance(value, Mapping):
        return {name: shortened(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shortened(inner) for inner in value[:_KEPT_ITEMS]]
    return f"{value[:_KEPT_CHARACTERS]}…" if isinstance(value, str) and len(value) > _KEPT_CHARACTERS else value


def main() -> None:
    from benchmarks.load import serving

    with serving() as server:
        examples = Tour(f"http://127.0.0.1:{server.port}", "How many orders were cancelled?", "larkfell").go()
    EXAMPLES.write_text(json.dumps(shortened(examples), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{len(examples)} examples, {EXAMPLES.stat().st_size} bytes, in {EXAMPLES}")


if __name__ == "__main__":
    main()
