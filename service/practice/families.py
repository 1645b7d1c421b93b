"""The families of questions that practice draws from, and how often.

A family takes a draw (`Asking`) and returns a `Question`: text and program with slots still open. Whether the result is sensible is
settled by running it (service/practice/databases.py); families only say what result they hope for.
"""

from __future__ import annotations

from collections.abc import Callable
from service.practice.asking import Asking
from service.practice.asking import Question
from service.practice.group_questions import group_aggregate
from service.practice.group_questions import group_count
from service.practice.group_questions import having
from service.practice.group_questions import most_frequent
from service.practice.list_questions import above_average
from service.practice.list_questions import different
from service.practice.list_questions import every_row
from service.practice.list_questions import list_column
from service.practice.list_questions import list_rows
from service.practice.list_questions import parent_list
from service.practice.list_questions import superlative
from service.practice.look_up_questions import look_up
from service.practice.look_up_questions import look_up_number
from service.practice.look_up_questions import look_up_parent
from service.practice.related_questions import best_selling
from service.practice.related_questions import both
from service.practice.related_questions import how_often
from service.practice.related_questions import last_time
from service.practice.related_questions import never
from service.practice.related_questions import paid_in_all
from service.practice.related_questions import spending
from service.practice.step_questions import days_taken
from service.practice.step_questions import difference
from service.practice.step_questions import part_of
from service.practice.step_questions import share
from service.practice.tied_questions import look_up_of_parent
from service.practice.tied_questions import parent_of_first
from service.practice.tied_questions import referred
from service.practice.tied_questions import tied
from service.practice.tied_questions import whose
from service.practice.total_questions import aggregate
from service.practice.total_questions import count_rows
from service.practice.total_questions import several_aggregates


FAMILIES: dict[Callable[[Asking], Question], float] = {
    look_up: 10,
    look_up_parent: 6,
    look_up_number: 3.5,
    list_rows: 12,
    list_column: 7,
    different: 6,
    count_rows: 11,
    aggregate: 10,
    several_aggregates: 1,
    superlative: 9,
    above_average: 1.5,
    group_count: 5,
    group_aggregate: 8,
    most_frequent: 5,
    having: 6,
    spending: 16,
    never: 2,
    both: 2,
    share: 2.2,
    difference: 4,
    part_of: 2.2,
    every_row: 2,
    parent_list: 1.6,
    how_often: 5,
    last_time: 5,
    paid_in_all: 12,
    best_selling: 16,
    days_taken: 2,
    look_up_of_parent: 6,
    whose: 3,
    tied: 8,
    referred: 6,
    parent_of_first: 4,
}
"""How often each is drawn. Some fit few databases and are drawn more often than they are asked."""
