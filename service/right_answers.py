"""What a request says is right: an answer, a query that gives it, or a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.parameters import InvalidRequest
from tools.database import Database

Given = Literal["answer", "sql", "program"]
_GIVEN: tuple[Given, ...] = ("answer", "sql", "program")


class RightAnswer(BaseModel):
    """Part of a request, named as in a file of examples."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    answer: str | int | float | list[Any] | None = Field(None, description="The right answer: text, a number, a list or rows; null: none.")
    sql: str | None = Field(None, min_length=1, description="Or a query that gives it.")
    program: str | None = Field(None, min_length=1, description="Or a program in the answer language.")
    database: str | None = Field(None, description="Of `sql`: the database, where several are connected.")

    def given(self) -> Given:
        """Which way was taken. `answer` may be null, so what counts is that it is there. Raises InvalidRequest unless it is one."""
        given = [name for name in _GIVEN if name in self.model_fields_set and (name == "answer" or getattr(self, name) is not None)]
        if not given:
            missing = "Missing required parameter: one of 'answer', 'sql' and 'program'."
            raise InvalidRequest(missing, "answer", "missing_required_parameter")
        if len(given) > 1:
            raise InvalidRequest(f"What is right is said once: {given[0]!r} and {given[1]!r} were both given.", given[1], "invalid_value")
        return given[0]

    def line(self, question: str, databases: Mapping[str, Database]) -> dict[str, Any]:
        """As in a file of examples. Raises InvalidRequest where the database is not clear."""
        given = self.given()
        if self.database not in databases if self.database is not None else given == "sql" and len(databases) != 1:
            names = ", ".join(map(repr, databases)) or "none"
            raise InvalidRequest(f"'database' must name one of the databases that are connected: {names}.", "database", "unknown_database")
        named = {} if self.database is None else {"database": self.database}
        return {"question": question, given: getattr(self, given), **named}
