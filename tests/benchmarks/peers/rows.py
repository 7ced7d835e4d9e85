"""The rows of a network as prepare.py has written them: plain data, so that no peer pays for convshape."""

import json
from typing import Any, NamedTuple


class Call(NamedTuple):
    """A call of a torch module or function."""

    function: str
    arguments: dict[str, Any]


class Row(NamedTuple):
    """One layer: the numbers of the rows that it takes its inputs from, and its calls."""

    inputs: list[int]
    calls: list[Call]


class Network(NamedTuple):
    """An input shape without the batch, the rows, the first being number 1, and the number of the output."""

    input: list[int]
    rows: list[Row]
    output: int

    @property
    def is_chain(self) -> bool:
        """Whether every row follows the one before it."""
        return all(row.inputs == [number] for number, row in enumerate(self.rows))


def load(path: str) -> Network:
    """Read a network, with tuples for what JSON writes as lists."""
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    rows = [Row(row["inputs"], list(map(_call, row["calls"]))) for row in document["rows"]]
    return Network(document["input"], rows, document["output"])


def _call(call: dict[str, Any]) -> Call:
    arguments = call["arguments"]
    return Call(call["function"], {k: tuple(v) if isinstance(v, list) else v for k, v in arguments.items()})


def tell(shape: Any) -> None:
    """Print an output shape, the batch left out, for run.py to compare."""
    print("x".join(map(str, list(shape)[1:])))
