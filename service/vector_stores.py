"""Vector stores over HTTP, in OpenAI's shapes: stores, their files and batches of files, and search in them.

The workspace's own documents are the store `vs_workspace`, which is read like any other and written to by nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI, Request

from retrieval.paging import UnknownCursor
from retrieval.record import Document
from retrieval.stores import STATUSES, WORKSPACE, Batch, Given, Store, StoreFile, Stores, Usage
from service.bodies import described, read_json, validated
from service.engine import Engine
from service.errors import Conflict, NotFound
from service.file_search import by_score, result
from service.ingestion import Ingestion
from service.jobs.ledger import Ledger
from service.pages import listed, no_cursor, read_cursors
from service.parameters import InvalidRequest, question_of
from service.serving import Serving
from service.settings import Settings
from service.store_requests import (
    AddFile, AddFiles, CreateStore, SearchStore, UpdateFile, UpdateStore,
    check_searchable, plain, queries_of, read_status, search_of,
)  # fmt: skip
from service.waiting import result_of

_MOST_PAGE = 100
_RESULTS = 10  # of a search that does not say how many
_STORE, _FILE = "/v1/vector_stores/{id}", "/v1/vector_stores/{id}/files/{file}"
_BATCH = "/v1/vector_stores/{id}/file_batches/{batch}"


class VectorStoresWeb:
    """The endpoints. The record is read in threads, since a database may keep one waiting."""

    def __init__(self, stores: Stores, ledger: Ledger, serving: Serving, settings: Settings, engine: Engine, ingestion: Ingestion) -> None:
        self.stores, self.ledger, self.serving, self.settings, self.engine = stores, ledger, serving, settings, engine
        self.ingestion = ingestion

    def install(self, app: FastAPI) -> None:
        app.add_api_route("/v1/vector_stores", self.create, methods=["POST"], openapi_extra=described(CreateStore))
        app.add_api_route("/v1/vector_stores", self.all, methods=["GET"])
        app.add_api_route(_STORE, self.one, methods=["GET"])
        app.add_api_route(_STORE, self.update, methods=["POST"], openapi_extra=described(UpdateStore))
        app.add_api_route(_STORE, self.drop, methods=["DELETE"])
        app.add_api_route(f"{_STORE}/search", self.search, methods=["POST"], openapi_extra=described(SearchStore))
        app.add_api_route(f"{_STORE}/files", self.add_file, methods=["POST"], openapi_extra=described(AddFile))
        app.add_api_route(f"{_STORE}/files", self.files, methods=["GET"])
        app.add_api_route(_FILE, self.file, methods=["GET"])
        app.add_api_route(_FILE, self.update_file, methods=["POST"], openapi_extra=described(UpdateFile))
        app.add_api_route(_FILE, self.drop_file, methods=["DELETE"])
        app.add_api_route(f"{_FILE}/content", self.content, methods=["GET"])
        app.add_api_route(f"{_STORE}/file_batches", self.add_batch, methods=["POST"], openapi_extra=described(AddFiles))
        app.add_api_route(_BATCH, self.batch, methods=["GET"])
        app.add_api_route(f"{_BATCH}/cancel", self.cancel, methods=["POST"])
        app.add_api_route(f"{_BATCH}/files", self.batch_files, methods=["GET"])

    # --- Stores -------------------------------------------------------------------------------------------------------

    async def create(self, request: Request) -> dict[str, Any]:
        asked = validated(CreateStore, await read_json(request, self.settings.max_body_bytes))
        files = await self._given(((id, None) for id in asked.file_ids or ()), "file_ids")
        days = asked.expires_after.days if asked.expires_after else None
        store = await asyncio.to_thread(
            self.stores.create, asked.name or "", files, metadata=asked.metadata, days=days, description=asked.description or ""
        )
        self.ingestion.wake()
        return (await self._shown([store]))[0]

    async def all(self, request: Request) -> dict[str, Any]:
        try:
            found, more = await asyncio.to_thread(self.stores.stores, read_cursors(request, _MOST_PAGE))
        except UnknownCursor as error:
            raise no_cursor(error, "vector store") from None
        return listed(await self._shown(found), more)

    async def one(self, id: str) -> dict[str, Any]:
        return (await self._shown([await self.known(id)]))[0]

    async def update(self, id: str, request: Request) -> dict[str, Any]:
        asked = validated(UpdateStore, await read_json(request, self.settings.max_body_bytes))
        await self._writable(id)
        changes: dict[str, Any] = {}
        if asked.name is not None:
            changes["name"] = asked.name
        if "metadata" in asked.model_fields_set:
            changes["metadata"] = asked.metadata
        if "expires_after" in asked.model_fields_set:
            changes["days"] = asked.expires_after.days if asked.expires_after else None
        store = await asyncio.to_thread(lambda: self.stores.update(id, **changes))
        return (await self._shown([store or await self.known(id)]))[0]

    async def drop(self, id: str) -> dict[str, Any]:
        await self._writable(id)
        await asyncio.to_thread(self.stores.drop, id)
        return {"id": id, "object": "vector_store.deleted", "deleted": True}

    async def search(self, id: str, request: Request) -> dict[str, Any]:
        asked = validated(SearchStore, await read_json(request, self.settings.max_body_bytes))
        await self.known(id)
        queries = [question_of(query, "query", self.settings.max_question_characters) for query in queries_of(asked)]
        search = search_of(asked, self.stores, [id], _RESULTS)
        workspace = self.serving.base.workspace
        assert workspace is not None  # or there would be no stores

        def work() -> list[dict[str, Any]]:
            check_searchable(self.stores, id, "vector_store_id")
            found = [one for query in queries for one in search.find(query, workspace.searcher)]
            return [result(one) for one in by_score(found, search.most)]

        data = await result_of(self.engine.run(work), request)
        for shown in data:
            shown["content"] = [{"type": "text", "text": shown.pop("text")}]
        page = {"object": "vector_store.search_results.page", "search_query": queries, "has_more": False, "next_page": None}
        return {**page, "data": data}

    # --- Files of a store ---------------------------------------------------------------------------------------------

    async def add_file(self, id: str, request: Request) -> dict[str, Any]:
        asked = validated(AddFile, await read_json(request, self.settings.max_body_bytes))
        await self._writable(id)
        (given,) = await self._given([(asked.file_id, asked.attributes)], "file_id")
        file = await asyncio.to_thread(self.stores.attach, id, given)
        self.ingestion.wake()
        return _file(file)

    async def files(self, id: str, request: Request) -> dict[str, Any]:
        return await self._listed(id, request)

    async def file(self, id: str, file: str) -> dict[str, Any]:
        return _file(await self._held(id, file))

    async def update_file(self, id: str, file: str, request: Request) -> dict[str, Any]:
        asked = validated(UpdateFile, await read_json(request, self.settings.max_body_bytes))
        await self._writable(id)
        held = await self._held_in(id, file)
        changed = await asyncio.to_thread(self.stores.set_attributes, id, held.file, asked.attributes or {})
        return _file(changed or await self._held(id, file))

    async def drop_file(self, id: str, file: str) -> dict[str, Any]:
        """From the store; what was uploaded stays among the files."""
        await self._writable(id)
        held = await self._held_in(id, file)
        await asyncio.to_thread(self.stores.detach, id, held.file)
        return {"id": held.file, "object": "vector_store.file.deleted", "deleted": True}

    async def content(self, id: str, file: str) -> dict[str, Any]:
        """The text that passages and quotes are cut from."""
        held = await self._held(id, file)
        name = held.filename if id == WORKSPACE else held.file
        document: Document | None = None
        if held.status == "completed":
            document = await asyncio.to_thread(self.stores.record.document, name)
        data = [] if document is None else [{"type": "text", "text": document.text}]
        about = {"file_id": held.file, "filename": held.filename, "attributes": held.attributes}
        return {"object": "vector_store.file_content.page", "data": data, "has_more": False, "next_page": None, **about}

    # --- Batches ------------------------------------------------------------------------------------------------------

    async def add_batch(self, id: str, request: Request) -> dict[str, Any]:
        asked = validated(AddFiles, await read_json(request, self.settings.max_body_bytes))
        if (asked.file_ids is None) == (asked.files is None):
            raise InvalidRequest("There must be one of 'file_ids' and 'files'.", "file_ids", "invalid_value")
        await self._writable(id)
        if asked.files is not None:
            given = await self._given(((file.file_id, file.attributes) for file in asked.files), "files")
        else:
            given = await self._given(((file, asked.attributes) for file in asked.file_ids or ()), "file_ids")
        batch = await asyncio.to_thread(self.stores.attach_all, id, given)
        self.ingestion.wake()
        return await self.batch(id, batch.id)

    async def batch(self, id: str, batch: str) -> dict[str, Any]:
        return _batch(*await self._known_batch(id, batch))

    async def cancel(self, id: str, batch: str) -> dict[str, Any]:
        """What is not read yet will not be; what is read stays."""
        await self._known_batch(id, batch)
        await asyncio.to_thread(self.stores.cancel, id, batch)
        return await self.batch(id, batch)

    async def batch_files(self, id: str, batch: str, request: Request) -> dict[str, Any]:
        await self._known_batch(id, batch)
        return await self._listed(id, request, batch)

    # --- What all of them need ----------------------------------------------------------------------------------------

    async def known(self, id: str) -> Store:
        """Raises NotFound."""
        store = await asyncio.to_thread(self.stores.store, id) if plain(id) else None
        if store is None:
            raise NotFound(f"There is no vector store {id[:60]!r}.", "vector_store_not_found", "vector_store_id")
        return store

    async def _writable(self, id: str) -> Store:
        store = await self.known(id)
        if id == WORKSPACE:
            message = "The workspace's own documents are indexed by `reckoner index`; this store cannot be written to."
            raise Conflict(message, "read_only", "vector_store_id")
        return store

    async def _held(self, id: str, file: str) -> StoreFile:
        await self.known(id)
        return await self._held_in(id, file)

    async def _held_in(self, id: str, file: str) -> StoreFile:
        """Of a store that is known to be there."""
        held = await asyncio.to_thread(self.stores.file, id, file) if plain(file) else None
        if held is None:
            raise NotFound(f"There is no file {file[:60]!r} in this vector store.", "file_not_found", "file_id")
        return held

    async def _known_batch(self, id: str, batch: str) -> tuple[Batch, Usage]:
        await self.known(id)
        found = await asyncio.to_thread(self.stores.batch, id, batch) if plain(batch) else None
        if found is None:
            raise NotFound(f"There is no batch of files {batch[:60]!r} in this vector store.", "batch_not_found", "batch_id")
        return found

    async def _given(self, files: Iterable[tuple[str, Mapping[str, Any] | None]], param: str) -> list[Given]:
        """Uploaded files by their ids, with attributes. Raises NotFound."""

        def look() -> list[Given]:
            found = []
            for id, attributes in files:
                file = self.ledger.file(id) if plain(id) else None
                if file is None:
                    raise NotFound(f"There is no file {id[:60]!r}.", "file_not_found", param)
                found.append(Given(file.id, file.name, attributes or {}))
            return found

        return await asyncio.to_thread(look)

    async def _listed(self, id: str, request: Request, batch: str | None = None) -> dict[str, Any]:
        page, status = read_cursors(request, _MOST_PAGE, "filter"), read_status(request)
        await self.known(id)
        try:
            found, more = await asyncio.to_thread(self.stores.files, id, page, status, batch)
        except UnknownCursor as error:
            raise no_cursor(error, "file") from None
        return listed([_file(file) for file in found], more)

    async def _shown(self, stores: list[Store]) -> list[dict[str, Any]]:
        usage = await asyncio.to_thread(self.stores.usage, [store.id for store in stores])
        return [_store(store, usage[store.id]) for store in stores]


def _counts(usage: Usage) -> dict[str, int]:
    return {**{status: usage.files[status] for status in STATUSES}, "total": sum(usage.files.values())}


def _store(store: Store, usage: Usage) -> dict[str, Any]:
    status = "expired" if store.expired else "in_progress" if usage.files["in_progress"] else "completed"
    return {
        "id": store.id, "object": "vector_store", "created_at": store.created, "name": store.name, "description": store.description,
        "status": status, "file_counts": _counts(usage), "usage_bytes": usage.bytes, "last_active_at": store.active,
        "expires_after": None if store.days is None else {"anchor": "last_active_at", "days": store.days},
        "expires_at": store.expires, "metadata": store.metadata,
    }  # fmt: skip


def _file(file: StoreFile) -> dict[str, Any]:
    return {
        "id": file.file, "object": "vector_store.file", "created_at": file.created, "vector_store_id": file.store, "status": file.status,
        "last_error": {"code": file.code, "message": file.error} if file.status == "failed" else None, "usage_bytes": file.bytes,
        "attributes": file.attributes, "chunking_strategy": {"type": "other"}, "filename": file.filename,
    }  # fmt: skip


def _batch(batch: Batch, usage: Usage) -> dict[str, Any]:
    status = "cancelled" if batch.cancelled else "in_progress" if usage.files["in_progress"] else "completed"
    return {
        "id": batch.id, "object": "vector_store.files_batch", "created_at": batch.created, "vector_store_id": batch.store,
        "status": status, "file_counts": _counts(usage),
    }  # fmt: skip
