"""The HTTP API, in the shapes of OpenAI's: `create_app` takes an Answering and gives an application.

Traces are kept in memory, the latest up to a bound, and are lost at a restart.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from retrieval.snapshots import Snapshots
from retrieval.stores import Stores
from service import errors, function_tools, logs, schemas, streaming
from service.answering import Answer, Answering
from service.auth import Door, open_without_keys
from service.connections_api import ConnectionsWeb
from service.description import describe
from service.engine import Draining, Engine
from service.bodies import described, read_json
from service.errors import NotFound
from service.feedback_api import FeedbackWeb
from service.file_search import FileSearch
from service.hosts import Hosts
from service.ingestion import Ingestion
from service.jobs.folders import EMBEDDER
from service.jobs.ledger import Ledger
from service.jobs_api import JobsWeb
from service.keys import Keys
from service.metrics import MEDIA_TYPE, Metrics
from service.one_step_api import OneStepWeb
from service.pace import Pace
from service.parameters import (
    RESULTS, ChatRequest, EmbeddingsRequest, InvalidRequest, ResponsesRequest, check_messages, is_file_search, question_of, read_request,
    texts_of,
)  # fmt: skip
from service.schemas import Told
from service.serving import ALIAS, Serving
from service.settings import Settings
from service.snapshots_api import SnapshotsWeb
from service.store_requests import read_file_search
from service.vector_stores import VectorStoresWeb
from service.waiting import result_of
from tools.evidence import Passage
from tools.patience import Patience, patience

_MOST_TEXTS = 512  # embedded in one request: some seconds of one core
_TRACE_BYTES, _RESPONSE_BYTES = 64_000_000, 16_000_000  # of traces and of responses that are kept
# Headers of an answer that the scripts of allowed origins may read.
_TOLD_PAGES = ("x-request-id", "retry-after", *(f"x-ratelimit-{name}-requests" for name in ("limit", "remaining", "reset")))
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_ANSWER_ID = re.compile(r"(?:resp_|chatcmpl-|msg_)?([0-9a-f]{32})")
_log = logging.getLogger("reckoner.api")


def create_app(answering: Answering, settings: Settings, ledger: Ledger | None = None) -> FastAPI:
    """Without a ledger there are no files, no jobs and no versions."""
    engine = Engine(settings.workers, settings.queue)
    serving = Serving(answering, ledger)
    metrics = Metrics(engine, serving, ledger)
    keys = Keys(settings.record_address)
    workspace = serving.base.workspace
    stores = Stores(workspace.record) if ledger is not None and workspace is not None else None
    ingestion = Ingestion(stores, settings, serving.embedding) if stores is not None else None
    web = _Web(serving, settings, engine, metrics, stores)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if ledger is not None:
            serving.watch()
        if ingestion is not None:
            ingestion.start()
        yield
        await asyncio.to_thread(engine.close)  # what was taken is answered first
        if ingestion is not None:
            await asyncio.to_thread(ingestion.close)
        await asyncio.to_thread(serving.close)
        keys.close()

    app = FastAPI(title="Reckoner", summary="Answers with their evidence", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(Pace, limit=settings.requests_per_minute)
    app.add_middleware(Door, keys=keys, open_without_keys=open_without_keys(settings), hosts=Hosts.of(settings))
    # Around the door, so that refusals bear an id and are counted as well.
    app.add_middleware(_Requests, metrics=metrics, deadline=settings.deadline_seconds)
    if settings.allowed_origins:  # outermost: a browser asks whether it may ask before it sends the key
        app.add_middleware(
            CORSMiddleware, allow_origins=settings.allowed_origins, allow_methods=["*"], allow_headers=["*"], expose_headers=_TOLD_PAGES
        )
    app.state.engine = engine
    errors.install(app)
    app.add_api_route("/v1/responses", web.respond, methods=["POST"], openapi_extra=described(ResponsesRequest))
    app.add_api_route("/v1/responses/{id}", web.response, methods=["GET"])
    app.add_api_route("/v1/responses/{id}", web.forget, methods=["DELETE"])
    app.add_api_route("/v1/chat/completions", web.complete, methods=["POST"], openapi_extra=described(ChatRequest))
    app.add_api_route("/v1/embeddings", web.embed, methods=["POST"], openapi_extra=described(EmbeddingsRequest))
    if ledger is not None:
        JobsWeb(ledger, serving, settings, stores).install(app)
        FeedbackWeb(ledger, serving, settings, engine, web).install(app)
    if ledger is not None and stores is not None and ingestion is not None:
        stores_web = VectorStoresWeb(stores, ledger, serving, settings, engine, ingestion)
        stores_web.install(app)
        SnapshotsWeb(Snapshots(stores.record), stores_web.known, settings.max_body_bytes).install(app)
    if workspace is not None:
        ConnectionsWeb(workspace).install(app)
        OneStepWeb(serving, settings, engine).install(app)
    app.add_api_route("/v1/models", web.models, methods=["GET"])
    app.add_api_route("/v1/models/{name:path}", web.model, methods=["GET"])
    app.add_api_route("/v1/answers/{id}/trace", web.trace, methods=["GET"])
    app.add_api_route("/v1/answers/{id}/verify", web.verify, methods=["POST"])
    app.add_api_route("/metrics", web.numbers, methods=["GET"])
    app.add_api_route("/health/live", web.live, methods=["GET"])
    app.add_api_route("/health/ready", web.ready, methods=["GET"])
    describe(app)
    return app


class _Web:
    """The endpoints. Each reads, asks the engine and shapes; what an answer is is decided below."""

    def __init__(self, serving: Serving, settings: Settings, engine: Engine, metrics: Metrics, stores: Stores | None) -> None:
        self.serving, self.settings, self.engine, self.metrics, self.started = serving, settings, engine, metrics, int(time.time())
        self.workspace, self.stores = serving.base.workspace, stores
        self.traces, self.responses = _Latest(_TRACE_BYTES), _Latest(_RESPONSE_BYTES)

    async def respond(self, request: Request) -> Response:
        asked = read_request(ResponsesRequest, await self._body(request))
        check_messages(asked.input, "input")
        search = None
        if any(map(is_file_search, asked.tools or ())):
            search = await asyncio.to_thread(read_file_search, asked, self.stores, self.settings.passages or 1)
        id, name, future = await self._submit(asked, self._conversation(asked), "input", search)
        begun = schemas.response_begun(id, asked, name)

        def finished(answer: Answer) -> dict[str, Any]:
            response = schemas.response(self._told(answer, asked), begun, RESULTS in (asked.include or ()))
            self.responses.put(id, json.dumps(response, ensure_ascii=False).encode("utf-8", "replace"))
            return response

        if asked.stream:
            return _stream(streaming.response_events(begun, future, finished))
        return JSONResponse(finished(await result_of(future, request)))

    async def response(self, id: str) -> Response:
        """As it was given."""
        return Response(_of(self.responses, id, "response"), media_type="application/json")

    async def forget(self, id: str) -> dict[str, Any]:
        """The response, and the trace of its answer."""
        _of(self.responses, id, "response")
        for latest in (self.responses, self.traces):
            latest.drop(_bare(id))
        return {"id": f"resp_{_bare(id)}", "object": "response", "deleted": True}

    async def complete(self, request: Request) -> Response:
        asked = read_request(ChatRequest, await self._body(request))
        check_messages(asked.messages, "messages")
        id, name, future = await self._submit(asked, asked.messages, "messages")

        def finished(answer: Answer) -> dict[str, Any]:
            return schemas.completion(self._told(answer, asked), name)

        if asked.stream:
            usage = bool(asked.stream_options and asked.stream_options.include_usage)
            return _stream(streaming.chat_chunks(schemas.chunk_begun(id, name), future, finished, usage))
        return JSONResponse(finished(await result_of(future, request)))

    async def embed(self, request: Request) -> Response:
        asked = read_request(EmbeddingsRequest, await self._body(request))
        serving = self.serving.embedder
        if serving is None or asked.model not in (None, EMBEDDER, serving[0]):
            have = f"; {serving[0]} embeds" if serving else ""
            raise NotFound(f"There is no embedder here of the name {asked.model!r}{have}.", "model_not_found", "model")
        (name, embedder), texts = serving, texts_of(asked, _MOST_TEXTS)
        if asked.dimensions not in (None, embedder.dimension):
            raise InvalidRequest(f"Vectors have {embedder.dimension} dimensions here.", "dimensions", "unsupported_parameter")

        def work() -> dict[str, Any]:  # not on the event loop: counting the tokens of a large body takes a while, too
            tokens = sum(map(self.serving.base.count_tokens, texts))
            self.metrics.tokens(tokens)
            return schemas.embeddings(embedder.embed(texts, asked.input_type), asked.encoding_format, name, tokens)

        return JSONResponse(await result_of(self.engine.run(work), request))

    async def models(self) -> dict[str, Any]:
        return {"object": "list", "data": await asyncio.to_thread(self._cards)}

    async def model(self, name: str) -> dict[str, Any]:
        cards = await asyncio.to_thread(self._cards)
        wanted = self.serving.current[0] if name == ALIAS else name
        for card in cards:
            if card["id"] == wanted:
                return card
        have = ", ".join(repr(card["id"]) for card in cards)
        raise NotFound(f"There is no such model here as {name[:100]!r}; have {have}.", "model_not_found", "model")

    async def trace(self, id: str) -> Response:
        return Response(self._kept(id), media_type="application/json")

    async def verify(self, id: str, request: Request) -> dict[str, Any]:
        """Runs the trace again over the documents and databases as they are now."""
        trace = json.loads(self._kept(id))
        differences = await result_of(self.engine.run(lambda: self.serving.base.verify(trace)), request)
        return {"id": trace["id"], "object": "answer.verification", "stands": not differences, "differences": differences}

    async def numbers(self) -> Response:
        """What operators watch, for Prometheus."""
        return Response(await asyncio.to_thread(self.metrics.text), media_type=MEDIA_TYPE)  # it reads the record

    async def live(self) -> dict[str, str]:
        return {"status": "ok"}

    async def ready(self) -> Response:
        """Whether questions are taken and the record can be read."""
        if not self.engine.accepting:
            raise Draining("The service is stopping.")
        if self.workspace is not None:
            await asyncio.to_thread(self.workspace.record.sequence)
        name, answering = self.serving.current
        return JSONResponse({"status": "ok", "model": name, "checkpoint": answering.answerer.id})

    def _conversation(self, asked: ResponsesRequest) -> str | list[dict[str, Any]]:
        """The input, behind what led to the response that it goes on from."""
        if asked.previous_response_id is None:
            return asked.input
        try:
            before = function_tools.conversation(json.loads(self._kept(asked.previous_response_id)))
        except NotFound as error:
            raise InvalidRequest(str(error), "previous_response_id", "previous_response_not_found") from None
        return [*before, *([{"role": "user", "content": asked.input}] if isinstance(asked.input, str) else asked.input)]

    async def _submit(
        self, asked: ResponsesRequest | ChatRequest, messages: Any, param: str, search: FileSearch | None = None
    ) -> tuple[str, str, Future[Answer]]:
        """The id of the answer, the name of the model, and the answer to come."""
        own_tools = self.workspace.router.tools if self.workspace is not None else ()
        calling = function_tools.read_calling(asked, messages, own_tools)
        # A version that is named for the first time is loaded, which takes a moment.
        found = self.serving.ready(asked.model)
        name, answering = found if found is not None else await asyncio.to_thread(self.serving.named, asked.model)
        question = question_of(messages, param, self.settings.max_question_characters)
        id = uuid.uuid4().hex
        future = self.engine.submit(answering, question, id, calling, search)
        self.metrics.follow(future)
        return id, name, future

    async def _body(self, request: Request) -> object:
        return await read_json(request, self.settings.max_body_bytes)

    def _kept(self, id: str) -> bytes:
        return _of(self.traces, id, "trace of an answer")

    def question_of(self, id: str) -> str:
        """The question of an answer whose trace is kept. Raises NotFound."""
        return str(json.loads(self._kept(id))["question"])

    def _cards(self) -> list[dict[str, Any]]:
        embedder = self.serving.embedder
        serving = {self.serving.current[0], *([embedder[0]] if embedder else [])}
        cards = [schemas.model_card(self.serving.base_name, self.serving.base.answerer.id, self.started)]
        if self.serving.base_embedder:
            cards.append(schemas.model_card(EMBEDDER, self.serving.base_embedder, self.started))
        for version in self.serving.versions():
            about = {"parent": version.parent, "job": version.job, "part": version.part, **version.about}
            cards.append({**schemas.model_card(version.id, version.checkpoint, version.created), **about})
        for card in cards:
            card["serving"] = card["id"] in serving
        return cards

    def _told(self, answer: Answer, asked: ResponsesRequest | ChatRequest) -> Told:
        """Keeps the trace, and counts the tokens of the question, of the passages that were read and of the answer. A schema counts for
        nothing."""
        self.traces.put(answer.id, json.dumps(answer.trace, ensure_ascii=False).encode("utf-8", "replace"))
        read = [answer.question, *(block.text for block in answer.evidence.blocks if isinstance(block, Passage))]
        count = self.serving.base.count_tokens
        told = Told.of(answer, sum(map(count, read)), asked.most_tokens, count)
        self.metrics.tokens(*told.tokens)
        return told


class _Latest:
    """The latest of their kind, as JSON by the answer's id, up to a number of bytes in all."""

    def __init__(self, limit: int) -> None:
        self._limit, self._size = limit, 0
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, id: str, kept: bytes) -> None:
        with self._lock:
            self._kept[id] = kept
            self._size += len(kept)
            while self._size > self._limit:
                self._size -= len(self._kept.popitem(last=False)[1])

    def get(self, id: str) -> bytes | None:
        with self._lock:
            return self._kept.get(id)

    def drop(self, id: str) -> None:
        with self._lock:
            self._size -= len(self._kept.pop(id, b""))


def _bare(id: str) -> str:
    """An answer's id out of any of the forms in which it is told; "" of what is none."""
    found = _ANSWER_ID.fullmatch(id)
    return found[1] if found else ""


def _of(latest: _Latest, id: str, what: str) -> bytes:
    """What is kept under an answer's id. Raises NotFound."""
    kept = latest.get(_bare(id))
    if kept is None:
        raise NotFound(f"There is no {what} {id[:64]!r}; only the latest are kept.", "answer_not_found", "id")
    return kept


class _Requests:
    """Every response bears `x-request-id`, the caller's own where it sent a plain one; whatever is logged on the way is logged under it.
    Every request is counted, and has a deadline from its arrival on, in seconds, for what is worked on in its name."""

    def __init__(self, app: ASGIApp, metrics: Metrics, deadline: float) -> None:
        self.app, self.metrics, self.deadline = app, metrics, deadline

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        id = given if _REQUEST_ID.fullmatch(given) else f"req_{uuid.uuid4().hex}"
        logs.request_id.set(id)  # not taken back: what the web server still says of this request, in the same task, is under it as well
        patience.set(Patience(self.deadline))
        # What may be got may be asked for its head, by load balancers above all; the web server sends no body then.
        inside = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        started, status = time.perf_counter(), 0

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", id.encode())]
            await send(message)

        try:
            await self.app(inside, receive, named)
        except ClientDisconnect:
            _log.info("the request was given up by its caller")
        except Exception as error:
            _log.exception("the request failed")
            if not status:
                await errors.problem(error).response()(inside, receive, named)
        method, path, milliseconds = scope["method"], scope["path"], round((time.perf_counter() - started) * 1000, 1)
        fields = {"method": method, "path": path, "status": status, "milliseconds": milliseconds}
        _log.info("%s %s %d %.1f ms", method, path, status, milliseconds, extra=fields)
        self.metrics.request(method, _template(inside), status)


def _template(scope: Scope) -> str:
    """Of the route that a request has reached, `/v1/answers/{id}/trace`; "" where it reached none."""
    if (route := scope.get("route")) is None and (endpoint := scope.get("endpoint")) is not None:
        # The routes of the description, /docs and the like, are of a kind that does not tell.
        route = next((route for route in scope["app"].routes if getattr(route, "endpoint", None) is endpoint), None)
    return getattr(route, "path", "")


def _stream(events: AsyncIterator[bytes]) -> StreamingResponse:
    """A proxy that collected events before it passed them on would defeat their purpose."""
    return StreamingResponse(events, media_type="text/event-stream", headers={"cache-control": "no-cache", "x-accel-buffering": "no"})
