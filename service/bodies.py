"""Bodies of requests: read within a limit, and described for OpenAPI. We read them ourselves, to say what is wrong in OpenAI's words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from service.errors import Encoded, TooLarge
from service.parameters import InvalidRequest
from service.waiting import seconds_left
from tools.patience import Expired

B = TypeVar("B", bound=BaseModel)


async def read_json(request: Request, limit: int) -> object:
    """Raises TooLarge, and InvalidRequest for what is not JSON, half a surrogate pair included: nobody could be answered with it."""
    try:
        body = json.loads(await _read(request, limit), parse_constant=_no_constant)
        json.dumps(body, ensure_ascii=False).encode()
        return body
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"The body is not valid JSON: {error}.", None, "invalid_json") from None


def validated(kind: type[B], body: object, codes: Mapping[str, str] = MappingProxyType({})) -> B:
    """`body` as one of our own requests. Raises InvalidRequest, naming the parameter; `codes` are of parameters with their own."""
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        names = [part for part in first["loc"] if isinstance(part, str) and part not in ("float", "int", "str", "list[any]")]
        name = next((part for part in names if part in codes), names[-1] if names else "")
        if first["type"] == "missing":
            raise InvalidRequest(f"Missing required parameter: {name!r}.", name, "missing_required_parameter") from None
        message = first["msg"].removeprefix("Value error, ")
        if not name:
            raise InvalidRequest(f"Invalid body: {message}.", None, "invalid_value") from None
        code = "unknown_parameter" if first["type"] == "extra_forbidden" else codes.get(name, "invalid_type")
        raise InvalidRequest(f"Invalid value for {name!r}: {message}.", name, code) from None


def announced_bytes(request: Request) -> int:
    """How large the body is by what its header says; 0 where it says nothing."""
    announced = request.headers.get("content-length", "0")
    return int(announced[:18]) if announced.isdecimal() else 0


def check_plain(request: Request) -> None:
    """Raises Encoded."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise Encoded(f"A body is read as it is, not with the content-encoding {encoding[:40]!r}.")


def described(kind: type[BaseModel]) -> dict[str, Any]:
    """The body in the OpenAPI description, which keeps parts of schemas in one place of its own."""
    schema = kind.model_json_schema(ref_template="#/components/schemas/{model}")
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


async def _read(request: Request, limit: int) -> bytes:
    """The body. Raises TooLarge as soon as it is: by what the header says, or by what has come. Raises Expired where it does not come
    before the deadline of the request."""
    check_plain(request)
    message = f"The body is larger than {limit} bytes."
    if announced_bytes(request) > limit:
        raise TooLarge(message)
    content = bytearray()
    try:
        async with asyncio.timeout(seconds_left()):
            async for chunk in request.stream():
                content += chunk
                if len(content) > limit:
                    raise TooLarge(message)
    except TimeoutError:
        raise Expired("The body did not come in time.") from None
    return bytes(content)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
