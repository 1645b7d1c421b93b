"""Clients' function tools, driven by the official client with strict validation: a call, its result, and the answer made of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from service.answering import REFUSAL, Answering
from service.api import create_app
from tests.servers import Server
from tests.workspaces import COUNT, TENTS, UNKNOWN, Scripted, quoting, span_of, tiny_workspace, untrained
from tools.evidence import QUESTION, Evidence, Number, Parameter, Phrase, Tool, ToolInfo
from tools.language import Program

WEATHER = {
    "type": "function", "name": "get_weather", "description": "The weather at a place.", "strict": True,
    "parameters": {
        "type": "object", "additionalProperties": False, "required": ["city", "unit", "days"],
        "properties": {
            "city": {"type": "string", "description": "The city."},
            "unit": {"type": ["string", "null"], "enum": ["celsius", "degrees_fahrenheit", None]},
            "days": {"type": ["integer", "null"], "description": "How far ahead."},
        },
    },
}  # fmt: skip
STOCK = {"type": "function", "name": "get_stock", "description": "Pieces in stock.", "parameters": {"type": "object", "properties": {}}}
SHIP = {
    "type": "function", "name": "ship", "parameters": {
        "type": "object", "required": ["weight"], "properties": {"weight": {"type": "number"}, "code": {"type": "string"}},
    },
}  # fmt: skip
OSLO = "What is the weather in Oslo in 3 days, in Degrees Fahrenheit?"


def chat(tool: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function", "function": {name: value for name, value in tool.items() if name != "type"}}


def phrase(words: str, evidence: Evidence) -> Phrase:
    start = evidence.question.index(words)
    return Phrase(words, start, start + len(words))


def call(tool: str, *arguments: Any) -> Program:
    pairs = zip(arguments[::2], arguments[1::2], strict=True)
    return ("call", Tool(tool), *(token for name, value in pairs for token in (Parameter(tool, name), value)), "end")


def script(evidence: Evidence) -> Sequence[Program]:
    """A model that calls what it is shown, and knows some answers without."""
    shown = {block.name for block in evidence.blocks if isinstance(block, ToolInfo)}
    question = evidence.question
    if "get_weather" in shown and "Oslo" in question:
        three = question.index("3 days")
        unit = phrase("Degrees Fahrenheit", evidence)
        days = Number("3", QUESTION, three, three + 1)
        return [
            (*call("get_weather", "city", phrase("Oslo", evidence), "unit", unit, "days", days), "give", "r1"),
            (*call("get_weather", "days", days), "give", "r1"),  # lacks the city
            (*call("get_weather", "city", phrase("Oslo", evidence), "unit", phrase("weather", evidence)), "give", "r1"),
        ]
    if "get_weather" in shown and "twice" in question:
        bergen = call("get_weather", "city", phrase("Bergen", evidence))
        return [(*bergen, "calc", "mul", "r1", "2", "give", "r2")]
    if "get_weather" in shown and "both" in question:
        bergen, moss = (call("get_weather", "city", phrase(city, evidence)) for city in ("Bergen", "Moss"))
        return [(*bergen, *moss, "calc", "sub", "r1", "r2", "give", "r3")]
    if "warranty" in question:
        calls = call("get_stock"), call("get_weather", "city", span_of("24", evidence))
        return [*quoting("24 months")(evidence), *((*made, "give", "r1") for made in calls)]
    return [COUNT] if "orders" in question else [UNKNOWN]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    workspace, settings = tiny_workspace(tmp_path_factory.mktemp("calls"))
    with Server(create_app(Answering(workspace, Scripted(script), settings), settings)) as running:
        yield running
    workspace.close()


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0, _strict_response_validation=True) as client:
        yield client


def verified(server: Server, id: str) -> bool:
    return httpx2.post(f"{server.url}/v1/answers/{id}/verify").json()["stands"]


# --- Calls


def test_a_response_is_a_call_with_arguments_of_the_declared_types(client: openai.OpenAI, server: Server) -> None:
    response = client.responses.create(model="reckoner", input=OSLO, tools=[WEATHER, STOCK])
    (item,) = response.output
    assert item.type == "function_call" and (item.name, item.status) == ("get_weather", "completed")
    assert json.loads(item.arguments) == {"city": "Oslo", "unit": "degrees_fahrenheit", "days": 3}
    assert item.call_id != client.responses.create(model="reckoner", input=OSLO, tools=[WEATHER]).output[0].call_id
    assert [tool.name for tool in response.tools] == ["get_weather", "get_stock"] and response.tool_choice == "auto"
    trace = httpx2.get(f"{server.url}/v1/answers/{response.id}/trace").json()
    _, first, second = trace["candidates"]
    assert first["failed"] == "FixArguments: 'get_weather' needs 'city', which is not supplied"
    assert second["failed"] == "FixArguments: 'unit' must be one of celsius, degrees_fahrenheit, not 'weather'"
    assert verified(server, response.id)


def test_a_completion_is_the_same_call(client: openai.OpenAI) -> None:
    asked: dict[str, Any] = {"model": "reckoner", "messages": [{"role": "user", "content": OSLO}], "tools": [chat(WEATHER)]}
    choice = client.chat.completions.create(**asked).choices[0]
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", None)
    (called,) = choice.message.tool_calls
    assert (called.type, called.function.name) == ("function", "get_weather")
    chunks = [c for chunk in client.chat.completions.create(**asked, stream=True) for c in chunk.choices]
    deltas = [delta for c in chunks for delta in c.delta.tool_calls or ()]
    assert (deltas[0].index, deltas[0].function.name, deltas[0].type) == (0, "get_weather", "function") and deltas[0].id
    assert len(deltas) > 2 and "".join(delta.function.arguments for delta in deltas) == called.function.arguments
    assert chunks[-1].finish_reason == "tool_calls"


def test_a_streamed_response_has_the_events_of_a_call(client: openai.OpenAI) -> None:
    events = list(client.responses.create(model="reckoner", input=OSLO, tools=[WEATHER], stream=True))
    kinds = [event.type.removeprefix("response.") for event in events]
    assert [kind for kind, before in zip(kinds, ["", *kinds], strict=False) if kind != before] == [
        "created", "in_progress", "output_item.added", "function_call_arguments.delta", "function_call_arguments.done",
        "output_item.done", "completed",
    ]  # fmt: skip
    (done,) = (event for event in events if event.type == "response.function_call_arguments.done")
    assert "".join(event.delta for event in events if event.type == "response.function_call_arguments.delta") == done.arguments
    assert events[-1].response.output[0].arguments == done.arguments and events[2].item.arguments == ""
    with client.responses.stream(model="reckoner", input=OSLO, tools=[WEATHER]) as stream:  # the client puts them together itself
        assert stream.get_final_response().output[0].name == "get_weather"


def test_what_is_chosen_by_the_caller_holds(client: openai.OpenAI) -> None:
    def output(**given: Any) -> Any:
        return client.responses.create(model="reckoner", input=TENTS, tools=[WEATHER, STOCK], **given).output[0]

    assert output().type == output(tool_choice="auto").type == output(tool_choice="none").type == "message"
    assert output(tool_choice="required").name == "get_stock"
    named = output(tool_choice={"type": "function", "name": "get_weather"})
    assert (named.name, json.loads(named.arguments)["city"]) == ("get_weather", "24")
    refused = client.responses.create(model="reckoner", input=OSLO, tools=[WEATHER], tool_choice="none").output[0]
    assert refused.content[0].type == "refusal"  # the model was not shown the function
    asked: dict[str, Any] = {"model": "reckoner", "messages": [{"role": "user", "content": TENTS}], "tools": [chat(WEATHER), chat(STOCK)]}
    choice = client.chat.completions.create(**asked, tool_choice={"type": "function", "function": {"name": "get_weather"}}).choices[0]
    assert choice.message.tool_calls[0].function.name == "get_weather"


@pytest.mark.parametrize("choice", ["required", {"type": "function", "name": "ship"}])
def test_a_network_that_learned_nothing_calls_what_it_must(tmp_path: Path, choice: Any) -> None:
    """The mask of the decoder, over a real network: no threshold refuses, and no other program is written."""
    workspace, settings = tiny_workspace(tmp_path)
    stock = {**STOCK, "name": "ship_stock"}
    ship = {**SHIP, "parameters": {"type": "object", "properties": {"code": {"type": "string"}}}}
    with Server(create_app(Answering(workspace, untrained(), settings), settings)) as server:
        asked = {"input": TENTS, "tools": [stock, ship], "tool_choice": choice}
        answer = httpx2.post(f"{server.url}/v1/responses", json=asked).json()
        trace = httpx2.get(f"{server.url}/v1/answers/{answer['id']}/trace").json()
    assert trace["candidates"]
    for candidate in trace["candidates"]:
        assert candidate["program"].startswith("call tool[" if choice == "required" else 'call tool["ship"]')
    assert trace["reason"] in ("", "no program")
    assert trace["reason"] or answer["output"][0]["type"] == "function_call"
    workspace.close()


# --- The second round


def answered(client: openai.OpenAI, question: str, result: Any, **given: Any) -> Any:
    """The response after the client has called what the first one asks for."""
    items: list[Any] = [{"role": "user", "content": question}]
    first = client.responses.create(model="reckoner", input=items, tools=[WEATHER], **given)
    items += [*first.output, {"type": "function_call_output", "call_id": first.output[0].call_id, "output": result}]
    return client.responses.create(model="reckoner", input=items, tools=[WEATHER], **given)


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ("7", "7 (get_weather: "), ("Mild, with showers.", "Mild, with showers. (get_weather: "), ('"dry"', "dry (get_weather: "),
        ('{"sky": "clear", "degrees": 7.5, "wind": {"speed": 3}}', 'sky: clear\ndegrees: 7.5\nwind: {"speed": 3}\n\n(get_weather: '),
        ('["rain", "sun"]', "rain, sun (get_weather: "), ('[{"day": 1, "sky": "clear"}]', "- day: 1; sky: clear (get_weather: "),
    ],
)  # fmt: skip
def test_the_answer_is_what_the_function_gave(client: openai.OpenAI, server: Server, result: str, text: str) -> None:
    response = answered(client, OSLO, result)
    assert response.output_text == f"{text}city = Oslo, unit = degrees_fahrenheit, days = 3)"
    trace = httpx2.get(f"{server.url}/v1/answers/{response.id}/trace").json()
    assert trace["outcome"]["call"]["executed"] and trace["outcome"]["call"]["arguments"]["city"] == "Oslo"
    assert trace["calling"]["answered"][0]["tool"] == "get_weather"
    assert verified(server, response.id)


def test_the_program_goes_on_with_what_the_function_gave(client: openai.OpenAI, server: Server) -> None:
    response = answered(client, "What is twice the temperature in Bergen?", "21")
    assert response.output_text.startswith("42 (") and response.reckoner["value"] == "42"
    assert verified(server, response.id)


def test_a_program_may_call_again(client: openai.OpenAI) -> None:
    items: list[Any] = [{"role": "user", "content": "By how much does the temperature differ in both, Bergen and Moss?"}]
    for city, result in (("Bergen", "12"), ("Moss", "4.5")):
        response = client.responses.create(model="reckoner", input=items, tools=[WEATHER])
        assert json.loads(response.output[0].arguments)["city"] == city
        items += [*response.output, {"type": "function_call_output", "call_id": response.output[0].call_id, "output": result}]
    last = client.responses.create(model="reckoner", input=items, tools=[WEATHER])
    assert last.output_text.startswith("7.5 (")
    ended = client.responses.create(model="reckoner", input=items[:3], tools=[WEATHER], tool_choice="none")
    assert ended.output[0].content[0].refusal == REFUSAL  # it needs the second call, which is not wanted


def test_a_function_that_gave_nothing_gives_no_answer(client: openai.OpenAI) -> None:
    for nothing in ("null", "", "[]"):
        assert answered(client, OSLO, nothing).output[0].content[0].type == "refusal"


def test_a_conversation_in_chat_goes_through_several_rounds(client: openai.OpenAI) -> None:
    messages: list[Any] = []
    for question, result, expected in ((OSLO, "7", "7 (get_weather"), ("What is twice the temperature in Bergen?", "5", "10 (")):
        messages.append({"role": "user", "content": question})
        message = client.chat.completions.create(model="reckoner", messages=messages, tools=[chat(WEATHER)]).choices[0].message
        messages += [message.model_dump(exclude_none=True), {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": result}]
        answer = client.chat.completions.create(model="reckoner", messages=messages, tools=[chat(WEATHER)], tool_choice="none").choices[0]
        assert answer.finish_reason == "stop" and answer.message.content.startswith(expected)
        messages.append(answer.message.model_dump(exclude_none=True))
    assert client.chat.completions.create(
        model="reckoner", messages=[*messages, {"role": "user", "content": "How many orders were shipped?"}]
    ).choices[0].message.content.startswith("2 (")


def test_a_response_goes_on_from_an_earlier_one(client: openai.OpenAI) -> None:
    first = client.responses.create(model="reckoner", input="How do Bergen and Moss differ, both in degrees?", tools=[WEATHER])
    previous = first
    for result in ("12", "10"):
        output = {"type": "function_call_output", "call_id": previous.output[0].call_id, "output": result}
        previous = client.responses.create(model="reckoner", input=[output], tools=[WEATHER], previous_response_id=previous.id)
    assert previous.output_text.startswith("2 (") and previous.previous_response_id
    another = client.responses.create(model="reckoner", input="How many orders were shipped?", previous_response_id=first.id)
    assert another.output_text.startswith("2 (count")
    with pytest.raises(openai.BadRequestError) as error:
        client.responses.create(model="reckoner", input="and now?", previous_response_id="resp_" + "0" * 32)
    assert (error.value.param, error.value.code) == ("previous_response_id", "previous_response_not_found")
    with pytest.raises(openai.BadRequestError) as error:
        unknown = {"type": "function_call_output", "call_id": "call_7", "output": "1"}
        client.responses.create(model="reckoner", input=[unknown], previous_response_id=first.id)
    assert error.value.param == "input[0].call_id"


def foreign(question: str, name: str, arguments: dict[str, Any], result: str) -> list[Any]:
    """A conversation whose call another model has made."""
    made = {"type": "function_call", "call_id": "call_1", "name": name, "arguments": json.dumps(arguments)}
    return [{"role": "user", "content": question}, made, {"type": "function_call_output", "call_id": "call_1", "output": result}]


def test_a_call_of_another_model_is_answered_where_its_arguments_stand_in_the_evidence(client: openai.OpenAI, server: Server) -> None:
    question = "Send 2.50 kg to 00501 please"
    response = client.responses.create(
        model="reckoner", input=foreign(question, "ship", {"weight": 2.5, "code": "00501"}, '{"price": 9}'), tools=[SHIP]
    )
    assert response.output_text == "price: 9 (ship: weight = 2.5, code = 00501)"
    assert response.reckoner["program"].startswith('call tool["ship"] parameter["ship", "weight"] number["2.5')
    assert verified(server, response.id)
    undeclared = client.responses.create(model="reckoner", input=foreign(question, "ship", {"code": "00501"}, "sent"))
    assert undeclared.output_text == "sent (ship: code = 00501)"  # the client offers the function no more


@pytest.mark.parametrize("arguments", [{"weight": 3.7, "code": "00501"}, {"weight": 2.5, "code": "90210"}, {"weight": 2.5, "size": "kg"}])
def test_a_call_with_arguments_from_nowhere_is_not_answered(client: openai.OpenAI, arguments: dict[str, Any]) -> None:
    conversation = foreign("Send 2.50 kg to 00501 please", "ship", arguments, "sent")
    refused = client.responses.create(model="reckoner", input=conversation, tools=[SHIP])
    assert refused.output[0].content[0].refusal == REFUSAL and refused.reckoner["reason"] == "no program"


# --- Mistakes

USER = {"role": "user", "content": OSLO}
MADE = {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"}
GAVE = {"type": "function_call_output", "call_id": "call_1", "output": "7"}


def with_parameters(**properties: Any) -> dict[str, Any]:
    return {"tools": [{**STOCK, "parameters": {"type": "object", "properties": properties, "required": list(properties)}}]}


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"tools": [STOCK] * 33}, "tools"),
        ({"tools": [STOCK, STOCK]}, "tools[1].name"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tools": [{**STOCK, "name": "a b"}]}, "tools[0].name"),
        ({"tools": [{**STOCK, "name": "x" * 65}]}, "tools[0].name"),
        ({"tools": [{**STOCK, "description": "x" * 4097}]}, "tools[0].description"),
        ({"tools": [{**STOCK, "strict": "yes"}]}, "tools[0].strict"),
        ({"tools": [{**STOCK, "parameters": []}]}, "tools[0].parameters"),
        ({"tools": [{**STOCK, "parameters": {"type": "array"}}]}, "tools[0].parameters.type"),
        ({"tools": [{**STOCK, "parameters": {"required": ["x"]}}]}, "tools[0].parameters.required"),
        (with_parameters(at={"type": "object"}), "tools[0].parameters.properties.at"),
        (with_parameters(at={"type": "array", "items": {"type": "string"}}), "tools[0].parameters.properties.at"),
        (with_parameters(at={"$ref": "#/$defs/none"}), "tools[0].parameters.properties.at.$ref"),
        (with_parameters(at={"$ref": "https://example.org/schema"}), "tools[0].parameters.properties.at.$ref"),
        (with_parameters(at={"$ref": "#/properties/at"}), "tools[0].parameters.properties.at"),
        (with_parameters(at={"type": "text"}), "tools[0].parameters.properties.at.type"),
        (with_parameters(at={"type": "number", "minimum": "a"}), "tools[0].parameters.properties.at.minimum"),
        (with_parameters(at=7), "tools[0].parameters.properties.at"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": "any"}, "tool_choice"),
        ({"tools": [STOCK], "tool_choice": {"type": "function", "name": "get_weather"}}, "tool_choice.name"),
        ({"input": [USER, GAVE]}, "input[1].call_id"),
        ({"input": [USER, MADE]}, "input[1].call_id"),
        ({"input": [USER, MADE, {**GAVE, "call_id": "call_2"}]}, "input[2].call_id"),
        ({"input": [USER, MADE, GAVE, GAVE]}, "input[3].call_id"),
        ({"input": [USER, MADE, MADE, GAVE]}, "input[2].call_id"),
        ({"input": [USER, {**MADE, "arguments": "[]"}, GAVE]}, "input[1].arguments"),
        ({"input": [USER, {**MADE, "arguments": "{"}, GAVE]}, "input[1].arguments"),
        ({"input": [USER, {**MADE, "name": ""}, GAVE]}, "input[1].name"),
        ({"input": [USER, MADE, {**GAVE, "output": [{"type": "input_image"}]}]}, "input[2].output[0].type"),
        ({"input": [MADE, GAVE]}, "input"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(client: openai.OpenAI, given: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as error:
        client.responses.create(**{"model": "reckoner", "input": OSLO, **given})
    assert error.value.param == param and error.value.code


@pytest.mark.parametrize(
    ("extra", "param"),
    [
        ([{"role": "tool", "tool_call_id": "call_1", "content": "7"}], "messages[1].tool_call_id"),
        ([{"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function"}]}], "messages[1].tool_calls[0]"),
        ([{"role": "assistant", "tool_calls": "x"}], "messages[1].tool_calls"),
        (
            [{"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}]}],
            "messages[1].tool_calls[0].id",
        ),
        ([{"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "f"}}]}], "messages[1].tool_calls[0].function.arguments"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_chat_is_named(client: openai.OpenAI, extra: list[Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as error:
        client.chat.completions.create(model="reckoner", messages=[USER, *extra])
    assert error.value.param == param


def test_half_a_surrogate_pair_in_a_tool_is_refused(server: Server) -> None:
    body = json.dumps({"input": OSLO, "tools": [{**STOCK, "description": "\ud800"}]})
    assert httpx2.post(f"{server.url}/v1/responses", content=body).status_code == 400
    made = {**MADE, "arguments": '{"city": "Oslo"}'}
    body = json.dumps({"input": [USER, made, {**GAVE, "output": '"\\ud800"'}], "tools": [WEATHER]})
    assert httpx2.post(f"{server.url}/v1/responses", content=body).status_code == 200  # it is no JSON, so it is taken as the text it is


def test_few_lines_of_schema_that_stand_for_very_many_are_refused_at_once(server: Server) -> None:
    defs = {f"d{i}": {"anyOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 10} for i in range(12)} | {"d12": {"type": "string"}}
    schema = {"type": "object", "properties": {"at": {"$ref": "#/$defs/d0"}}, "$defs": defs}
    answer = httpx2.post(f"{server.url}/v1/responses", json={"input": OSLO, "tools": [{**STOCK, "parameters": schema}]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_function_parameters")
