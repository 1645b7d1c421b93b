"""The API's description, for `/docs` and for tools that read OpenAPI: what each endpoint does, takes, gives back and refuses.

The examples are of real requests to the sample workspace, shortened; `python -m tests.tour` asks them and writes `examples.json` anew. An
endpoint that is missing here is described by its name alone, and a test says so.
"""

from __future__ import annotations

import asyncio
import json
from importlib import resources
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, RedirectResponse

from service.docs.page import page

SUMMARIES = {
    "POST /v1/responses": "Answer a question, with the evidence for it",
    "GET /v1/responses/{id}": "Show a response once more",
    "DELETE /v1/responses/{id}": "Forget a response and its trace",
    "POST /v1/chat/completions": "Answer the last message of a chat",
    "POST /v1/embeddings": "Turn texts into the vectors that passages are found by",
    "POST /v1/files": "Upload a file: examples to learn from, or a document",
    "GET /v1/files": "List files",
    "GET /v1/files/{id}": "Show a file",
    "GET /v1/files/{id}/content": "Download a file",
    "DELETE /v1/files/{id}": "Delete a file; it answers no more",
    "POST /v1/fine_tuning/jobs": "Start a training job",
    "GET /v1/fine_tuning/jobs": "List training jobs",
    "GET /v1/fine_tuning/jobs/{id}": "Show a training job",
    "GET /v1/fine_tuning/jobs/{id}/events": "List what a training job told, the latest first",
    "GET /v1/fine_tuning/jobs/{id}/checkpoints": "List the checkpoint that a training job left",
    "POST /v1/fine_tuning/jobs/{id}/cancel": "Cancel a training job",
    "POST /v1/fine_tuning/jobs/{id}/pause": "Pause a training job",
    "POST /v1/fine_tuning/jobs/{id}/resume": "Go on with a training job that was paused",
    "GET /v1/models": "List models",
    "GET /v1/models/{name}": "Show a model",
    "POST /v1/models/{name}/promote": "Let a version serve",
    "POST /v1/serving/rollback": "Let serve what served before",
    "POST /v1/feedback": "Say what the right answer would have been",
    "GET /v1/feedback": "List corrections",
    "GET /v1/feedback/{id}": "Show a correction",
    "DELETE /v1/feedback/{id}": "Delete a correction",
    "POST /v1/learning/step": "Explain one step of learning, on a copy of the model",
    "GET /v1/answers/{id}/trace": "Show everything that an answer came from",
    "POST /v1/answers/{id}/verify": "Check an answer against documents and databases as they are now",
    "GET /v1/databases": "List the connected databases",
    "GET /v1/databases/{name}/schema": "Show the schema of a database as the model sees it",
    "GET /v1/tools": "List the service's own tools",
    "POST /v1/vector_stores": "Make a vector store",
    "GET /v1/vector_stores": "List vector stores",
    "GET /v1/vector_stores/{id}": "Show a vector store",
    "POST /v1/vector_stores/{id}": "Change a vector store",
    "DELETE /v1/vector_stores/{id}": "Delete a vector store",
    "POST /v1/vector_stores/{id}/search": "Search in a vector store",
    "POST /v1/vector_stores/{id}/files": "Add a file to a vector store",
    "GET /v1/vector_stores/{id}/files": "List the files of a vector store",
    "GET /v1/vector_stores/{id}/files/{file}": "Show a file of a vector store",
    "POST /v1/vector_stores/{id}/files/{file}": "Change the attributes of a file",
    "DELETE /v1/vector_stores/{id}/files/{file}": "Take a file out of a vector store",
    "GET /v1/vector_stores/{id}/files/{file}/content": "Show the text of a file",
    "POST /v1/vector_stores/{id}/file_batches": "Add several files to a vector store",
    "GET /v1/vector_stores/{id}/file_batches/{batch}": "Show a batch of files",
    "POST /v1/vector_stores/{id}/file_batches/{batch}/cancel": "Stop a batch of files",
    "GET /v1/vector_stores/{id}/file_batches/{batch}/files": "List the files of a batch",
    "POST /v1/vector_stores/{id}/snapshots": "Take a snapshot of a vector store",
    "GET /v1/vector_stores/{id}/snapshots": "List the snapshots of a vector store",
    "GET /v1/vector_stores/{id}/snapshots/{snapshot}": "Show a snapshot",
    "POST /v1/vector_stores/{id}/snapshots/{snapshot}/rollback": "Let a vector store hold what it held at a snapshot",
    "DELETE /v1/vector_stores/{id}/snapshots/{snapshot}": "Delete a snapshot, with what is kept for it alone",
    "GET /metrics": "Numbers for Prometheus",
    "GET /health/live": "Say whether the process runs",
    "GET /health/ready": "Say whether questions are taken",
}

_PAGES: dict[str, tuple[str, ...]] = {
    "GET /v1/files": ("limit", "after", "before", "order", "purpose"),
    "GET /v1/fine_tuning/jobs": ("limit", "after"),
    "GET /v1/fine_tuning/jobs/{id}/events": ("limit", "after"),
    "GET /v1/fine_tuning/jobs/{id}/checkpoints": ("limit", "after"),
    "GET /v1/feedback": ("limit", "after"),
    "GET /v1/vector_stores": ("limit", "after", "before", "order"),
    "GET /v1/vector_stores/{id}/files": ("limit", "after", "before", "order", "filter"),
    "GET /v1/vector_stores/{id}/file_batches/{batch}/files": ("limit", "after", "before", "order", "filter"),
    "GET /v1/vector_stores/{id}/snapshots": ("limit", "after", "before", "order"),
    "POST /v1/serving/rollback": ("part",),
}
_QUERY: dict[str, dict[str, Any]] = {
    "limit": {"schema": {"type": "integer", "minimum": 1, "default": 20}, "description": "How many; the most is 100 or more."},
    "after": {"schema": {"type": "string"}, "description": "The id of the last one of the page before."},
    "before": {"schema": {"type": "string"}, "description": "The id of the first one of the page after."},
    "order": {"schema": {"type": "string", "enum": ["asc", "desc"], "default": "desc"}, "description": "By when they were made."},
    "purpose": {"schema": {"type": "string"}, "description": "Only files of this purpose."},
    "filter": {"schema": {"type": "string", "enum": ["in_progress", "completed", "failed", "cancelled"]}, "description": "Their status."},
    "part": {"schema": {"type": "string", "enum": ["answerer", "embedder"], "default": "answerer"}, "description": "Of which part."},
}
_UPLOAD = {
    "type": "object",
    "required": ["file", "purpose"],
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "purpose": {"type": "string", "enum": ["fine-tune", "user_data", "assistants"]},
    },
}

# (status, what it means, code, message) of what is refused, in OpenAI's shape.
_REFUSALS = {
    "BadRequest": ("400", "Something in the request is not as it must be; `param` names it.", "invalid_type", "Invalid value for 'input'."),
    "Unauthenticated": ("401", "There are keys, and this request bears none or a wrong one.", "invalid_api_key", "This key is not known."),
    "Forbidden": (
        "403", "The key has not the scope for this; or, while there is no key, it comes under a name or from a page of a stranger.",
        "missing_scope", "This needs a key with the scope 'train'.",
    ),
    "NotFound": ("404", "What is named is not here.", "model_not_found", "There is no such model here as 'gpt-4'."),
    "Conflict": ("409", "It contradicts how things stand; `x-should-retry: false`.", "job_over", "The job has ended already."),
    "TooLarge": ("413", "The body is larger than the limit.", "body_too_large", "The body is larger than 1000000 bytes."),
    "Packed": ("415", "The body has a content-encoding.", "unsupported_encoding", "A body is read as it is."),
    "TooMany": ("429", "The queue is full, or this caller asked too often; see `retry-after`.", "overloaded", "Try again in 2 s."),
    "Failed": ("500", "An error of ours; the request id names it in the log.", "internal_error", "Something went wrong in the service."),
    "Unavailable": ("503", "The record or a database cannot be read, or the service stops.", "stopping", "The service is stopping."),
    "Late": ("504", "The deadline has passed; `x-should-retry: false`.", "deadline_exceeded", "This took longer than 30 s."),
}  # fmt: skip
_WORK = ("/v1/responses", "/v1/chat/completions", "/v1/embeddings", "/v1/answers", "/v1/feedback", "/v1/learning")  # of the engine
_CONFLICTS = ("/v1/fine_tuning/jobs", "/v1/files/{id}", "/v1/vector_stores")


def describe(app: FastAPI) -> None:
    """To be called when all endpoints are there."""
    app.openapi = lambda: app.openapi_schema or _kept(app)  # type: ignore[method-assign]

    async def docs(_: Request) -> Response:
        html, headers = await asyncio.to_thread(page, app.openapi())
        return HTMLResponse(html, headers=headers)

    async def start(_: Request) -> Response:
        return RedirectResponse("docs")

    app.add_route("/docs", docs)
    app.add_route("/", start)


def _kept(app: FastAPI) -> dict[str, Any]:
    app.openapi_schema = _described(app)
    return app.openapi_schema


def _described(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    examples = json.loads(resources.files("service").joinpath("examples.json").read_text(encoding="utf-8"))
    schemas: dict[str, Any] = {}
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            name = f"{method.upper()} {path}"
            _describe(operation, name, path, examples.get(name, {}))
            for content in operation.get("requestBody", {}).get("content", {}).values():
                schemas |= content["schema"].pop("$defs", {})
    made["components"] = {
        "schemas": schemas,
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "Needed once there is a key."}},
        "responses": {name: _refusal(name) for name in _REFUSALS},
    }
    made["security"] = [{"key": []}, {}]
    return made


def _describe(operation: dict[str, Any], name: str, path: str, example: dict[str, Any]) -> None:
    operation["summary"] = SUMMARIES.get(name, operation["summary"])
    operation["operationId"] = name.lower().replace(" /", "_").translate(str.maketrans("/.", "__", "{}"))
    asked = [{"name": query, "in": "query", "required": False, **_QUERY[query]} for query in _PAGES.get(name, ())]
    if asked:
        operation["parameters"] = [*operation.get("parameters", []), *asked]
    if name == "POST /v1/files":
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": _UPLOAD}}}
    body = operation.get("requestBody")
    if body is not None and "request" in example:
        for content in body["content"].values():
            content["example"] = example["request"]
    kind = example.get("type", "application/json")
    given = {kind: {"example": example["response"]}} if "response" in example else {}
    operation["responses"] = {"200": {"description": "What was asked for", "content": given}}
    if path in ("/v1/responses", "/v1/chat/completions"):
        operation["responses"]["200"]["content"]["text/event-stream"] = {
            "schema": {"type": "string"},
            "example": "data: …\n\n",
        }
    for refusal in _refusals(name, path, operation):
        operation["responses"][_REFUSALS[refusal][0]] = {"$ref": f"#/components/responses/{refusal}"}


def _refusals(name: str, path: str, operation: dict[str, Any]) -> list[str]:
    if path.startswith("/health"):
        return ["Unavailable"] if path == "/health/ready" else []
    takes = "requestBody" in operation or bool(_PAGES.get(name))
    works = path.startswith(_WORK) and not name.startswith(("GET", "DELETE")) or path.endswith("/search")
    conflicts = path.startswith(_CONFLICTS) and not name.startswith("GET")
    wanted = {
        "BadRequest": takes, "Unauthenticated": True, "Forbidden": True, "NotFound": "{" in path or takes, "Conflict": conflicts,
        "TooLarge": "requestBody" in operation, "Packed": "requestBody" in operation, "TooMany": True, "Failed": True, "Unavailable": True,
        "Late": works or takes,
    }  # fmt: skip
    return [refusal for refusal, there in wanted.items() if there]


def _refusal(name: str) -> dict[str, Any]:
    status, meaning, code, message = _REFUSALS[name]
    kind = {"TooMany": "rate_limit_error"}.get(name, "server_error" if status >= "500" else "invalid_request_error")
    param = {"BadRequest": "input", "NotFound": "model", "Conflict": "id"}.get(name)
    text = {"type": ["string", "null"]}
    return {
        "description": meaning,
        "headers": {"x-request-id": {"schema": {"type": "string"}}},
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["error"],
                    "properties": {
                        "error": {
                            "type": "object",
                            "required": ["message", "type", "param", "code"],
                            "properties": {"message": {"type": "string"}, "type": {"type": "string"}, "param": text, "code": text},
                        }
                    },
                },
                "example": {"error": {"message": message, "type": kind, "param": param, "code": code}},
            }
        },
    }
