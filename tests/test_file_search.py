"""`file_search` in responses: answers come from the stores that are named, say so in OpenAI's shapes, and stop when a file is deleted."""

# ruff: noqa: F811  (fixtures are imported, and named again by the tests that take them)

from __future__ import annotations

from typing import Any

import openai
import pytest

from service.answering import REFUSAL
from tests.test_vector_stores import CANOES, WAIT, client, server, settings, store, upload  # noqa: F401
from tests.workspaces import TENTS, WARRANTY

RESULTS: Any = ["file_search_call.results"]


def tool(*stores: str, **given: Any) -> Any:
    return [{"type": "file_search", "vector_store_ids": list(stores), **given}]


def ask(client: openai.OpenAI, tools: Any = openai.omit, **given: Any) -> Any:
    return client.responses.create(model="reckoner", input="How long is the warranty?", tools=tools, **given)


def test_the_answer_comes_from_the_stores_that_are_named_and_cites_the_file(client: openai.OpenAI, store: str) -> None:
    canoes = client.vector_stores.files.list(store, order="asc").data[0].id
    response = ask(client, tool(store), include=RESULTS)
    call, message = response.output
    assert (call.type, call.status, call.queries) == ("file_search_call", "completed", ["How long is the warranty?"])
    assert {result.filename for result in call.results} == {"canoes.md", "kayaks.txt"}
    assert call.results[0].attributes["year"] in (2024, 2020) and all(0 <= result.score <= 1 for result in call.results)
    text = message.content[0]
    assert text.text.startswith("**9 months**") and "(canoes.md)" in text.text
    (citation,) = text.annotations
    assert (citation.file_id, citation.filename, citation.index) == (canoes, "canoes.md", 0)
    assert CANOES[citation.start : citation.end] == citation.quote == "9 months"
    assert client.files.content(citation.file_id).read() == CANOES.encode()
    assert response.tools[0].vector_store_ids == [store]
    trace = client.get(f"/answers/{response.id}/trace", cast_to=object)
    assert trace["vector_stores"] == [store]  # type: ignore[index]
    assert client.post(f"/answers/{response.id}/verify", cast_to=object)["stands"]  # type: ignore[index]


def test_without_file_search_the_workspace_alone_answers(client: openai.OpenAI, store: str) -> None:
    for response in (ask(client), ask(client, tool(store), tool_choice="none"), ask(client, tool("vs_workspace"))):
        message = response.output[-1].content[0]
        assert message.text.startswith("**24 months**")
        file = client.files.retrieve(message.annotations[0].file_id)
        assert file.filename == "warranty.md" and client.files.content(file.id).read() == WARRANTY.encode()
    assert [item.type for item in ask(client).output] == ["message"]


def test_a_file_that_is_deleted_does_not_answer_the_next_question(client: openai.OpenAI, store: str) -> None:
    canoes = client.vector_stores.files.list(store, order="asc").data[0].id
    other = client.vector_stores.create(file_ids=[canoes])
    before = ask(client, tool(store))
    assert before.output_text.startswith("**9 months**")
    client.vector_stores.files.delete(canoes, vector_store_id=store)
    assert ask(client, tool(store)).output[-1].content[0].refusal == REFUSAL
    assert ask(client, tool(other.id)).output_text.startswith("**9 months**")  # which still holds it
    client.files.delete(canoes)
    assert ask(client, tool(store, other.id)).output[-1].content[0].refusal == REFUSAL
    verified: Any = client.post(f"/answers/{before.id}/verify", cast_to=object)
    assert verified["differences"] == ["canoes.md is not there any more"]


def test_a_file_is_replaced_by_another_without_a_restart(client: openai.OpenAI) -> None:
    store = client.vector_stores.create()
    for months in ("9 months", "24 months"):
        for old in client.vector_stores.files.list(store.id):
            client.vector_stores.files.delete(old.id, vector_store_id=store.id)
        file = upload(client, "canoes.md", CANOES.replace("9 months", months))
        client.vector_stores.files.create_and_poll(file, vector_store_id=store.id, **WAIT)
        assert ask(client, tool(store.id)).output_text.startswith(f"**{months}**")


def test_filters_thresholds_and_counts_choose_the_evidence(client: openai.OpenAI, store: str) -> None:
    def found(**given: Any) -> list[str]:
        response = ask(client, tool(store, "vs_workspace", **given), include=RESULTS)
        return [result.filename for result in response.output[0].results]

    assert {"canoes.md", "kayaks.txt", "warranty.md"} <= set(found())
    assert found(filters={"type": "eq", "key": "year", "value": 2020}) == ["kayaks.txt"]
    assert len(found(max_num_results=1)) == 1
    assert found(ranking_options={"score_threshold": 1.0, "ranker": "auto"}) == found(ranking_options={"score_threshold": 1.0})
    assert set(found(ranking_options={"hybrid_search": {"embedding_weight": 0, "text_weight": 1}})) <= set(found())


def test_results_are_shown_only_to_those_who_ask_for_them(client: openai.OpenAI, store: str) -> None:
    assert ask(client, tool(store)).output[0].results is None


def test_a_stream_tells_of_the_search_in_the_order_of_openai(client: openai.OpenAI, store: str) -> None:
    whole = ask(client, tool(store), include=RESULTS)
    with ask(client, tool(store), include=RESULTS, stream=True) as stream:
        events = list(stream)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = [event.type.removeprefix("response.") for event in events]
    assert kinds[:11] == [
        "created", "in_progress", "output_item.added", "file_search_call.in_progress", "file_search_call.searching",
        "file_search_call.completed", "output_item.done",
        "output_item.added", "content_part.added", "output_text.delta", "output_text.delta",
    ]  # fmt: skip
    assert [event.output_index for event in events[2:8]] == [0] * 5 + [1]
    assert (events[2].item.status, events[2].item.results) == ("in_progress", None)
    last = events[-1].response
    assert kinds[-1] == "completed" and last.output_text == whole.output_text
    assert last.output[0].results == whole.output[0].results and len({event.item_id for event in events[3:6]}) == 1


def test_functions_and_files_go_together(client: openai.OpenAI, store: str) -> None:
    function = {"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {}}, "strict": False}
    response = ask(client, [*tool(store), function], tool_choice="required")
    assert [item.type for item in response.output] == ["file_search_call", "message"]
    assert response.output_text.startswith("**9 months**")
    assert ask(client, tool(store), tool_choice={"type": "file_search"}).output[0].type == "file_search_call"


@pytest.mark.parametrize(
    ("tools", "error", "param"),
    [
        (tool("vs_none"), openai.NotFoundError, "tools[0].vector_store_ids"),
        (tool(), openai.BadRequestError, "tools[0].vector_store_ids"),
        (tool("vs_workspace", max_num_results=0), openai.BadRequestError, "tools[0].max_num_results"),
        (tool("vs_workspace", filters={"type": "near"}), openai.BadRequestError, "tools[0].filters"),
        (tool("vs_workspace", ranking_options={"ranker": "default-2024-11-15"}), openai.BadRequestError, "tools[0].ranker"),
        (tool("vs_workspace", colour="red"), openai.BadRequestError, "tools[0].colour"),
        ([*tool("vs_workspace"), *tool("vs_workspace")], openai.BadRequestError, "tools[1]"),
        ([{"type": "web_search"}], openai.BadRequestError, "tools[0].type"),
    ],
)
def test_what_is_wrong_with_the_tool_is_named(client: openai.OpenAI, tools: Any, error: Any, param: str) -> None:
    with pytest.raises(error) as refused:
        ask(client, tools)
    assert refused.value.param == param, refused.value


def test_a_search_that_finds_nothing_is_answered_by_what_else_there_is(client: openai.OpenAI) -> None:
    empty = client.vector_stores.create()
    response = client.responses.create(model="reckoner", input=TENTS, tools=tool(empty.id), include=RESULTS)
    assert response.output[0].results == [] and response.output[1].content[0].refusal == REFUSAL
    client.vector_stores.delete(empty.id)
