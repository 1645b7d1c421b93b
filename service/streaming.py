"""Answers as server-sent events, in the order that OpenAI's clients expect.

An answer is worked out whole before its first word is sent, since nothing is said that has not been checked; what a stream gives is the
start of the response at once, signs of life while it waits its turn, and the text in pieces, as chat windows want it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import Future
from typing import Any

from service import errors
from service.answering import Answer
from service.schemas import pieces
from service.waiting import give_up, seconds_left
from tools.patience import check

_ALIVE = 10.0  # seconds without an event after which a comment is sent, so that no proxy gives up
_EMPTY: dict[str, dict[str, Any]] = {  # what an item of each type has not yet when it is begun
    "message": {"content": []}, "function_call": {"arguments": ""}, "file_search_call": {"results": None},
}  # fmt: skip

Event = Mapping[str, Any]


async def response_events(begun: Event, future: Future[Answer], finished: Callable[[Answer], Event]) -> AsyncIterator[bytes]:
    """Of /v1/responses. `begun` is the response while it is in progress, `finished` the response of an answer."""
    number = -1

    def event(type: str, **fields: Any) -> bytes:
        nonlocal number
        number += 1
        return _sent({"type": type, "sequence_number": number, **fields}, type)

    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    try:
        async for beat in _until_done(future):
            yield beat
        whole = finished(future.result())
    except Exception as error:
        told = errors.problem(error)
        yield event("response.failed", response={**begun, "status": "failed", "error": {"code": "server_error", "message": told.message}})
        errors.log_unexpected(error)
        return
    for index, item in enumerate(whole["output"]):
        empty = _EMPTY[item["type"]]
        yield event("response.output_item.added", output_index=index, item={**item, "status": "in_progress", **empty})
        if item["type"] == "file_search_call":
            for stage in ("in_progress", "searching", "completed"):
                yield event(f"response.file_search_call.{stage}", item_id=item["id"], output_index=index)
        if item["type"] == "function_call":
            for piece in pieces(item["arguments"]):
                yield event("response.function_call_arguments.delta", item_id=item["id"], output_index=index, delta=piece)
            done = {"name": item["name"], "arguments": item["arguments"]}
            yield event("response.function_call_arguments.done", item_id=item["id"], output_index=index, **done)
        for place, part in enumerate(item.get("content", ())):
            for type, fields in _part_events(part):
                yield event(type, item_id=item["id"], output_index=index, content_index=place, **fields)
        yield event("response.output_item.done", output_index=index, item=item)
    yield event(f"response.{whole['status']}", response=whole)


async def chat_chunks(begun: Event, future: Future[Answer], finished: Callable[[Answer], Event], usage: bool) -> AsyncIterator[bytes]:
    """Of /v1/chat/completions. `begun` holds what every chunk bears; with `usage`, a last chunk counts the tokens."""

    def chunk(delta: Event, finish: str | None = None, **fields: Any) -> bytes:
        choices = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
        return _sent({**begun, "choices": choices, **({"usage": None} if usage else {}), **fields})

    yield chunk({"role": "assistant", "content": "", "refusal": None})
    try:
        async for beat in _until_done(future):
            yield beat
        whole = finished(future.result())
    except Exception as error:
        yield _sent(errors.problem(error).body())
        errors.log_unexpected(error)
        return
    (choice,) = whole["choices"]
    for index, call in enumerate(choice["message"].get("tool_calls", ())):
        yield chunk({"tool_calls": [{**call, "index": index, "function": {**call["function"], "arguments": ""}}]})
        for piece in pieces(call["function"]["arguments"]):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    name = "content" if choice["message"]["refusal"] is None else "refusal"
    for piece in pieces(choice["message"][name] or ""):
        yield chunk({name: piece})
    yield chunk({}, choice["finish_reason"], reckoner=whole["reckoner"])
    if usage:
        yield _sent({**begun, "choices": [], "usage": whole["usage"]})
    yield b"data: [DONE]\n\n"


def _part_events(part: Event) -> Iterator[tuple[str, dict[str, Any]]]:
    if part["type"] == "refusal":
        yield "response.content_part.added", {"part": {"type": "refusal", "refusal": ""}}
        for piece in pieces(part["refusal"]):
            yield "response.refusal.delta", {"delta": piece}
        yield "response.refusal.done", {"refusal": part["refusal"]}
    else:
        yield "response.content_part.added", {"part": {**part, "text": "", "annotations": []}}
        for piece in pieces(part["text"]):
            yield "response.output_text.delta", {"delta": piece, "logprobs": []}
        for index, annotation in enumerate(part["annotations"]):
            yield "response.output_text.annotation.added", {"annotation_index": index, "annotation": annotation}
        yield "response.output_text.done", {"text": part["text"], "logprobs": []}
    yield "response.content_part.done", {"part": part}


async def _until_done(future: Future[Answer]) -> AsyncIterator[bytes]:
    """Comments while the answer is worked out. Raises Expired at its deadline. Gives the answer up then, and when the caller has gone."""
    waiting = asyncio.wrap_future(future)
    try:
        while not (await asyncio.wait([waiting], timeout=seconds_left(_ALIVE)))[0]:
            check()
            yield b": working\n\n"
        waiting.exception()  # seen, or asyncio would complain; it is told where the answer is taken
    finally:
        give_up(future, waiting)


def _sent(data: Event, name: str | None = None) -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode("utf-8", "replace")
