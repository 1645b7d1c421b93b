"""One step, explained: what the model believes about a question, what one step of learning does to it, and what it believes then.

The step is taken on a copy of the network, by the backward pass and the optimizers of a training job. The model that answers stays as it
is, and nothing is kept. Every part of the answer says in a sentence what its numbers mean. The prediction is the likeliest program for
the evidence that would be learned from; what the service answers also weighs how far to trust it.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from pydantic import Field

from models.answerer import Answerer
from models.decode import Candidate
from models.examples import Example
from models.one_step import Belief, OneStep, Unteachable, one_step, title_of
from service.answering import Answering
from service.bodies import described, read_json, validated
from service.engine import Engine
from service.jobs.lines import Unusable, read_example
from service.jobs.training import RATE
from service.render import render
from service.right_answers import Given, RightAnswer
from service.parameters import InvalidRequest, question_of
from service.serving import Serving
from service.settings import Settings
from service.waiting import result_of
from tools.errors import DatabaseError, ToolError
from tools.evidence import Evidence
from tools.language import LanguageError, Program, print_program
from tools.outcome import Outcome
from tools.router import Router

_MOST = 20  # times the usual rate
_SAID = 200  # characters of an answer that a sentence repeats
_COPY = "All this was done on a copy: the model that answers has not changed. A training job takes many such steps, over many examples."


class StepRequest(RightAnswer):
    question: str = Field(description="The question to learn.")
    model: str | None = Field(None, description="A model of this service; without one, the one that serves.")
    learning_rate_multiplier: float = Field(1.0, gt=0, le=_MOST, description="Times the usual rate of a training job.")


class OneStepWeb:
    """The endpoint. It needs a workspace, to look up what the question is answered from."""

    def __init__(self, serving: Serving, settings: Settings, engine: Engine) -> None:
        self.serving, self.settings, self.engine = serving, settings, engine

    def install(self, app: FastAPI) -> None:
        app.add_api_route("/v1/learning/step", self.step, methods=["POST"], openapi_extra=described(StepRequest))

    async def step(self, request: Request) -> dict[str, Any]:
        """Raises InvalidRequest, naming the parameter, UnknownModel, and what the engine raises where there is no room."""
        body = await read_json(request, self.settings.max_body_bytes)
        asked = validated(StepRequest, body, {"learning_rate_multiplier": "invalid_hyperparameter"})
        question = question_of(asked.question, "question", self.settings.max_question_characters)
        given = asked.given()
        found = self.serving.ready(asked.model)
        # A version that is named for the first time is loaded, which takes a moment.
        name, answering = found if found is not None else await asyncio.to_thread(self.serving.named, asked.model)
        line = asked.line(question, answering.workspace.databases if answering.workspace is not None else {})
        rate = RATE * asked.learning_rate_multiplier
        explained = await result_of(self.engine.run(lambda: self._explained(answering, line, given, rate)), request)
        return {"object": "learning.step", "model": name, "question": question, **explained}

    def _explained(self, answering: Answering, line: dict[str, Any], given: Given, rate: float) -> dict[str, Any]:
        answerer, workspace = answering.answerer, answering.workspace
        assert workspace is not None and isinstance(answerer, Answerer)  # what else answers is of tests, and has no weights
        try:
            example = read_example(line, workspace, answerer, self.settings)
            step = one_step(answerer.model, answerer.tokenizer, example, rate, self.settings.beams)
        except (Unusable, Unteachable) as reason:
            raise InvalidRequest(f"{given!r} cannot be learned from: {reason}.", given, "unusable_answer") from None
        return explained(step, example, workspace.router)


# --- The step in numbers and sentences --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Said:
    """What a program gives when it is executed: its outcome, or why there is none. `text` is None where it gives nothing to read."""

    program: Program
    outcome: Outcome | None
    text: str | None
    failed: str | None

    @property
    def quoted(self) -> str:
        """As a sentence goes on behind "which"."""
        if self.outcome is None:
            return f"cannot be executed ({self.failed})"
        if self.text is None:
            return "says that there is no answer"
        if "\n" in self.text:
            return f"gives a table of {len(self.outcome.rows)} rows"
        return f"gives “{self.text if len(self.text) <= _SAID else self.text[:_SAID] + '…'}”"

    def same(self, other: _Said) -> bool:
        """Whether both give the same, whatever their programs."""
        if self.outcome is None or other.outcome is None:
            return self.program == other.program
        mine, others = ((o.kind, o.text, sorted(map(str, o.rows))) for o in (self.outcome, other.outcome))
        return mine == others


def explained(step: OneStep, example: Example, router: Router) -> dict[str, Any]:
    """The parts of the answer, each with its sentence, and all sentences in order. Raises DatabaseError where none can be read."""
    right = _said(example.program, example.evidence, router)
    parts = {
        "right": _right(right),
        "before": _belief(step.before, right, example.evidence, router, "before"),
        "loss": _loss(step),
        "gradient": _gradient(step),
        "update": _update(step),
        "after": _belief(step.after, right, example.evidence, router, "after", step.after.log_probability - step.before.log_probability),
    }
    return {**parts, "sentences": [*(part["sentence"] for part in parts.values()), _COPY]}


def _said(program: Program, evidence: Evidence, router: Router) -> _Said:
    try:
        outcome = router.run(program, evidence)
    except DatabaseError:
        raise
    except (ToolError, LanguageError) as error:
        return _Said(program, None, None, str(error))
    return _Said(program, outcome, outcome.text or render(outcome, evidence) or None, None)


def _right(right: _Said) -> dict[str, Any]:
    sentence = f"The right program is one that {right.quoted}."
    return {"program": print_program(right.program), "text": right.text, "sentence": sentence}


def _belief(belief: Belief, right: _Said, evidence: Evidence, router: Router, when: str, gain: float | None = None) -> dict[str, Any]:
    """`gain`: by how much the logarithm of the right program's probability has grown."""
    chance = math.exp(belief.log_probability)
    said = _said(belief.prediction.program, evidence, router) if belief.prediction is not None else None
    sentence = f"{when.capitalize()}, the model {'gives' if gain is not None else 'gave'} the right program a chance of {_percent(chance)}"
    sentence += f", {_times(gain)}." if gain is not None else "."
    return {
        "right_probability": chance,
        "right_log_probability": belief.log_probability,
        "prediction": _prediction(belief.prediction, said, right),
        "sentence": f"{sentence} {_likeliest(belief.prediction, said, right)}",
    }


def _prediction(candidate: Candidate | None, said: _Said | None, right: _Said) -> dict[str, Any] | None:
    if candidate is None or said is None:
        return None
    return {
        "program": print_program(candidate.program),
        "text": said.text,
        "failed": said.failed,
        "probability": math.exp(candidate.log_probability),
        "right": said.same(right),
    }


def _likeliest(candidate: Candidate | None, said: _Said | None, right: _Said) -> str:
    if candidate is None or said is None:
        return "The model found no program of its own."
    if said.program == right.program:
        return "This is its likeliest program, so it is right."
    chance = _percent(math.exp(candidate.log_probability))
    if said.same(right):
        return f"Its likeliest program ({chance}) is another, which gives the same: that is right, too."
    return f"Its likeliest program ({chance}) is another, which {said.quoted}: that is not right."


def _gradient(step: OneStep) -> dict[str, Any]:
    """Norms are before clipping. `share` is of the squared norm, so that the shares of all layers add up to one."""
    squares = sum(signs.gradient**2 for signs in step.layers.values())
    layers = [
        {**_named(name), "norm": signs.gradient, "share": signs.gradient**2 / squares if squares else 0.0}
        for name, signs in step.layers.items()
    ]
    return {"norm": step.gradient, "clip": step.clip, "clipped": step.clipped, "layers": layers, "sentence": _pull(step, layers)}


def _pull(step: OneStep, layers: Sequence[dict[str, Any]]) -> str:
    hardest = max(layers, key=lambda layer: layer["norm"])
    if not hardest["norm"]:
        return "The gradient is nothing: there is nothing in this example that the model does not know."
    cut = "so it was scaled down" if step.clipped else "so it stays as it is"
    return (
        "The gradient says for every weight which way it must move for the loss to fall. "
        f"The {hardest['title']} is pulled hardest: {_percent(hardest['share'])} of the pull is there. "
        f"The whole pull has a length of {step.gradient:.3g}; at most {step.clip:g} is allowed, {cut}."
    )


def _update(step: OneStep) -> dict[str, Any]:
    """`ratio`: the norm of a layer's update over that of its weights."""
    layers: list[dict[str, Any]] = [{**_named(name), "ratio": signs.update} for name, signs in step.layers.items()]
    most = max(layers, key=lambda layer: layer["ratio"])
    sentence = (
        f"For its size the {most['title']} moves furthest: by {_percent(most['ratio'])} of its weights. "
        f"How far a first step goes is set by the learning rate, {step.rate:.3g}, and hardly by the length of the pull."
    )
    return {"learning_rate": step.rate, "layers": layers, "sentence": sentence}


def _loss(step: OneStep) -> dict[str, Any]:
    before, after = step.before.loss, step.after.loss
    if after < before:
        course = f"it fell by {_percent((before - after) / before)}"
    else:
        course = "it rose: the step went too far" if after > before else "it is the same"
    steps = "at its only step" if step.tokens == 1 else f"on average over its {step.tokens} steps"
    sentence = (
        f"The loss says how surprised the model is by the right program, {steps}: "
        f"{before:.3g} before learning and {after:.3g} after, so {course}."
    )
    return {"before": before, "after": after, "unit": "nats a step", "steps": step.tokens, "sentence": sentence}


def _named(layer: str) -> dict[str, str]:
    return {"name": layer, "title": title_of(layer)}


def _percent(share: float) -> str:
    """A share for people: no more digits than tell something."""
    if 0 < share < 1e-4:
        return "less than 0.01 %"
    if 0.9999 < share < 1:
        return "more than 99.99 %"
    digits = 0 if 0.1 <= share <= 0.99 else 1 if 0.01 <= share < 0.1 else 2
    return f"{100 * share:.{digits}f} %" if 0 < share < 1 else f"{100 * share:.0f} %"


def _times(gain: float) -> str:
    times = math.exp(min(gain, 700.0))  # beyond that a float overflows
    if abs(times - 1) < 0.01:
        return "about as much as before"
    return f"{times:,.0f} times as much as before" if times >= 10 else f"{times:.2g} times as much as before"
