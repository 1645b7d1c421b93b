"""Word problems: MAWPS, Alg514 and DRAW-1K (an equation each), GSM8K (steps annotated `<<48/2=24>>`).

Evidence has no blocks: all numbers stand in the question or are constants of the language. Only problems whose program,
calculated exactly, gives the set's own answer become examples. Systems of several equations are left out: such a question
asks for two numbers, or for one of two that only its wording tells apart.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from hashlib import sha256
from typing import Any

from models.examples import Example
from retrieval.mentions import find_mentions
from service.prepare.detokenise import join_tokens
from service.prepare.expressions import Expr, NoProgram, program_of, read_infix, value_of
from tools.evidence import Evidence

_UNKNOWN = re.compile(r"[A-Za-z]")
_STEP = re.compile(r"<<([^<>=]+)=([^<>=]+)>>")


def mawps_examples(problems: Sequence[Mapping[str, Any]], source: str, skipped: Counter[str]) -> Iterator[Example]:
    """Problems with "original_text", "equation" and "ans", as the toolkit that collects these sets writes them."""
    for problem in problems:
        question = join_tokens(problem["original_text"].split())[0]
        try:
            expr = _solved(problem["equation"])
            answer = _number(problem["ans"][0] if isinstance(problem["ans"], list) else problem["ans"])
            value = value_of(expr)
            yield _example(question, [(expr, answer if value is None else value)], answer, source)
        except NoProgram as reason:
            skipped[f"{source}: {reason}"] += 1


def gsm8k_examples(lines: str, skipped: Counter[str]) -> Iterator[Example]:
    """Problems with their worked answers, one JSON object a line."""
    for line in lines.splitlines():
        problem = json.loads(line)
        try:
            worked, _, answer = problem["answer"].partition("####")
            steps = [(read_infix(annotated.replace("%", "*0.01")), _number(result)) for annotated, result in _STEP.findall(worked)]
            yield _example(" ".join(problem["question"].split()), steps, _number(answer), "gsm8k")
        except NoProgram as reason:
            skipped[f"gsm8k: {reason}"] += 1


def _example(question: str, steps: Sequence[tuple[Expr, Fraction]], answer: Fraction, source: str) -> Example:
    mentions = find_mentions(question)
    program = program_of(steps, question, mentions, answer)
    return Example(Evidence(question, (), mentions), program, source, _group(question))


def _group(question: str) -> str:
    """Problems that differ only in names and numbers are one group: authors made many of one."""
    words = [word for word in re.findall(r"[A-Za-z]+", question) if word == word.lower()]
    return f"problem-{sha256(' '.join(words).encode()).hexdigest()[:8]}"


def _number(written: object) -> Fraction:
    try:
        return Fraction(Decimal(str(written).replace(",", "").replace("$", "").replace("%", "").strip()))
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise NoProgram("answer not read") from error


def _solved(equation: str) -> Expr:
    """The side of "x = expression" that has no unknown in it."""
    sides = equation.split("=")
    if ";" in equation or len(sides) != 2:
        raise NoProgram("several equations")
    unknown, known = sides if _UNKNOWN.search(sides[0]) else reversed(sides)
    if _UNKNOWN.search(known) or len(unknown.strip()) != 1:
        raise NoProgram("unknown on both sides, or in an expression")
    return read_infix(known)
