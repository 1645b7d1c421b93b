"""Requests in the shapes of OpenAI's API, and which of its parameters are taken.

Three sorts of parameter: those that say something (`model`, `input`, `messages`, `metadata`); those without meaning for a model
that has no words of its own, such as `temperature`, which must be what they should be and change nothing; and those whose effect a caller
would miss, such as `response_format`, which are refused by name unless they ask for what happens anyway. Any other name is refused. The
functions of `tools` and the calls in a conversation are read in function_tools.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from service.attributes import read_metadata

RESULTS = "file_search_call.results"

_TEXT_PARTS = ("text", "input_text")
_ROLES = {"messages": ("system", "developer", "user", "assistant", "tool"), "input": ("system", "developer", "user", "assistant")}
_ITEMS = ("function_call", "function_call_output", "file_search_call", "reasoning")  # of a conversation, beside messages
_NOT_MADE = (  # what would be shown beside an answer of other tools and models, and is nothing here
    "reasoning.encrypted_content", "web_search_call.results", "web_search_call.action.sources", "code_interpreter_call.outputs",
    "computer_call_output.output.image_url", "message.input_image.image_url",
)  # fmt: skip
_SAMPLING = "Accepted, and without effect: an answer is not sampled."
_ACCOUNT = "Accepted, and without effect."

# What happens anyway, for each parameter that would change the answer if it were obeyed. None is always among it.
_ANYWAY: dict[str, tuple[Any, ...]] = {"top_logprobs": (0,), "moderation": ()}
_ANYWAY_CHAT: dict[str, tuple[Any, ...]] = {
    **_ANYWAY, "n": (1,), "functions": ([],), "function_call": ("none", "auto"), "response_format": ({"type": "text"},), "stop": ([],),
    "logit_bias": ({},), "logprobs": (False,), "modalities": (["text"],), "audio": (), "prediction": (), "web_search_options": (),
}  # fmt: skip
_ANYWAY_RESPONSES: dict[str, tuple[Any, ...]] = {
    **_ANYWAY, "background": (False,), "background_options": (), "conversation": (), "prompt": (), "context_management": (), "image": (),
    "access_programs": (),
}  # fmt: skip


class InvalidRequest(Exception):
    """What is wrong with a request, and with which of its parameters."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param, self.code = param, code


def _plain_text(given: dict[str, Any]) -> dict[str, Any]:
    for name, value in given.items():
        if name == "format" and value not in (None, {"type": "text"}) or name not in ("format", "verbosity"):
            raise ValueError("an answer is plain text; only {'format': {'type': 'text'}} is supported")
    return given


def _includable(given: list[str]) -> list[str]:
    for name in given:
        if name != RESULTS and name not in _NOT_MADE:
            raise ValueError(f"{name[:60]!r} cannot be shown; {RESULTS!r} can")
    return given


def _no_tokens(given: Any) -> Any:
    if isinstance(given, list) and any(isinstance(one, int | list) for one in given):
        raise ValueError(
            "texts are embedded here, and not tokens, whose numbers are another tokenizer's (LangChain's OpenAIEmbeddings sends texts with "
            "check_embedding_ctx_length=False)"
        )
    return given


Metadata = Annotated[dict[str, Any], AfterValidator(read_metadata)]


class StreamOptions(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)

    include_usage: bool | None = Field(None, description="In chat: whether a last chunk counts the tokens.")


class _Request(BaseModel):
    """`anyway` are the parameters beside the fields that may be sent, as the head of this file explains."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False, strict=True)
    anyway: ClassVar[Mapping[str, tuple[Any, ...]]] = {}

    model: str | None = Field(None, description="A model of this service; without one, the one that serves.")


class _Question(_Request):
    metadata: Metadata | None = Field(None, description="Given back as it is.")
    stream: bool | None = Field(None, description="Whether the answer is sent as server-sent events.")
    stream_options: StreamOptions | None = Field(None, description="Only where `stream` is true.")
    tools: list[dict[str, Any]] | None = Field(
        None, description="Functions of the caller's that the answer may be a call of; in responses also `file_search`."
    )
    tool_choice: str | dict[str, Any] | None = Field(
        None, description="`auto`, `none`, `required`, or the one function that must be called; whoever asks for a call gets one."
    )
    temperature: float | None = Field(None, ge=0, le=2, description=_SAMPLING)
    top_p: float | None = Field(None, ge=0, le=1, description=_SAMPLING)
    parallel_tool_calls: bool | None = Field(None, description="Accepted, and without effect: one call is made at a time.")
    store: bool | None = Field(None, description="Accepted, and without effect: the latest responses and traces are kept.")
    user: str | None = Field(None, description=_ACCOUNT)
    safety_identifier: str | None = Field(None, description=_ACCOUNT)
    service_tier: str | None = Field(None, description=_ACCOUNT)
    prompt_cache_key: str | None = Field(None, description=_ACCOUNT)
    prompt_cache_options: dict[str, Any] | None = Field(None, description=_ACCOUNT)
    prompt_cache_retention: str | None = Field(None, description=_ACCOUNT)


R = TypeVar("R", bound=_Request)
_MOST_TOKENS = "The most tokens of an answer's text: a longer one is cut, and says that it was. A call is not cut."


class ResponsesRequest(_Question):
    anyway = _ANYWAY_RESPONSES

    input: str | list[dict[str, Any]] = Field(description="The question, or messages of which the last by the user is the question.")
    previous_response_id: str | None = Field(
        None, description="A response that is still kept; with it `input` may be the outputs of its calls alone."
    )
    include: Annotated[list[str], AfterValidator(_includable)] | None = Field(
        None, description=f"`{RESULTS}` shows what a search for files has found."
    )
    max_output_tokens: int | None = Field(None, ge=1, description=_MOST_TOKENS)
    instructions: str | None = Field(None, description="Accepted, and not read: the model has no words of its own to choose otherwise.")
    text: Annotated[dict[str, Any], AfterValidator(_plain_text)] | None = Field(None, description="Only plain text.")
    truncation: Literal["auto", "disabled"] | None = Field(None, description="Accepted, and without effect: nothing is truncated.")
    reasoning: dict[str, Any] | None = Field(None, description=_ACCOUNT)
    max_tool_calls: int | None = Field(None, ge=1, description="Accepted, and without effect: one search or call is made at most.")

    @property
    def most_tokens(self) -> int | None:
        return self.max_output_tokens


class ChatRequest(_Question):
    anyway = _ANYWAY_CHAT

    messages: list[dict[str, Any]] = Field(min_length=1, description="The last message by the user is the question.")
    max_completion_tokens: int | None = Field(None, ge=1, description=_MOST_TOKENS)
    max_tokens: int | None = Field(None, ge=1, description="The same by its older name.")
    seed: int | None = Field(None, description=_SAMPLING)
    presence_penalty: float | None = Field(None, ge=-2, le=2, description=_SAMPLING)
    frequency_penalty: float | None = Field(None, ge=-2, le=2, description=_SAMPLING)
    reasoning_effort: str | None = Field(None, description=_ACCOUNT)
    verbosity: str | None = Field(None, description="Accepted, and without effect: an answer is as short as it can be.")

    @property
    def most_tokens(self) -> int | None:
        return min((given for given in (self.max_completion_tokens, self.max_tokens) if given is not None), default=None)


class EmbeddingsRequest(_Request):
    input: Annotated[str | list[str], BeforeValidator(_no_tokens)] = Field(description="A text, or several.")
    encoding_format: Literal["float", "base64"] = Field("float", description="Numbers, or float32 in little-endian order as base64.")
    dimensions: int | None = Field(None, description="Only as many as the embedder has.")
    input_type: Literal["question", "passage"] = Field("passage", description="Ours: a question is embedded to be near its passages.")
    user: str | None = Field(None, description=_ACCOUNT)


def read_request(kind: type[R], body: object) -> R:
    """Raises InvalidRequest, naming the parameter."""
    if not isinstance(body, dict):
        raise InvalidRequest("The body must be a JSON object.")
    for name, value in body.items():
        if name in kind.model_fields or value is None and name in kind.anyway:
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
        message = first["msg"].removeprefix("Value error, ")
        code = "unsupported_parameter" if first["type"] == "value_error" and name != "metadata" else "invalid_type"
        raise InvalidRequest(f"Invalid value for {name!r}: {message}.", name, code) from None


# --- Messages ---------------------------------------------------------------------------------------------------------


def check_messages(messages: str | Sequence[Mapping[str, Any]], param: Literal["messages", "input"]) -> None:
    """Raises InvalidRequest where a message is by nobody that there is, or holds what cannot be read: no part of a conversation is passed
    over in silence because it is an image."""
    for index, message in enumerate([] if isinstance(messages, str) else messages):
        place, kind = f"{param}[{index}]", message.get("type", "message") if param == "input" else "message"
        if kind in _ITEMS:
            continue
        if kind != "message":
            raise InvalidRequest(f"Items of type {str(kind)[:40]!r} cannot be read.", f"{place}.type", "unsupported_content")
        role = message.get("role")
        if role not in _ROLES[param]:
            have = ", ".join(_ROLES[param])
            raise InvalidRequest(f"'role' must be one of {have}, not {str(role)[:40]!r}.", f"{place}.role", "invalid_value")
        if role not in ("assistant", "tool"):
            text_of(message.get("content"), f"{place}.content")


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
    """The text of a message's content. Raises InvalidRequest where it is not only text, naming the part."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise InvalidRequest("The content of a message must be a string or a list of parts.", param, "invalid_type")
    for index, part in enumerate(content):
        if part.get("type") not in _TEXT_PARTS:
            kind = str(part.get("type"))[:40]
            raise InvalidRequest(f"Only text can be read, not a part of type {kind!r}.", f"{param}[{index}].type", "unsupported_content")
        if not isinstance(part.get("text"), str):
            raise InvalidRequest("A part of text needs its text.", f"{param}[{index}].text", "invalid_type")
    return "\n".join(part["text"] for part in content)


def is_file_search(tool: Mapping[str, Any]) -> bool:
    """A tool that the service itself carries out, for each question that it is sent with."""
    return tool.get("type") == "file_search"


def texts_of(request: EmbeddingsRequest, limit: int) -> list[str]:
    """Raises InvalidRequest where there is nothing to embed, or too much."""
    texts = [request.input] if isinstance(request.input, str) else request.input
    if not texts or not all(text.strip() for text in texts):
        raise InvalidRequest("There is an empty text to embed.", "input", "empty_input")
    if len(texts) > limit:
        raise InvalidRequest(f"There are {len(texts)} texts; at most {limit} are embedded at once.", "input", "too_many_inputs")
    return texts
