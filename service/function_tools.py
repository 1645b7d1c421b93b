"""Clients' function tools, and the calls of them that a conversation holds, read from requests in the shapes of OpenAI's API.

Both endpoints take the same things in two shapes. In chat a function stands in `tools[i].function`, a call in `tool_calls` of a message by
the assistant, its output in a message of the role `tool`; in responses they are `tools[i]` itself and items of the types `function_call`
and `function_call_output`. Of a conversation only what follows the last message by the user is read here: the calls that were made for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from service.calling import Calling, Exchange
from service.parameters import ChatRequest, InvalidRequest, ResponsesRequest, is_file_search, text_of
from service.schemas import call_id
from tools.functions import MAX_DESCRIPTION, Function, Undeclarable

MOST = 32  # functions of a request
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}", re.ASCII)
_FIELDS = ("name", "description", "parameters", "strict")
Message = Mapping[str, Any]


def read_calling(asked: ChatRequest | ResponsesRequest, messages: str | Sequence[Message], taken: Collection[str]) -> Calling:
    """What the model is shown of the request's functions, and the calls that were answered. `messages` are those of the request, perhaps
    behind earlier ones; `taken` are the names of the service's own tools.

    Raises InvalidRequest, naming the parameter.
    """
    chat = isinstance(asked, ChatRequest)
    functions = _functions(asked.tools or [], chat, taken)
    searches = not chat and any(map(is_file_search, asked.tools or ()))
    forced = _forced(asked.tool_choice, [function.name for function in functions], chat, searches)
    own = asked.messages if isinstance(asked, ChatRequest) else asked.input
    answered = () if isinstance(messages, str) else tuple(_exchanges(messages, len(messages) - len(own), chat))
    if answered:  # the model is shown the same as when it wrote the call, even if the client now offers less
        known = {function.name for function in functions} | set(taken)
        functions += [_undeclared(exchange) for exchange in {e.tool: e for e in answered}.values() if exchange.tool not in known]
    elif asked.tool_choice == "none":
        functions = []
    return Calling(tuple(functions), frozenset(forced), answered, closed=asked.tool_choice == "none")


def conversation(trace: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The items of responses that led to an answer and are in it, from the question on."""
    items: list[dict[str, Any]] = [{"role": "user", "content": trace["question"]}]
    for place, exchange in enumerate(trace["calling"]["answered"]):
        call = {"call_id": f"{call_id(trace['id'])}_{place}"}
        items += [
            {"type": "function_call", **call, "name": exchange["tool"], "arguments": json.dumps(exchange["arguments"])},
            {"type": "function_call_output", **call, "output": json.dumps(exchange["response"])},
        ]
    call = trace["outcome"] and trace["outcome"]["call"]
    if trace["kind"] == "call" and not call["executed"]:
        items.append(
            {"type": "function_call", "call_id": call_id(trace["id"]), "name": call["tool"], "arguments": json.dumps(call["arguments"])}
        )
    return items


# --- Tools ------------------------------------------------------------------------------------------------------------


def _functions(tools: Sequence[Message], chat: bool, taken: Collection[str]) -> list[Function]:
    if len(tools) > MOST:
        raise InvalidRequest(f"There are {len(tools)} tools; at most {MOST} are taken.", "tools", "too_many_tools")
    found: list[Function] = []
    for index, tool in enumerate(tools):
        place = f"tools[{index}]"
        if is_file_search(tool) and not chat:
            continue
        if tool.get("type") != "function":
            raise InvalidRequest(f"Tools of type {str(tool.get('type'))[:40]!r} are not supported.", f"{place}.type", "unsupported_tool")
        declared = tool.get("function") if chat else tool
        if not isinstance(declared, dict):
            raise InvalidRequest("A function must be an object.", f"{place}.function", "invalid_type")
        found.append(_function(declared, f"{place}.function" if chat else place))
        if found[-1].name in {function.name for function in found[:-1]}:
            raise InvalidRequest(f"There are two functions {found[-1].name!r}.", f"{place}.name", "invalid_value")
        if found[-1].name in taken:
            raise InvalidRequest(f"{found[-1].name!r} is a tool of this service.", f"{place}.name", "invalid_value")
    return found


def _function(declared: Message, place: str) -> Function:
    name, description, parameters, strict = (declared.get(field) for field in _FIELDS)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        message = "A function's name has 1 to 64 letters, digits, underscores and dashes."
        raise InvalidRequest(message, f"{place}.name", "invalid_value")
    if description is not None and not isinstance(description, str) or len(description or "") > MAX_DESCRIPTION:
        message = f"A function's description is a text of at most {MAX_DESCRIPTION} characters."
        raise InvalidRequest(message, f"{place}.description", "invalid_value")
    if strict not in (None, True, False):
        raise InvalidRequest("Must be true or false.", f"{place}.strict", "invalid_type")
    if parameters is not None and not isinstance(parameters, dict):
        raise InvalidRequest("Must be a JSON Schema, an object.", f"{place}.parameters", "invalid_type")
    try:
        return Function.declared(name, description or "", parameters)
    except Undeclarable as error:
        where = f"{place}.parameters.{error.place}".rstrip(".")
        message = f"Invalid parameters of {name!r}: {error.place or 'the schema'} {error}."
        raise InvalidRequest(message, where, "invalid_function_parameters") from None


def _forced(choice: object, names: Sequence[str], chat: bool, searches: bool) -> list[str]:
    """The functions of which one must be called. Where files are searched anyway, that is the tool that 'required' requires."""
    if choice is None or choice in ("none", "auto"):
        return []
    if searches and choice in ("required", {"type": "file_search"}):
        return []
    if choice == "required":
        if not names:
            raise InvalidRequest("'required' needs functions in 'tools'.", "tool_choice", "invalid_value")
        return list(names)
    if isinstance(choice, dict) and choice.get("type") == "function":
        named = choice.get("function") if chat else choice
        name = named.get("name") if isinstance(named, dict) else None
        if name not in names:
            where = "tool_choice.function.name" if chat else "tool_choice.name"
            raise InvalidRequest(f"There is no function {str(name)[:64]!r} in 'tools'.", where, "invalid_value")
        return [str(name)]
    raise InvalidRequest("Must be 'none', 'auto', 'required' or a function of 'tools'.", "tool_choice", "unsupported_parameter")


def _undeclared(exchange: Exchange) -> Function:
    """A function that was called and is not offered any more, by its call."""
    try:
        return Function.declared(exchange.tool, "", {"type": "object", "properties": {name: {} for name in exchange.arguments}})
    except Undeclarable as error:
        raise InvalidRequest(f"The call of {exchange.tool!r} cannot be read: {error.place} {error}.", None, "invalid_value") from None


# --- Calls that were answered -----------------------------------------------------------------------------------------


def _exchanges(messages: Sequence[Message], before: int, chat: bool) -> Iterator[Exchange]:
    """The calls after the last message by the user, in their order, each with its output. The first `before` messages are not of the
    request itself. Raises InvalidRequest where a call or its output is missing."""
    last = max((index for index, message in enumerate(messages) if message.get("role") == "user"), default=-1)
    calls: dict[str, tuple[str, str, dict[str, object]]] = {}  # by id: where it stands, its name and its arguments
    outputs: dict[str, object] = {}
    for index, message in enumerate(messages[last + 1 :], last + 1):
        place = f"{'messages' if chat else 'input'}[{index - before}]"
        for id, where, name, arguments in _calls(message, place, chat):
            if id in calls:
                raise InvalidRequest(f"There are two calls {id[:80]!r}.", where, "invalid_value")
            calls[id] = where, name, arguments
        if message.get("role") == "tool" if chat else message.get("type") == "function_call_output":
            name, content = ("tool_call_id", "content") if chat else ("call_id", "output")
            answered = message.get(name)
            if not isinstance(answered, str) or answered not in calls:
                raise InvalidRequest(f"There is no call {str(answered)[:80]!r} before its output.", f"{place}.{name}", "invalid_value")
            if answered in outputs:
                raise InvalidRequest(f"There are two outputs of the call {answered[:80]!r}.", f"{place}.{name}", "invalid_value")
            outputs[answered] = _parsed(text_of(message.get(content), f"{place}.{content}"))
    for id, (where, name, arguments) in calls.items():
        if id not in outputs:
            raise InvalidRequest(f"There is no output of the call {id[:80]!r}.", where, "missing_tool_output")
        yield Exchange(name, arguments, outputs[id])


def _calls(message: Message, place: str, chat: bool) -> Iterator[tuple[str, str, str, dict[str, object]]]:
    """The id of each call of a message, where it stands, its name and its arguments."""
    if not chat:
        if message.get("type") == "function_call":
            yield _call(message, "call_id", message, place, place)
        return
    several = message.get("tool_calls") if message.get("role") == "assistant" else None
    if several is not None and not isinstance(several, list):
        raise InvalidRequest("Must be a list of calls.", f"{place}.tool_calls", "invalid_type")
    for index, call in enumerate(several or []):
        where = f"{place}.tool_calls[{index}]"
        called = call.get("function") if isinstance(call, dict) else None
        if not isinstance(called, dict):
            raise InvalidRequest("Must be a call of a function.", where, "invalid_type")
        yield _call(call, "id", called, where, f"{where}.function")


def _call(call: Message, id_name: str, called: Message, place: str, inside: str) -> tuple[str, str, str, dict[str, object]]:
    id, name, written = call.get(id_name), called.get("name"), called.get("arguments")
    if not isinstance(id, str) or not id:
        raise InvalidRequest("A call needs an id.", f"{place}.{id_name}", "invalid_type")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidRequest("A call needs the name of its function.", f"{inside}.name", "invalid_value")
    arguments = _json(written) if isinstance(written, str) else None
    if not isinstance(arguments, dict):
        raise InvalidRequest("The arguments of a call must be an object, written as JSON.", f"{inside}.arguments", "invalid_value")
    return id, f"{place}.{id_name}", name, arguments


def _parsed(output: str) -> object:
    """What a function gave: JSON where it is JSON, else the text."""
    parsed = _json(output)
    return output if parsed is None and output.strip() != "null" else parsed


def _json(text: str) -> object:
    """None where it is not JSON, or nothing that JSON could write again."""
    try:
        parsed = json.loads(text, parse_constant=_no_constant)
        json.dumps(parsed, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return parsed


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
