"""Answers in the shapes of OpenAI's API: what `/v1/responses`, `/v1/chat/completions`, `/v1/embeddings` and `/v1/models` give back."""

from __future__ import annotations

import base64
import json
import re
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from service.answering import Answer
from service.file_search import call_item
from service.parameters import ResponsesRequest
from tools.outcome import Call
from tools.results import as_json

_PIECE = re.compile(r"\s*\S+|\s+$")


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as it is given back: its text is `cut` where the caller wanted less of it. `tokens` were read and written."""

    answer: Answer
    tokens: tuple[int, int]
    cut: bool = False

    @classmethod
    def of(cls, answer: Answer, read: int, most: int | None, count: Callable[[str], int]) -> Told:
        """With at most `most` tokens of text, by whole words; a call is not cut, since half of its arguments would be of no use."""
        written = count(answer.text)
        if most is None or written <= most or answer.call is not None:
            return cls(answer, (read, written))
        words = pieces(answer.text)
        text = "".join(words[: bisect_right(range(len(words)), most, key=lambda last: count("".join(words[: last + 1])))])
        return cls(replace(answer, text=text), (read, count(text)), cut=True)


def response(told: Told, begun: Mapping[str, Any], with_results: bool = False) -> dict[str, Any]:
    """The response that `response_begun` began, with its answer; `with_results` also of a search for files."""
    answer, tokens, status = told.answer, told.tokens, "incomplete" if told.cut else "completed"
    if answer.call is not None:
        output = _call_item(answer, answer.call)
    elif answer.refused:
        output = _message(answer, status, {"type": "refusal", "refusal": answer.text})
    else:
        annotations = file_citations(answer)
        output = _message(answer, status, {"type": "output_text", "text": answer.text, "annotations": annotations, "logprobs": []})
    usage = {
        "input_tokens": tokens[0],
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": tokens[1],
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": sum(tokens),
    }
    searched = [] if answer.found is None else [call_item(answer.id, answer.question, answer.found, with_results)]
    why = {"incomplete_details": {"reason": "max_output_tokens"}} if told.cut else {}
    return {**begun, **why, "status": status, "output": [*searched, output], "usage": usage, "reckoner": reckoner(answer)}


def _message(answer: Answer, status: str, part: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "id": f"msg_{answer.id}", "role": "assistant", "status": status, "content": [part]}


def _call_item(answer: Answer, call: Call) -> dict[str, Any]:
    written = {"call_id": call_id(answer.id), "name": call.tool, "arguments": _arguments(call)}
    return {"type": "function_call", "id": f"fc_{answer.id}", **written, "status": "completed"}


def call_id(id: str) -> str:
    """An answer makes one call at most, so its id names the call."""
    return f"call_{id}"


def _arguments(call: Call) -> str:
    return json.dumps(call.arguments, ensure_ascii=False)


def response_begun(id: str, request: ResponsesRequest, model: str) -> dict[str, Any]:
    """A response without its answer."""
    return {
        "id": f"resp_{id}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "model": model,
        "output": [],
        "error": None,
        "incomplete_details": None,
        "instructions": request.instructions,
        "max_output_tokens": request.max_output_tokens,
        "metadata": request.metadata or {},
        "parallel_tool_calls": False,
        "previous_response_id": request.previous_response_id,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "text": {"format": {"type": "text"}},
        "tool_choice": request.tool_choice or ("auto" if request.tools else "none"),
        "tools": request.tools or [],
        "truncation": request.truncation or "disabled",
        "user": request.user,
        "usage": None,
    }


def chunk_begun(id: str, model: str) -> dict[str, Any]:
    """What every chunk of a streamed chat completion bears."""
    return {"id": f"chatcmpl-{id}", "object": "chat.completion.chunk", "created": int(time.time()), "model": model}


def completion(told: Told, model: str) -> dict[str, Any]:
    answer, tokens = told.answer, told.tokens
    text, refusal = (None, answer.text) if answer.refused else (answer.text, None)
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": refusal, "annotations": []}
    if answer.call is not None:
        called = {"name": answer.call.tool, "arguments": _arguments(answer.call)}
        message |= {"content": None, "tool_calls": [{"id": call_id(answer.id), "type": "function", "function": called}]}
    finish = "tool_calls" if answer.call is not None else "length" if told.cut else "stop"
    return {
        "id": f"chatcmpl-{answer.id}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)},
        "reckoner": reckoner(answer),
    }


def file_citations(answer: Answer) -> list[dict[str, Any]]:
    """Citations as OpenAI writes them, with what makes them checkable added: the exact words, where they stand, the document's hash."""
    files = list(dict.fromkeys(citation.file_id for citation in answer.citations))
    return [
        {
            "type": "file_citation",
            "file_id": citation.file_id,
            "filename": citation.filename,
            "index": files.index(citation.file_id),
            "quote": citation.quote,
            "start": citation.start,
            "end": citation.end,
            "sha256": citation.sha256,
            "chunk_id": citation.passage,
        }
        for citation in answer.citations
    ]


def reckoner(answer: Answer) -> dict[str, Any]:
    """The structured form beside the text. A refusal says why, and shows no rows: they are in the trace."""
    outcome = None if answer.refused else answer.outcome
    queries = [step.input for step in outcome.steps if step.operation == "query"] if outcome else []
    return {
        "id": answer.id,
        "kind": answer.kind,
        "reason": answer.reason or None,
        "confidence": round(answer.confidence, 6),
        "threshold": answer.threshold,
        "program": answer.program,
        "sql": [{"database": q["database"], "sql": q["sql"], "parameters": as_json(q["parameters"])} for q in queries],
        "columns": list(outcome.columns) if outcome else [],
        "rows": as_json(outcome.rows) if outcome else [],
        "truncated": outcome.truncated if outcome else False,
        "value": as_json(outcome.value) if outcome else None,
        "working": outcome.working if outcome else "",
        "citations": [asdict(citation) for citation in answer.citations],
        "trace": f"/v1/answers/{answer.id}/trace",
        "timings_ms": dict(answer.timings),
    }


def embeddings(vectors: np.ndarray, encoding: Literal["float", "base64"], model: str, tokens: int) -> dict[str, Any]:
    """`vectors` (n, d) float32."""
    written = [base64.b64encode(v.astype("<f4").tobytes()).decode() if encoding == "base64" else v.tolist() for v in vectors]
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(written)]
    return {"object": "list", "data": data, "model": model, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}


def pieces(text: str) -> list[str]:
    """The text word by word; put together again it is the text."""
    return _PIECE.findall(text)


def model_card(name: str, checkpoint: str, created: int) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": created, "owned_by": "reckoner", "checkpoint": checkpoint}
