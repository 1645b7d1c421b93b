"""Requests and responses in the shapes of OpenAI's API, and which of its parameters are taken.

Three sorts of parameter: those that say something (`model`, `input`, `messages`, `metadata`); those without meaning for a model
that has no words of its own, such as `temperature`, which are accepted and change nothing; and those whose effect a caller would
miss, such as `response_format`, which are refused by name unless they ask for what happens anyway. Any other name is refused. The
functions of `tools` and the calls in a conversation are read in function_tools.py.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.answering import Answer
from service.file_search import call_item
from tools.outcome import Call
from tools.results import as_json

_Metadata = dict[str, str] | None
_TEXT_PARTS = ("text", "input_text")
RESULTS = "file_search_call.results"

# Without meaning here: sampling, caching, accounting. An answer is not sampled, and is as short as it can be.
_HARMLESS = {
    "temperature", "top_p", "seed", "user", "store", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention",
    "presence_penalty", "frequency_penalty", "parallel_tool_calls", "reasoning", "reasoning_effort", "verbosity", "truncation",
    "instructions", "include", "max_tokens", "max_completion_tokens", "max_output_tokens", "max_tool_calls",
}  # fmt: skip

# What happens anyway, for each parameter that would change the answer if it were obeyed. None is always among it.
_ANYWAY: dict[str, tuple[Any, ...]] = {
    "n": (1,), "functions": ([],), "function_call": ("none", "auto"),
    "response_format": ({"type": "text"},), "text": ({}, {"format": {"type": "text"}}), "stop": ([],), "logit_bias": ({},),
    "logprobs": (False,), "top_logprobs": (0,), "modalities": (["text"],), "background": (False,), "audio": (), "prediction": (),
    "previous_response_id": (), "conversation": (), "prompt": (), "web_search_options": (), "context_management": (),
}  # fmt: skip


class InvalidRequest(Exception):
    """What is wrong with a request, and with which of its parameters."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param, self.code = param, code


class StreamOptions(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)

    include_usage: bool | None = Field(None, description="In chat: whether a last chunk counts the tokens.")


class _Request(BaseModel):
    """`harmless` and `anyway` are the parameters beside the fields that may be sent, as the head of this file explains."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False, strict=True)
    harmless: ClassVar[Collection[str]] = ()
    anyway: ClassVar[Mapping[str, tuple[Any, ...]]] = {}

    model: str | None = Field(None, description="A model of this service; without one, the one that serves.")


class _Question(_Request):
    harmless = _HARMLESS
    anyway = _ANYWAY

    metadata: _Metadata = Field(None, description="Given back as it is.")
    temperature: float | None = Field(None, description="Accepted, and without effect, as are the other settings of sampling.")
    top_p: float | None = None
    stream: bool | None = Field(None, description="Whether the answer is sent as server-sent events.")
    stream_options: StreamOptions | None = Field(None, description="Only where `stream` is true.")
    tools: list[dict[str, Any]] | None = Field(
        None, description="Functions of the caller's that the answer may be a call of; in responses also `file_search`."
    )
    tool_choice: str | dict[str, Any] | None = Field(
        None, description="`auto`, `none`, `required`, or the one function that must be called; whoever asks for a call gets one."
    )


R = TypeVar("R", bound=_Request)


class ResponsesRequest(_Question):
    input: str | list[dict[str, Any]] = Field(description="The question, or messages of which the last by the user is the question.")
    previous_response_id: str | None = Field(
        None, description="A response that is still kept; with it `input` may be the outputs of its calls alone."
    )
    include: list[str] | None = Field(None, description=f"`{RESULTS}` shows what a search for files has found.")


class ChatRequest(_Question):
    messages: list[dict[str, Any]] = Field(min_length=1, description="The last message by the user is the question.")


class EmbeddingsRequest(_Request):
    harmless = ("user",)

    input: str | list[str] = Field(description="A text, or several.")
    encoding_format: Literal["float", "base64"] = Field("float", description="Numbers, or float32 in little-endian order as base64.")
    dimensions: int | None = Field(None, description="Only as many as the embedder has.")
    input_type: Literal["question", "passage"] = Field("passage", description="Ours: a question is embedded to be near its passages.")


def read_request(kind: type[R], body: object) -> R:
    """Raises InvalidRequest, naming the parameter."""
    if not isinstance(body, dict):
        raise InvalidRequest("The body must be a JSON object.")
    for name, value in body.items():
        if name in kind.model_fields or name in kind.harmless or value is None and name in kind.anyway:
            continue
        if name not in kind.anyway:
            raise InvalidRequest(f"Unknown parameter: {name[:100]!r}.", name[:100], "unknown_parameter")
        if value not in kind.anyway[name]:
            raise InvalidRequest(f"{name!r} is not supported with this value.", name, "unsupported_parameter")
    if body.get("stream_options") is not None and body.get("stream") is not True:
        raise InvalidRequest("'stream_options' says something only where 'stream' is true.", "stream_options", "invalid_value")
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0])
        if first["type"] == "missing":
            raise InvalidRequest(f"Missing required parameter: {name!r}.", name, "missing_required_parameter") from None
        raise InvalidRequest(f"Invalid value for {name!r}: {first['msg']}.", name, "invalid_type") from None


def question_of(messages: str | Sequence[Mapping[str, Any]], param: str, limit: int) -> str:
    """The text of the last message by the user. Raises InvalidRequest where there is none, or not only text, or too much of it."""
    if isinstance(messages, str):
        text = messages
    else:
        mine = [message for message in messages if message.get("role") == "user"]
        if not mine:
            raise InvalidRequest("There is no message by the user.", param, "invalid_value")
        text = text_of(mine[-1].get("content"), param)
    text = text.strip()
    if not text:
        raise InvalidRequest("The question is empty.", param, "empty_question")
    if len(text) > limit:
        raise InvalidRequest(f"The question has {len(text)} characters; at most {limit} are read.", param, "question_too_long")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidRequest("The question is not valid Unicode: it holds half of a surrogate pair.", param, "invalid_value")
    return text


def text_of(content: object, param: str) -> str:
    """The text of a message's content. Raises InvalidRequest where it is not only text."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise InvalidRequest("The content of a message must be a string or a list of parts.", param, "invalid_type")
    for part in content:
        if part.get("type") not in _TEXT_PARTS or not isinstance(part.get("text"), str):
            raise InvalidRequest(f"Only text can be read, not a part of type {str(part.get('type'))[:40]!r}.", param, "unsupported_content")
    return "\n".join(part["text"] for part in content)


# --- Responses --------------------------------------------------------------------------------------------------------


def response(answer: Answer, begun: Mapping[str, Any], tokens: tuple[int, int], with_results: bool = False) -> dict[str, Any]:
    """The response that `response_begun` began, with its answer; `with_results` also of a search for files."""
    if answer.call is not None:
        output = _call_item(answer, answer.call)
    elif answer.refused:
        output = _message(answer, {"type": "refusal", "refusal": answer.text})
    else:
        annotations = file_citations(answer)
        output = _message(answer, {"type": "output_text", "text": answer.text, "annotations": annotations, "logprobs": []})
    usage = {
        "input_tokens": tokens[0],
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": tokens[1],
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": sum(tokens),
    }
    searched = [] if answer.found is None else [call_item(answer.id, answer.question, answer.found, with_results)]
    return {**begun, "status": "completed", "output": [*searched, output], "usage": usage, "reckoner": reckoner(answer)}


def _message(answer: Answer, part: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "id": f"msg_{answer.id}", "role": "assistant", "status": "completed", "content": [part]}


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
        "instructions": None,
        "metadata": request.metadata or {},
        "parallel_tool_calls": False,
        "previous_response_id": request.previous_response_id,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "text": {"format": {"type": "text"}},
        "tool_choice": request.tool_choice or ("auto" if request.tools else "none"),
        "tools": request.tools or [],
        "truncation": "disabled",
        "usage": None,
    }


def is_file_search(tool: Mapping[str, Any]) -> bool:
    """A tool that the service itself carries out, for each question that it is sent with."""
    return tool.get("type") == "file_search"


def chunk_begun(id: str, model: str) -> dict[str, Any]:
    """What every chunk of a streamed chat completion bears."""
    return {"id": f"chatcmpl-{id}", "object": "chat.completion.chunk", "created": int(time.time()), "model": model}


def completion(answer: Answer, model: str, tokens: tuple[int, int]) -> dict[str, Any]:
    text, refusal = (None, answer.text) if answer.refused else (answer.text, None)
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": refusal, "annotations": []}
    if answer.call is not None:
        called = {"name": answer.call.tool, "arguments": _arguments(answer.call)}
        message |= {"content": None, "tool_calls": [{"id": call_id(answer.id), "type": "function", "function": called}]}
    finish = "tool_calls" if answer.call is not None else "stop"
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


def texts_of(request: EmbeddingsRequest, limit: int) -> list[str]:
    """Raises InvalidRequest where there is nothing to embed, or too much."""
    texts = [request.input] if isinstance(request.input, str) else request.input
    if not texts or not all(text.strip() for text in texts):
        raise InvalidRequest("There is an empty text to embed.", "input", "empty_input")
    if len(texts) > limit:
        raise InvalidRequest(f"There are {len(texts)} texts; at most {limit} are embedded at once.", "input", "too_many_inputs")
    return texts


def embeddings(vectors: np.ndarray, encoding: Literal["float", "base64"], model: str, tokens: int) -> dict[str, Any]:
    """`vectors` (n, d) float32."""
    written = [base64.b64encode(v.astype("<f4").tobytes()).decode() if encoding == "base64" else v.tolist() for v in vectors]
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(written)]
    return {"object": "list", "data": data, "model": model, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}


def model_card(name: str, checkpoint: str, created: int) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": created, "owned_by": "reckoner", "checkpoint": checkpoint}
