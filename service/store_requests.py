"""Requests about vector stores, and the `file_search` tool: what may be asked for, and what is refused by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from retrieval.stores import STATUSES, Status, Stores
from service.attributes import read_attributes, read_filter
from service.bodies import validated
from service.errors import NotFound
from service.file_search import FileSearch
from service.parameters import InvalidRequest, Metadata, ResponsesRequest, is_file_search

_MOST_FILES = 2000  # of one batch
_MOST_QUERIES = 16
_MOST_STORES = 20  # of one search


def _one_cut(given: Any) -> Any:
    if given is not None and (not isinstance(given, Mapping) or given.get("type") != "auto"):
        raise ValueError("files are cut along their own structure; only {'type': 'auto'} is supported")
    return given


def _one_ranker(given: Any) -> Any:
    if given not in (None, "auto", "none"):
        raise ValueError("there is one ranking here, which is 'auto'; nothing is ranked again")
    return given


def _as_it_is(given: Any) -> Any:
    if given:
        raise ValueError("queries are searched for as they are; only false is supported")
    return given


def _readable(given: dict[str, Any] | None) -> dict[str, Any] | None:
    if given is not None:
        read_filter(given)
    return given


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)


Attributes = Annotated[dict[str, Any] | None, AfterValidator(lambda given: None if given is None else read_attributes(given))]
Cutting = Annotated[dict[str, Any] | None, BeforeValidator(_one_cut), Field(description="Only `auto`.")]
Filters = Annotated[
    dict[str, Any] | None, AfterValidator(_readable), Field(description="A comparison of an attribute, or `and` or `or` of several.")
]
Id = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,60}$")]
Text = Annotated[str | None, Field(max_length=1000, pattern=r"^[^\x00]*$")]


class ExpiresAfter(_Body):
    anchor: Literal["last_active_at"]
    days: int = Field(ge=1, le=365)


class CreateStore(_Body):
    name: Text = None
    description: Text = None
    file_ids: list[Id] | None = Field(None, max_length=_MOST_FILES, description="Uploaded files that it begins with.")
    metadata: Metadata | None = None
    expires_after: ExpiresAfter | None = None
    chunking_strategy: Cutting = None


class UpdateStore(_Body):
    name: Text = None
    metadata: Metadata | None = None
    expires_after: ExpiresAfter | None = None


class CreateSnapshot(_Body):
    name: Text = None


class AddFile(_Body):
    file_id: Id
    attributes: Attributes = None
    chunking_strategy: Cutting = None


class AddFiles(_Body):
    file_ids: list[Id] | None = Field(None, min_length=1, max_length=_MOST_FILES)
    files: list[AddFile] | None = Field(None, min_length=1, max_length=_MOST_FILES, description="In place of `file_ids`.")
    attributes: Attributes = None
    chunking_strategy: Cutting = None


class UpdateFile(_Body):
    attributes: Attributes = Field(description="All of them, as they are to be.")


class HybridSearch(_Body):
    embedding_weight: float = Field(ge=0)
    text_weight: float = Field(ge=0)


class RankingOptions(_Body):
    ranker: Annotated[str | None, BeforeValidator(_one_ranker)] = None
    score_threshold: float = Field(0.0, ge=0, le=1)
    hybrid_search: HybridSearch | None = Field(None, description="How much meaning and words count; as the service has it without.")


class _Search(_Body):
    filters: Filters = None
    max_num_results: int | None = Field(None, ge=1, le=50)
    ranking_options: RankingOptions | None = None


class SearchStore(_Search):
    query: str | list[str]
    rewrite_query: Annotated[bool | None, BeforeValidator(_as_it_is)] = None


class FileSearchTool(_Search):
    type: Literal["file_search"]
    vector_store_ids: list[Id] = Field(min_length=1, max_length=_MOST_STORES)


def read_file_search(asked: ResponsesRequest, stores: Stores | None, most: int) -> FileSearch | None:
    """What the `file_search` among a request's tools asks for, of `most` passages where it does not say how many; None where there is none,
    or none is wanted. Raises InvalidRequest, and NotFound where a store is not here."""
    tools = [(f"tools[{index}]", tool) for index, tool in enumerate(asked.tools or []) if is_file_search(tool)]
    if not tools:
        return None
    if len(tools) > 1:
        raise InvalidRequest("There can be one 'file_search'; it may name several stores.", tools[1][0], "invalid_value")
    ((place, tool),) = tools
    if stores is None:
        raise InvalidRequest("There are no vector stores here.", f"{place}.type", "unsupported_tool")
    try:
        wanted = validated(FileSearchTool, tool)
        search = search_of(wanted, stores, wanted.vector_store_ids, most)
    except InvalidRequest as error:
        raise InvalidRequest(str(error), f"{place}.{error.param}", error.code) from None
    for id in wanted.vector_store_ids:
        check_searchable(stores, id, f"{place}.vector_store_ids")
    return search if asked.tool_choice != "none" else None


def plain(id: str) -> bool:
    """Whether it could be an id: a database need not take any text there is."""
    return len(id) <= 60 and id.isascii() and id.isprintable()


def check_searchable(stores: Stores, id: str, param: str) -> None:
    """Raises NotFound, and InvalidRequest where the store has expired."""
    store = stores.store(id)
    if store is None:
        raise NotFound(f"There is no vector store {id!r}.", "vector_store_not_found", param)
    if store.expired:
        raise InvalidRequest(f"The vector store {id!r} has expired; give it another 'expires_after'.", param, "vector_store_expired")


def search_of(asked: _Search, stores: Stores, ids: Sequence[str], most: int) -> FileSearch:
    ranking = asked.ranking_options or RankingOptions.model_validate({})
    hybrid = ranking.hybrid_search
    if hybrid is not None and hybrid.embedding_weight + hybrid.text_weight == 0:
        raise InvalidRequest("One of the weights must be above 0.", "hybrid_search", "invalid_value")
    return FileSearch(
        stores, tuple(ids), asked.max_num_results or most, None if asked.filters is None else read_filter(asked.filters),
        ranking.score_threshold, None if hybrid is None else hybrid.text_weight / (hybrid.embedding_weight + hybrid.text_weight),
    )  # fmt: skip


def read_status(request: Request) -> Status | None:
    """The `filter` of a list of files. Raises InvalidRequest."""
    given = request.query_params.get("filter")
    for status in STATUSES:
        if given == status:
            return status
    if given is not None:
        raise InvalidRequest(f"'filter' must be one of {', '.join(STATUSES)}.", "filter", "invalid_value")
    return None


def queries_of(asked: SearchStore) -> list[str]:
    """Raises InvalidRequest."""
    queries = [asked.query] if isinstance(asked.query, str) else asked.query
    if not 1 <= len(queries) <= _MOST_QUERIES:
        raise InvalidRequest(f"There must be 1 to {_MOST_QUERIES} queries, not {len(queries)}.", "query", "invalid_value")
    return queries
