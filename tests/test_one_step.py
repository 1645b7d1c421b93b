"""One step of learning, explained: its numbers are those of the real step, and the model that answers is left as it was."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
import torch
from torch import Tensor

from models.answerer import Answerer
from models.batching import collate
from models.decode import Candidate
from models.encoding import encode
from models.examples import Example
from models.fit import FitConfig, Progress, fit
from models.objectives import program_loss
from models.one_step import Belief, OneStep, Unteachable, one_step, title_of
from models.transformer import Transformer
from models.watch import layer_of
from service.answering import Answering
from service.api import create_app
from service.jobs.training import RATE
from service.one_step_api import explained
from service.settings import Settings
from service.workspace import Workspace
from tests.servers import Server
from tests.test_models import OneBatch
from tests.workspaces import (
    COUNT, LUNCH, NOTHING, PRICES, TENTS, UNKNOWN, WARRANTY, settings_for, span_of, tiny_workspace, untrained, untrained_checkpoint,
)  # fmt: skip
from tools.evidence import Column, Evidence, Passage, Table
from tools.language import OPERATIONS, Program, print_program

SQL = "SELECT COUNT(*) FROM orders WHERE status = 'shipped'"
EVIDENCE = Evidence(TENTS, (Passage("1", "Warranty", WARRANTY), Passage("2", "Prices", PRICES)))
EXAMPLE = Example(EVIDENCE, ("quote", span_of("24 months", EVIDENCE), "end"), "", "")


@pytest.fixture(scope="module")
def answerer() -> Answerer:
    """A network that has learned nothing, but whose every weight has a part in what it says: fresh ones have zeros in places."""
    answerer = untrained()
    with torch.no_grad():
        for parameter in answerer.model.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(parameter.numel()))
    return answerer


def taken(answerer: Answerer, rate: float = RATE, example: Example = EXAMPLE) -> OneStep:
    return one_step(answerer.model, answerer.tokenizer, example, rate)


def weights(model: Transformer) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


# --- The numbers ------------------------------------------------------------------------------------------------------


def surprises(model: Transformer, answerer: Answerer) -> list[Tensor]:
    """-log p of each step of the program, worked out a step at a time without the objective's code."""
    encoded = encode(EXAMPLE.evidence, answerer.tokenizer)
    targets = encoded.targets(EXAMPLE.program)
    assert targets is not None
    batch = collate([encoded], [targets], answerer.tokenizer.mark("pad"))
    (part,) = batch.parts
    memory = model.remember(model.encoder(batch.groups), part.places.positions, part.places.padding)
    operations, pointers, _ = model.decode(memory, part.previous)
    found = []
    for step, target in enumerate(targets):
        chances = torch.cat((operations[0, step], pointers[0, step])).softmax(-1)
        if target < len(OPERATIONS):
            chance = chances[target]
        else:
            there = part.places.slots[0] == target - len(OPERATIONS)
            chance = chances[len(OPERATIONS) :][there].sum()
        found.append(-chance.log())
    return found


def test_loss_and_gradients_are_those_of_an_independent_computation(answerer: Answerer) -> None:
    step, model = taken(answerer), copy.deepcopy(answerer.model)
    losses = surprises(model, answerer)
    assert step.tokens == len(losses) == 4  # quote, first and last word, end
    loss = torch.stack(losses).mean()
    assert step.before.loss == pytest.approx(loss.item(), rel=1e-5)
    assert step.before.log_probability == pytest.approx(-torch.stack(losses).sum().item(), rel=1e-5)
    names, parameters = zip(*model.named_parameters(), strict=True)
    squares: dict[str, float] = {}
    for name, gradient in zip(names, torch.autograd.grad(loss, parameters), strict=True):
        squares[layer_of(name)] = squares.get(layer_of(name), 0.0) + gradient.double().square().sum().item()
    assert {name: signs.gradient for name, signs in step.layers.items()} == pytest.approx(
        {name: math.sqrt(square) for name, square in squares.items()}, rel=1e-4
    )
    assert step.gradient == pytest.approx(math.sqrt(sum(squares.values())), rel=1e-4)
    assert step.clipped == (step.gradient > 1)


def test_the_step_is_the_one_that_training_takes_at_its_full_rate(answerer: Answerer) -> None:
    encoded = encode(EXAMPLE.evidence, answerer.tokenizer)
    targets = encoded.targets(EXAMPLE.program)
    assert targets is not None
    batch, model, told = collate([encoded], [targets], answerer.tokenizer.mark("pad")), copy.deepcopy(answerer.model), list[Progress]()
    last = FitConfig(steps=1, learning_rate=RATE, warmup=0, average=0.0, watch_every=1)  # without an average of the weights
    fit(model, program_loss, OneBatch(batch), last, report=told.append)
    step = taken(answerer)
    with torch.no_grad():
        assert step.after.loss == program_loss(model, batch)[0].item()
    assert (told[0].rate, told[0].gradient, told[0].layers) == (step.rate, step.gradient, step.layers)


@pytest.mark.parametrize("rate", [1e-6, RATE, 1e-3])
def test_the_loss_is_lower_after_a_step_and_the_right_program_likelier(answerer: Answerer, rate: float) -> None:
    step = taken(answerer, rate)
    assert step.after.loss < step.before.loss and step.after.log_probability > step.before.log_probability


def test_how_far_a_first_step_goes_is_set_by_the_rate(answerer: Answerer) -> None:
    """The last norm's gains are all near 1 and do not decay, so each moves by the rate, and so does the whole by its share."""
    gains = answerer.model.norm.weight
    for rate in (RATE, 5 * RATE):
        moved = rate * math.sqrt(gains.numel()) / gains.norm().item()
        assert taken(answerer, rate).layers["norm"].update == pytest.approx(moved, rel=1e-3)


def test_a_network_with_dropout_takes_the_same_step_every_time(answerer: Answerer) -> None:
    torch.manual_seed(0)
    leaky = Transformer(replace(answerer.model.config, dropout=0.5))
    steps = [one_step(leaky, answerer.tokenizer, EXAMPLE, RATE) for _ in range(2)]
    assert steps[0] == steps[1] and leaky.training


def test_the_model_is_left_as_it_was_bit_for_bit(answerer: Answerer) -> None:
    before = weights(answerer.model)
    taken(answerer, 1.0)
    after = answerer.model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(parameter.grad is None for parameter in answerer.model.parameters())
    assert not any(module._forward_hooks for module in answerer.model.modules())


NOWHERE: Program = ("query", "select", Column("moons", "name", "text"), "end", "give", "r1")
ENDLESS: Program = ("quote", *(span_of("24 months", EVIDENCE),) * 50, "end")


@pytest.mark.parametrize(("program", "reason"), [(NOWHERE, "does not see"), (ENDLESS, "102 steps")])
def test_what_the_model_could_never_say_cannot_be_taught(answerer: Answerer, program: Program, reason: str) -> None:
    with pytest.raises(Unteachable, match=reason):
        taken(answerer, example=replace(EXAMPLE, program=program))


@pytest.mark.parametrize(
    ("layer", "title"),
    [
        ("encoder.blocks.0", "first reading layer"), ("encoder.blocks.2", "third reading layer"), ("decoder.1", "second writing layer"),
        ("decoder.20", "21st writing layer"), ("encoder.blocks.11", "12th reading layer"), ("encoder.token", "table of words"),
        ("something.new", "part “something.new”"),
    ],
)  # fmt: skip
def test_layers_have_titles_in_plain_words(layer: str, title: str) -> None:
    assert title_of(layer) == title


def test_every_layer_of_the_network_has_a_title_of_its_own(answerer: Answerer) -> None:
    titles = [title_of(layer) for layer in taken(answerer).layers]
    assert len(set(titles)) == len(titles) and not any("part “" in title for title in titles)


# --- The sentences ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace, _ = tiny_workspace(tmp_path_factory.mktemp("said"))
    yield workspace
    workspace.close()


def sentences(workspace: Workspace, predicted: Program | None, answerer: Answerer, chances: tuple[float, float] = (0.12, 0.3)) -> str:
    """What is said of a step towards COUNT, where the model finds `predicted` likeliest, with a chance of a half."""
    evidence = Evidence("How many orders were shipped?", (workspace.databases["shop"].schema,))
    candidate = Candidate(predicted, math.log(0.5), 1, 0.0) if predicted is not None else None
    before, after = (Belief(-math.log(chance) / 10, math.log(chance), candidate) for chance in chances)
    step = OneStep(before, after, 10, RATE, 2.5, 1.0, taken(answerer).layers)
    parts = explained(step, Example(evidence, COUNT, "", ""), workspace.router)
    assert parts["sentences"][:-1] == [part["sentence"] for part in parts.values() if isinstance(part, dict)]
    return " ".join(parts["sentences"])


SAME: Program = ("query", "select", "count", Table("orders"), "where", "gt", Column("orders", "total", "number"), "5", "end", "give", "r1")


@pytest.mark.parametrize(
    ("predicted", "said"),
    [
        (COUNT, "This is its likeliest program, so it is right."),
        (SAME, "(50 %) is another, which gives the same: that is right, too."),
        (("query", "select", "count", Table("orders"), "end", "give", "r1"), "(50 %) is another, which gives “3”: that is not right."),
        (UNKNOWN, "which says that there is no answer: that is not right."),
        (NOTHING, "which cannot be executed (no rows): that is not right."),
        (None, "The model found no program of its own."),
    ],
)
def test_a_prediction_is_told_with_what_it_gives(workspace: Workspace, answerer: Answerer, predicted: Program | None, said: str) -> None:
    assert sentences(workspace, predicted, answerer).count(said) == 2  # before and after


@pytest.mark.parametrize(
    ("chances", "said"),
    [
        ((0.12, 0.3), ["the right program a chance of 12 %.", "a chance of 30 %, 2.5 times as much as before.", "so it fell by 43 %."]),
        ((0.5, 0.25), ["a chance of 25 %, 0.5 times as much as before.", "so it rose: the step went too far."]),
        ((1e-9, 1e-6), ["a chance of less than 0.01 %, 1,000 times as much as before."]),
        ((0.99999, 0.999991), ["a chance of more than 99.99 %, about as much as before."]),
    ],
)
def test_chances_are_told_in_percent_and_compared(
    workspace: Workspace, answerer: Answerer, chances: tuple[float, float], said: list[str]
) -> None:
    told = sentences(workspace, COUNT, answerer, chances)
    assert [sentence for sentence in said if sentence not in told] == []


def test_a_gradient_that_is_cut_is_told(workspace: Workspace, answerer: Answerer) -> None:
    assert "has a length of 2.5; at most 1 is allowed, so it was scaled down." in sentences(workspace, COUNT, answerer)


# --- Over HTTP --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("step")
    workspace, settings = tiny_workspace(folder, model=untrained_checkpoint(folder / "base"), beams=4)
    workspace.close()
    return settings


@pytest.fixture(scope="module")
def serving(settings: Settings) -> Iterator[Answering]:
    workspace = Workspace.open(settings)
    yield Answering(workspace, Answerer.load(settings.model), settings)
    workspace.close()


@pytest.fixture(scope="module")
def server(serving: Answering, settings: Settings) -> Iterator[Server]:
    with Server(create_app(serving, settings)) as running:
        yield running


def post(server: Server, body: Any) -> httpx2.Response:
    return httpx2.post(f"{server.url}/v1/learning/step", json=body)


QUOTED = {"question": TENTS, "answer": "24 months"}


def test_a_step_is_told_part_by_part_each_with_its_sentence(server: Server) -> None:
    answer = post(server, QUOTED)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["object"], told["model"], told["question"]) == ("learning.step", "reckoner-tiny", TENTS)
    assert (told["right"]["text"], told["right"]["program"][:5]) == ("24 months", "quote")
    parts = [told[name] for name in ("right", "before", "loss", "gradient", "update", "after")]
    assert told["sentences"][:-1] == [part["sentence"] for part in parts] and all(told["sentences"])
    before, loss, gradient, update, after = parts[1:]
    assert before["right_probability"] == pytest.approx(math.exp(-loss["before"] * loss["steps"]), rel=1e-4)
    assert after["right_probability"] > before["right_probability"] and loss["after"] < loss["before"]
    assert {"program", "text", "failed", "probability", "right"} == before["prediction"].keys() == after["prediction"].keys()
    assert sum(layer["share"] for layer in gradient["layers"]) == pytest.approx(1)
    named = [(layer["name"], layer["title"]) for layer in gradient["layers"]]
    assert named == [(layer["name"], layer["title"]) for layer in update["layers"]] and ("decoder.0", "first writing layer") in named
    assert update["learning_rate"] == RATE and all(layer["ratio"] > 0 for layer in update["layers"])


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"question": TENTS, "answer": "24 months"}, "24 months"),
        ({"question": "How many orders were shipped?", "sql": SQL}, "2"),
        ({"question": "How many orders were shipped?", "sql": SQL, "database": "shop"}, "2"),
        ({"question": "How many orders were shipped?", "program": print_program(COUNT)}, "2"),
        ({"question": LUNCH, "answer": None}, None),
    ],
)
def test_the_right_answer_is_said_in_any_of_the_ways_of_an_example(server: Server, given: dict[str, Any], text: str | None) -> None:
    answer = post(server, given)
    assert answer.status_code == 200, answer.text
    assert answer.json()["right"]["text"] == text


def test_a_multiplier_is_of_the_usual_rate(server: Server) -> None:
    once, thrice = (post(server, {**QUOTED, "learning_rate_multiplier": times}).json() for times in (1, 3))
    assert thrice["update"]["learning_rate"] == pytest.approx(3 * RATE)
    assert thrice["before"] == once["before"] and thrice["loss"]["after"] < once["loss"]["after"]


def test_the_model_that_serves_is_not_touched(server: Server, serving: Answering) -> None:
    assert isinstance(serving.answerer, Answerer)
    model = serving.answerer.model
    before = weights(model)
    first = post(server, {**QUOTED, "learning_rate_multiplier": 20}).json()
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters()) and not model.training
    assert post(server, {**QUOTED, "learning_rate_multiplier": 20}).json() == first


@pytest.mark.parametrize(
    ("body", "status", "param", "code"),
    [
        ({"question": TENTS}, 400, "answer", "missing_required_parameter"),
        ({**QUOTED, "sql": SQL}, 400, "sql", "invalid_value"),
        ({"question": TENTS, "sql": SQL, "program": "unknown"}, 400, "program", "invalid_value"),
        ({"answer": "24 months"}, 400, "question", "missing_required_parameter"),
        ({**QUOTED, "question": " "}, 400, "question", "empty_question"),
        ({**QUOTED, "question": "?" * 3000}, 400, "question", "question_too_long"),
        ({**QUOTED, "answer": {"months": 24}}, 400, "answer", "invalid_type"),
        ({**QUOTED, "answer": "nobody says this"}, 400, "answer", "unusable_answer"),
        ({"question": TENTS, "sql": "DELETE FROM orders"}, 400, "sql", "unusable_answer"),
        ({"question": TENTS, "program": "quote what"}, 400, "program", "unusable_answer"),
        ({"question": TENTS, "sql": SQL, "database": "moon"}, 400, "database", "unknown_database"),
        ({**QUOTED, "database": "moon"}, 400, "database", "unknown_database"),
        ({**QUOTED, "learning_rate_multiplier": 0}, 400, "learning_rate_multiplier", "invalid_hyperparameter"),
        ({**QUOTED, "learning_rate_multiplier": 1e9}, 400, "learning_rate_multiplier", "invalid_hyperparameter"),
        ({**QUOTED, "colour": "red"}, 400, "colour", "unknown_parameter"),
        ({**QUOTED, "model": "gpt-4"}, 404, "model", "model_not_found"),
        ([], 400, None, "invalid_value"),
    ],
)
def test_a_bad_request_names_its_parameter(server: Server, body: object, status: int, param: str | None, code: str) -> None:
    answer = post(server, body)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (status, param, code)


def test_without_a_workspace_there_is_no_such_endpoint(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = settings_for(tmp_path_factory.mktemp("none"))
    with Server(create_app(Answering(None, untrained(), settings), settings)) as server:
        answer = post(server, QUOTED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_url")
