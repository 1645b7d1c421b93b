"""Snapshots of vector stores over HTTP: taken, listed, gone back to, deleted. The workspace's own documents, the store `vs_workspace`, have
them as well, though nothing else is written to it here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request

from retrieval.paging import UnknownCursor
from retrieval.snapshots import Snapshot, Snapshots, UnknownSnapshot
from retrieval.stores import Store
from service.bodies import described, read_json, validated
from service.errors import NotFound
from service.pages import listed, no_cursor, read_cursors
from service.store_requests import CreateSnapshot, plain

_MOST_PAGE = 100
_ALL, _ONE = "/v1/vector_stores/{id}/snapshots", "/v1/vector_stores/{id}/snapshots/{snapshot}"


class SnapshotsWeb:
    """The endpoints. The record is read in threads, since a database may keep one waiting."""

    def __init__(self, snapshots: Snapshots, known: Callable[[str], Awaitable[Store]], most_bytes: int) -> None:
        """`known` raises NotFound where there is no such store; `most_bytes` of a request's body are read."""
        self.snapshots, self.known, self.most_bytes = snapshots, known, most_bytes

    def install(self, app: FastAPI) -> None:
        app.add_api_route(_ALL, self.create, methods=["POST"], openapi_extra=described(CreateSnapshot))
        app.add_api_route(_ALL, self.all, methods=["GET"])
        app.add_api_route(_ONE, self.one, methods=["GET"])
        app.add_api_route(f"{_ONE}/rollback", self.roll_back, methods=["POST"])
        app.add_api_route(_ONE, self.drop, methods=["DELETE"])

    async def create(self, id: str, request: Request) -> dict[str, Any]:
        asked = validated(CreateSnapshot, await read_json(request, self.most_bytes))
        await self.known(id)
        return shown(await asyncio.to_thread(self.snapshots.create, id, asked.name or ""))

    async def all(self, id: str, request: Request) -> dict[str, Any]:
        page = read_cursors(request, _MOST_PAGE)
        await self.known(id)
        try:
            found, more = await asyncio.to_thread(self.snapshots.all, id, page)
        except UnknownCursor as error:
            raise no_cursor(error, "snapshot") from None
        return listed([shown(one) for one in found], more)

    async def one(self, id: str, snapshot: str) -> dict[str, Any]:
        await self.known(id)
        found = await asyncio.to_thread(self.snapshots.one, id, snapshot) if plain(snapshot) else None
        if found is None:
            raise _unknown(snapshot)
        return shown(found)

    async def roll_back(self, id: str, snapshot: str) -> dict[str, Any]:
        """The store holds what it held then; `undo` is a snapshot of what it held until now."""
        await self.one(id, snapshot)
        try:
            back = await asyncio.to_thread(self.snapshots.roll_back, id, snapshot)
        except UnknownSnapshot:  # deleted meanwhile
            raise _unknown(snapshot) from None
        counts = {"restored": back.restored, "removed": back.removed}
        return {"id": snapshot, "object": "vector_store.rollback", "vector_store_id": id, **counts, "undo": shown(back.undo)}

    async def drop(self, id: str, snapshot: str) -> dict[str, Any]:
        """With what is kept for it alone."""
        await self.one(id, snapshot)
        await asyncio.to_thread(self.snapshots.delete, id, snapshot)
        return {"id": snapshot, "object": "vector_store.snapshot.deleted", "deleted": True}


def shown(snapshot: Snapshot) -> dict[str, Any]:
    """`documents` counts what it names, `kept_documents` what of that stands in snapshots alone."""
    return {
        "id": snapshot.id, "object": "vector_store.snapshot", "created_at": snapshot.created, "vector_store_id": snapshot.store,
        "name": snapshot.name, "documents": snapshot.documents, "kept_documents": snapshot.kept,
    }  # fmt: skip


def _unknown(snapshot: str) -> NotFound:
    return NotFound(f"There is no snapshot {snapshot[:60]!r} of this vector store.", "snapshot_not_found", "snapshot")
