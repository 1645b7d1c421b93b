"""Files and fine-tuning jobs over HTTP, in OpenAI's shapes, and what OpenAI has no word for: promotion and rollback.

A file is one of examples or a document, as its purpose says; a document is read once a vector store holds it (`service/vector_stores.py`).

`training_file` may be the word "practice", or empty: the job then makes its own questions from the connected databases and documents. A job
of the embedder always does. The word "corrections" stands for what was said over `/v1/feedback`.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import uuid
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from models.checkpoint import CheckpointError
from retrieval.paging import UnknownCursor
from retrieval.record import OWN_FILE, Document
from retrieval.stores import WORKSPACE, Stores
from service.auth import need
from service.bodies import announced_bytes, check_plain, described, read_json, validated
from service.errors import Conflict, NotFound, TooLarge
from service.jobs.folders import EMBEDDER, file_path, part_of
from service.jobs.ledger import CORRECTIONS, Event, File, Job, Ledger, Over, Part, PARTS, Rivals
from service.pages import listed, no_cursor, read_cursors, read_page
from service.parameters import InvalidRequest, Metadata
from service.serving import Serving, promote, roll_back
from service.settings import Settings
from service.workspace import load_promoted

PRACTICE = "practice"
_PURPOSES = ("fine-tune", "user_data", "assistants")
_CHUNK = 1 << 20


class _Hyperparameters(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    n_epochs: Literal["auto"] | float = Field("auto", description="Times that each example is learned from.")
    batch_size: Literal["auto"] | int = Field("auto", description="Examples of one step.")
    learning_rate_multiplier: Literal["auto"] | float = Field("auto", description="Times the usual rate.")
    n_examples: Literal["auto"] | int = Field("auto", description="Ours: how many questions practice makes.")


_RANGES: dict[str, tuple[float, float]] = {
    "n_epochs": (0, 50), "batch_size": (1, 256), "learning_rate_multiplier": (0, 20), "n_examples": (20, 50_000),
}  # fmt: skip


class _Supervised(BaseModel):
    model_config = ConfigDict(extra="forbid")

    hyperparameters: _Hyperparameters = Field(default_factory=lambda: _Hyperparameters.model_validate({}))


class _Method(BaseModel):
    model_config = ConfigDict(extra="forbid")

    type: Literal["supervised"] = "supervised"
    supervised: _Supervised = Field(default_factory=lambda: _Supervised.model_validate({}))


class JobRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    model: str = Field(description="The model to go on from: one that this service lists.")
    training_file: str = Field("", description='The id of an uploaded file of examples; "corrections"; "practice" or nothing to study.')
    validation_file: str | None = Field(None, description="The id of a file to be examined on; a tenth of the examples without one.")
    suffix: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]{1,40}$", description="A word for the new model's name.")
    seed: int | None = Field(None, ge=0, le=2**31 - 1, description="Of everything random; drawn where there is none.")
    hyperparameters: _Hyperparameters | None = None
    method: _Method | None = None
    metadata: Metadata | None = None


class JobsWeb:
    """The endpoints. The ledger is read in threads, since a database may keep one waiting."""

    def __init__(self, ledger: Ledger, serving: Serving, settings: Settings, stores: Stores | None = None) -> None:
        """`stores` hold files as well; without a workspace there are none."""
        self.ledger, self.serving, self.settings, self.stores = ledger, serving, settings, stores

    def install(self, app: FastAPI) -> None:
        app.add_api_route("/v1/files", self.upload, methods=["POST"])
        app.add_api_route("/v1/files", self.files, methods=["GET"])
        app.add_api_route("/v1/files/{id}", self.file, methods=["GET"])
        app.add_api_route("/v1/files/{id}/content", self.content, methods=["GET"])
        app.add_api_route("/v1/files/{id}", self.drop_file, methods=["DELETE"])
        app.add_api_route("/v1/fine_tuning/jobs", self.submit, methods=["POST"], openapi_extra=described(JobRequest))
        app.add_api_route("/v1/fine_tuning/jobs", self.jobs, methods=["GET"])
        app.add_api_route("/v1/fine_tuning/jobs/{id}", self.job, methods=["GET"])
        app.add_api_route("/v1/fine_tuning/jobs/{id}/events", self.events, methods=["GET"])
        app.add_api_route("/v1/fine_tuning/jobs/{id}/checkpoints", self.checkpoints, methods=["GET"])
        for wish in ("cancel", "pause", "resume"):
            app.add_api_route(f"/v1/fine_tuning/jobs/{{id}}/{wish}", self._wanting(wish), methods=["POST"], name=wish)
        app.add_api_route("/v1/models/{name:path}/promote", self.promote, methods=["POST"])
        app.add_api_route("/v1/serving/rollback", self.roll_back, methods=["POST"])

    # --- Files --------------------------------------------------------------------------------------------------------

    async def upload(self, request: Request) -> Response:
        check_plain(request)
        limit = self.settings.max_upload_bytes
        if announced_bytes(request) > limit + _CHUNK:
            raise TooLarge(f"A file may have at most {limit} bytes.")
        try:
            async with request.form(max_files=1, max_fields=10) as form:
                upload, purpose = form.get("file"), form.get("purpose")
                if not isinstance(upload, UploadFile):
                    raise InvalidRequest("Missing required parameter: 'file'.", "file", "missing_required_parameter")
                for name in form:
                    if name not in ("file", "purpose"):
                        raise InvalidRequest(f"Unknown parameter: {name[:100]!r}.", name[:100], "unknown_parameter")
                if purpose not in _PURPOSES:
                    raise InvalidRequest(f"'purpose' must be one of {', '.join(_PURPOSES)}.", "purpose", "invalid_value")
                stored = await self._store(upload, str(purpose), limit)
        except (MultiPartException, HTTPException) as error:
            detail = error.message if isinstance(error, MultiPartException) else str(error.detail)
            raise InvalidRequest(f"The body is not a form with a file: {detail}", "file", "invalid_form") from None
        return JSONResponse(_file(stored))

    async def _store(self, upload: UploadFile, purpose: str, limit: int) -> File:
        """On disk first, then in the ledger: what is listed is there."""
        id, digest, size = f"file-{uuid.uuid4().hex[:24]}", hashlib.sha256(), 0
        path = file_path(self.settings, id)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        try:
            with partial.open("wb") as file:
                while chunk := await upload.read(_CHUNK):
                    size += len(chunk)
                    if size > limit:
                        raise TooLarge(f"A file may have at most {limit} bytes.")
                    digest.update(chunk)
                    await asyncio.to_thread(file.write, chunk)
            if size == 0:
                raise InvalidRequest("The file is empty.", "file", "empty_file")
            partial.rename(path)
        finally:
            partial.unlink(missing_ok=True)
        name = (upload.filename or "file")[:1000]
        return await asyncio.to_thread(self.ledger.add_file, id, name, purpose, size, digest.hexdigest())

    async def files(self, request: Request) -> dict[str, Any]:
        page, purpose = read_cursors(request, 10_000, "purpose"), request.query_params.get("purpose")
        try:
            found, more = await asyncio.to_thread(self.ledger.files, page, purpose)
        except UnknownCursor as error:
            raise no_cursor(error, "file") from None
        return listed([_file(file) for file in found], more)

    async def file(self, id: str) -> dict[str, Any]:
        """One that was uploaded, or one of the workspace's own documents, which are not listed here."""
        own = await self._own_document(id)
        return _own_file(own) if own is not None else _file(await self._known_file(id, "id"))

    async def content(self, id: str) -> Response:
        own = await self._own_document(id)
        if own is not None:
            return Response(own.text.encode("utf-8", "replace"), media_type="application/octet-stream")
        file = await self._known_file(id, "id")
        return FileResponse(self._path_of(file), media_type="application/octet-stream", filename=file.name)

    async def drop_file(self, id: str, request: Request) -> dict[str, Any]:
        """Takes it from the vector stores that hold it as well, first: what is not listed answers no question."""
        file = await self._known_file(id, "id")
        if self.stores is not None and await asyncio.to_thread(self.stores.holds, file.id):
            need(request, "manage")
            await asyncio.to_thread(self.stores.forget, file.id)
        await asyncio.to_thread(self.ledger.drop_file, file.id)
        self._path_of(file).unlink(missing_ok=True)
        return {"id": file.id, "object": "file", "deleted": True}

    async def _known_file(self, id: str, param: str) -> File:
        found = await asyncio.to_thread(self.ledger.file, id[:60])
        if found is None:
            raise NotFound(f"There is no file {id[:60]!r}.", "file_not_found", param)
        return found

    async def _own_document(self, id: str) -> Document | None:
        if self.stores is None or not id.startswith(OWN_FILE):
            return None
        held = await asyncio.to_thread(self.stores.file, WORKSPACE, id)
        return await asyncio.to_thread(self.stores.record.document, held.filename) if held is not None else None

    def _path_of(self, file: File) -> Path:
        return file_path(self.settings, file.id)

    # --- Jobs ---------------------------------------------------------------------------------------------------------

    async def submit(self, request: Request) -> dict[str, Any]:
        asked = _read(await read_json(request, self.settings.max_body_bytes))
        if asked.hyperparameters and asked.method:
            raise InvalidRequest("Hyperparameters stand in 'method' or at the top, not in both.", "hyperparameters", "invalid_value")
        hyper = asked.hyperparameters or (asked.method or _Method.model_validate({})).supervised.hyperparameters
        given = {name: value for name, value in hyper.model_dump().items() if value != "auto"}
        for name, value in given.items():
            low, high = _RANGES[name]
            if not low < value <= high and not (value == low >= 1):
                raise InvalidRequest(f"{name!r} must lie between {low:g} and {high:g}, not {value:g}.", name, "invalid_hyperparameter")
        model, part = await asyncio.to_thread(self.serving.learner, asked.model)
        if part == "embedder" and asked.training_file not in ("", PRACTICE):
            raise InvalidRequest("The embedder learns from the indexed documents alone: 'practice'.", "training_file", "invalid_value")
        training = await self._learned_from(asked.training_file)
        validation = (await self._known_file(asked.validation_file, "validation_file")).id if asked.validation_file else None
        if validation and training in ("", CORRECTIONS):
            raise InvalidRequest("Practice and corrections are examined on questions of their own.", "validation_file", "invalid_value")
        wanted = {
            "model": model, "training_file": training, "validation_file": validation, "suffix": asked.suffix or "",
            "seed": random.randrange(2**31) if asked.seed is None else asked.seed, "hyperparameters": given, "metadata": asked.metadata,
        }  # fmt: skip
        try:
            job = await asyncio.to_thread(self.ledger.submit, wanted)
        except Rivals as rivals:
            raise Conflict(str(rivals), "job_exists", "model") from None
        waiting = await asyncio.to_thread(self.ledger.waiting_before, job)
        behind = f"; {waiting} before it" if waiting else ""
        await asyncio.to_thread(self.ledger.say, job.id, Event(f"The job waits for a worker{behind}."))
        return _job(job)

    async def _learned_from(self, given: str) -> str:
        """The id of a file, "" for practice, or CORRECTIONS. Raises NotFound, and InvalidRequest where there are no corrections."""
        if given in ("", PRACTICE):
            return ""
        if given != CORRECTIONS:
            return (await self._known_file(given, "training_file")).id
        if not await asyncio.to_thread(self.ledger.to_learn):
            raise InvalidRequest("There are no corrections to learn from; POST /v1/feedback takes them.", "training_file", "no_corrections")
        return CORRECTIONS

    async def jobs(self, request: Request) -> dict[str, Any]:
        limit, after = read_page(request, 100)
        try:
            found, more = await asyncio.to_thread(self.ledger.jobs, limit, after)
        except UnknownCursor:
            raise NotFound(f"There is no job {after!r}.", "job_not_found", "after") from None
        return listed([_job(job) for job in found], more)

    async def job(self, id: str) -> dict[str, Any]:
        return _job(await self._known_job(id))

    async def events(self, id: str, request: Request) -> dict[str, Any]:
        limit, after = read_page(request, 1000)
        job = await self._known_job(id)
        try:
            found, more = await asyncio.to_thread(self.ledger.events, job.id, limit, after)
        except KeyError:
            raise NotFound(f"There is no event {after!r}.", "event_not_found", "after") from None
        return listed([_event(event) for event in found], more)

    async def checkpoints(self, id: str, request: Request) -> dict[str, Any]:
        """The one checkpoint that a finished job leaves."""
        read_page(request, 100)
        job = await self._known_job(id)
        made = job.outcome.get("fine_tuned_model")
        if made is None:
            return listed([], False)
        events, _ = await asyncio.to_thread(self.ledger.events, job.id, 1000)
        metrics = next((event.data for event in events if event.kind == "metrics"), {})
        names = ("train_loss", "train_mean_token_accuracy", "valid_loss", "valid_mean_token_accuracy")
        card = {
            "id": f"ftckpt-{job.id.removeprefix('ftjob-')}",
            "object": "fine_tuning.job.checkpoint",
            "created_at": job.finished or job.created,
            "fine_tuning_job_id": job.id,
            "fine_tuned_model_checkpoint": made,
            "step_number": job.outcome.get("steps", 0),
            "metrics": {"step": job.outcome.get("step", 0)} | {name: metrics[name] for name in names if name in metrics},
        }
        return listed([card], False)

    def _wanting(self, wish: Literal["cancel", "pause", "resume"]) -> Any:
        async def endpoint(id: str) -> dict[str, Any]:
            job = await self._known_job(id)
            try:
                return _job(await asyncio.to_thread(self.ledger.want, job.id, wish))
            except Over as over:
                raise Conflict(f"The job {job.id} has ended already: it is {over}.", "job_over", "id") from None

        return endpoint

    async def _known_job(self, id: str) -> Job:
        found = await asyncio.to_thread(self.ledger.job, id[:60])
        if found is None:
            raise NotFound(f"There is no job {id[:60]!r}.", "job_not_found", "id")
        return found

    # --- Versions -----------------------------------------------------------------------------------------------------

    async def promote(self, name: str) -> dict[str, Any]:
        if await asyncio.to_thread(part_of, name, self.ledger) == "embedder":
            try:
                await asyncio.to_thread(load_promoted, name, self.ledger, self.settings)
            except CheckpointError as error:
                raise Conflict(str(error), "model_unusable", "model") from None
        try:
            part = await asyncio.to_thread(promote, self.ledger, name, self.serving.base_name, "promoted by hand")
        except KeyError:
            raise NotFound(f"There is no such model here as {name[:100]!r}.", "model_not_found", "model") from None
        return await self._now_serving(part)

    async def roll_back(self, request: Request) -> dict[str, Any]:
        named = request.query_params.get("part", "answerer")
        part = next((part for part in PARTS if part == named), None)
        if part is None:
            raise InvalidRequest(f"'part' must be one of {', '.join(PARTS)}.", "part", "invalid_value")
        await asyncio.to_thread(roll_back, self.ledger, "rolled back by hand", part)
        return await self._now_serving(part)

    async def _now_serving(self, part: Part) -> dict[str, Any]:
        """What serves. An embedder embeds every passage before it does, so the one before it may still be there."""
        if part == "embedder":
            serving, coming = self.serving.embedder, (await asyncio.to_thread(self.ledger.serving, part))[1] or EMBEDDER
            return {"object": "serving", "part": part, "model": serving[0] if serving else None, "promoted": coming}
        await asyncio.to_thread(self.serving.look)
        return {"object": "serving", "part": part, "model": self.serving.current[0], "promoted": self.serving.current[0]}


def _read(body: object) -> JobRequest:
    """Raises InvalidRequest, naming the parameter."""
    return validated(JobRequest, body, dict.fromkeys(_RANGES, "invalid_hyperparameter"))


def _file(file: File) -> dict[str, Any]:
    return {
        "id": file.id, "object": "file", "bytes": file.bytes, "created_at": file.created, "filename": file.name, "purpose": file.purpose,
        "status": "processed", "sha256": file.sha256,
    }  # fmt: skip


def _own_file(document: Document) -> dict[str, Any]:
    return {
        "id": document.file_id, "object": "file", "bytes": len(document.text.encode("utf-8", "replace")),
        "created_at": int(datetime.fromisoformat(document.created_at).timestamp()), "filename": document.name, "purpose": "assistants",
        "status": "processed" if document.status == "ready" else "error", "status_details": document.error or None,
        "sha256": document.sha256,
    }  # fmt: skip


def _event(event: Event) -> dict[str, Any]:
    return {
        "id": event.id, "object": "fine_tuning.job.event", "created_at": event.created, "level": event.level, "message": event.message,
        "type": event.kind, "data": dict(event.data),
    }  # fmt: skip


def _job(job: Job) -> dict[str, Any]:
    asked, outcome = job.request, job.outcome
    hyper: Mapping[str, Any] = {name: asked["hyperparameters"].get(name, "auto") for name in _RANGES}
    return {
        "id": job.id,
        "object": "fine_tuning.job",
        "created_at": job.created,
        "finished_at": job.finished,
        "estimated_finish": outcome.get("estimated_finish") if job.status == "running" else None,
        "model": asked["model"],
        "fine_tuned_model": outcome.get("fine_tuned_model"),
        "organization_id": "reckoner",
        "result_files": [],
        "status": job.status,
        "seed": asked["seed"],
        "training_file": asked["training_file"] or PRACTICE,
        "validation_file": asked["validation_file"],
        "trained_tokens": None,
        "hyperparameters": hyper,
        "method": {"type": "supervised", "supervised": {"hyperparameters": hyper}},
        "integrations": [],
        "error": outcome.get("error"),
        "metadata": asked["metadata"],
        "reckoner": {
            "step": outcome.get("step", 0),
            "steps": outcome.get("steps"),
            "promoted": outcome.get("promoted"),
            "wish": job.wish or None,
        },
    }
