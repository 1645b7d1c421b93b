"""What the service is connected to, as the model sees it: databases with their schema, and the tools of the operator's descriptions."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import FastAPI

from service.errors import NotFound
from service.workspace import Workspace
from tools.database import Database
from tools.errors import ToolError
from tools.openapi import Operation


_ENGINES = {"sqlite": "sqlite", "postgres": "postgresql"}


class ConnectionsWeb:
    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def install(self, app: FastAPI) -> None:
        app.add_api_route("/v1/databases", self.databases, methods=["GET"])
        app.add_api_route("/v1/databases/{name}/schema", self.schema, methods=["GET"])
        app.add_api_route("/v1/tools", self.tools, methods=["GET"])

    async def databases(self) -> dict[str, Any]:
        """The databases that may be asked, and whether they answer just now. Only the operator's settings connect one."""
        databases = self.workspace.databases.values()
        return {"object": "list", "data": await asyncio.gather(*(asyncio.to_thread(_database, database) for database in databases))}

    async def schema(self, name: str) -> dict[str, Any]:
        """Tables, columns and keys of a database, all of them; for a question the model is shown those that it may mean."""
        database = self.workspace.databases.get(name)
        if database is None:
            have = ", ".join(map(repr, self.workspace.databases)) or "none"
            raise NotFound(f"There is no database {name[:100]!r} here; have {have}.", "database_not_found", "name")
        return await asyncio.to_thread(_schema, database)

    async def tools(self) -> dict[str, Any]:
        """The service's own tools. A question is shown those that share most words with it."""
        return {"object": "list", "data": [_tool(tool) for tool in self.workspace.router.tools.values() if isinstance(tool, Operation)]}


def _database(database: Database) -> dict[str, Any]:
    said: dict[str, Any] = {"id": database.name, "object": "database", "engine": _ENGINES[database.dialect]}
    try:
        database.check()
    except ToolError as error:
        return {**said, "status": "unavailable", "reason": str(error)}
    return {**said, "status": "available"}


def _schema(database: Database) -> dict[str, Any]:
    database.check()
    schema, declared = database.schema, database.declares_keys
    return {
        "object": "database.schema",
        "database": schema.database,
        "tables": [
            {"name": table.name, "columns": [{"name": c.name, "type": c.type, "key": c.key or None} for c in table.columns]}
            for table in schema.tables
        ],
        "foreign_keys": [
            {
                "table": key.table, "column": key.column, "other_table": key.other_table, "other_column": key.other_column,
                "implied": not declared,
            }
            for key in schema.foreign_keys
        ],
    }  # fmt: skip


def _tool(tool: Operation) -> dict[str, Any]:
    info = tool.function.info
    required = {parameter.name for parameter in tool.function.parameters if parameter.required}
    return {
        "id": info.name,
        "object": "tool",
        "description": info.description,
        "parameters": [{"name": name, "description": said, "required": name in required} for name, said in info.parameters],
        "method": "GET",
        "url": tool.server.geturl().rstrip("/") + tool.path,
    }
