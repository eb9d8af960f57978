"""One measured figure, as a line of JSON and as a row of the table beside its budget."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.bench.budgets import BUDGETS

COLUMNS = "{:<46} {:>12} {:<9} {:>12}  {:<7} {:>9}  {}"
WORDS = {True: "ok", False: "MISSED", None: ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A value in ``unit``, from ``n`` repetitions. Its name is its key in the table of budgets."""

    name: str
    value: float
    unit: str
    n: int


def as_json(figure: Figure, *, database: str) -> str:
    """One line: name, unit, value, budget and ok (both null for context), n, database."""
    budget = BUDGETS.get(figure.name)
    return json.dumps(
        {
            "name": figure.name,
            "unit": figure.unit,
            "value": float(f"{figure.value:.5g}"),
            "budget": budget.limit if budget else None,
            "ok": budget.met(figure.value) if budget else None,
            "n": figure.n,
            "database": database,
        }
    )


def table(lines: Iterable[dict[str, Any]]) -> str:
    """The figures, one row each, as read back from their lines."""
    rows = [COLUMNS.format("name", "value", "unit", "budget", "", "n", "database")]
    for line in lines:
        budget = BUDGETS.get(line["name"])
        value, n = spoken(line["value"]), f"{line['n']:,}"
        word = WORDS[line["ok"]]
        rows.append(COLUMNS.format(line["name"], value, line["unit"], str(budget or ""), word, n, line["database"]))
    return "\n".join(row.rstrip() for row in rows)


def spoken(value: float) -> str:
    """A number as a person reads it: three significant digits, but all of a whole one."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
