"""Corrections over HTTP: what the right answer to a question is, kept for the next training job.

A correction is a line of an examples file, with the id of the answer that it corrects where there is one. Whether a program gives its
answer is tried at once, so that whoever sends it knows; it is kept either way, since a later model may find the program.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from fastapi import FastAPI, Request
from pydantic import Field

from retrieval.paging import UnknownCursor
from service.bodies import described, read_json, validated
from service.engine import Engine
from service.errors import NotFound
from service.jobs.ledger import Correction, Ledger
from service.jobs.lines import Unusable, read_example
from service.pages import listed, read_page
from service.right_answers import RightAnswer
from service.parameters import InvalidRequest, question_of
from service.serving import Serving
from service.settings import Settings
from service.waiting import result_of

_MOST = 1000  # corrections of one page


class Correcting(RightAnswer):
    question: str | None = Field(None, min_length=1, description="The question; that of the answer, where `answer_id` names one.")
    answer_id: str | None = Field(None, max_length=60, description="The id of the answer that was wrong.")
    comment: str = Field("", max_length=2000)


class Traces(Protocol):
    def question_of(self, id: str) -> str:
        """Raises NotFound."""


class FeedbackWeb:
    def __init__(self, ledger: Ledger, serving: Serving, settings: Settings, engine: Engine, traces: Traces) -> None:
        self.ledger, self.serving, self.settings, self.engine, self.traces = ledger, serving, settings, engine, traces

    def install(self, app: FastAPI) -> None:
        app.add_api_route("/v1/feedback", self.correct, methods=["POST"], openapi_extra=described(Correcting))
        app.add_api_route("/v1/feedback", self.corrections, methods=["GET"])
        app.add_api_route("/v1/feedback/{id}", self.correction, methods=["GET"])
        app.add_api_route("/v1/feedback/{id}", self.drop, methods=["DELETE"])

    async def correct(self, request: Request) -> dict[str, Any]:
        asked = validated(Correcting, await read_json(request, self.settings.max_body_bytes))
        if asked.question is None and asked.answer_id is None:
            raise InvalidRequest("Missing required parameter: one of 'question' and 'answer_id'.", "question", "missing_required_parameter")
        said = self.traces.question_of(asked.answer_id) if asked.question is None and asked.answer_id is not None else asked.question
        question = question_of(said or "", "question", self.settings.max_question_characters)
        workspace = self.serving.base.workspace
        line = asked.line(question, workspace.databases if workspace is not None else {})
        wrong = await result_of(self.engine.run(lambda: self._tried(line)), request)
        kept = await asyncio.to_thread(self.ledger.add_correction, line, asked.answer_id or "", asked.comment)
        return {**_shown(kept), "usable": not wrong, "reason": wrong or None}

    async def corrections(self, request: Request) -> dict[str, Any]:
        limit, after = read_page(request, _MOST)
        try:
            found, more = await asyncio.to_thread(self.ledger.corrections, limit, after)
        except UnknownCursor:
            raise NotFound(f"There is no correction {after!r}.", "feedback_not_found", "after") from None
        return listed([_shown(correction) for correction in found], more)

    async def correction(self, id: str) -> dict[str, Any]:
        found = await asyncio.to_thread(self.ledger.correction, id[:60])
        if found is None:
            raise NotFound(f"There is no correction {id[:60]!r}.", "feedback_not_found", "id")
        return _shown(found)

    async def drop(self, id: str) -> dict[str, Any]:
        if not await asyncio.to_thread(self.ledger.drop_correction, id[:60]):
            raise NotFound(f"There is no correction {id[:60]!r}.", "feedback_not_found", "id")
        return {"id": id, "object": "feedback", "deleted": True}

    def _tried(self, line: dict[str, Any]) -> str:
        """Why the line cannot be learned from as things are; nothing where it can."""
        _, answering = self.serving.current
        if answering.workspace is None:
            return "there is no workspace to look the answer up in"
        try:
            read_example(line, answering.workspace, answering.answerer, self.settings)
        except Unusable as reason:
            return str(reason)
        return ""


def _shown(correction: Correction) -> dict[str, Any]:
    return {
        "id": correction.id, "object": "feedback", "created_at": correction.created, **correction.line,
        "answer_id": correction.answer or None, "comment": correction.comment,
    }  # fmt: skip
