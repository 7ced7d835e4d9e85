"""Networks: the order of the rows, what branches and names make of them, and the limit on their number."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convshape import Graph, Layer, Op, SpecError, format_spec, infer, parse
from convshape.graph import MAX_LAYERS
from convshape.language.write import with_layers
from convshape.layers import KINDS

drawn = settings(max_examples=150, deadline=None)


# Rows: (line, inputs, depth, opens)

Rows = list[tuple[str, tuple[int, ...], int, int]]

ROWS: dict[str, tuple[str, Rows]] = {
    "a sequence": ("relu; tanh", [("relu", (0,), 0, 0), ("tanh", (1,), 0, 0)]),
    "a residual": (
        "relu; add { tanh; gelu | }; mish",
        [
            ("relu", (0,), 0, 0),
            ("tanh", (1,), 1, 1),
            ("gelu", (2,), 1, 0),
            ("add", (3, 1), 0, 0),
            ("mish", (4,), 0, 0),
        ],
    ),
    "two branches": (
        "add { relu; tanh | gelu; mish }",
        [
            ("relu", (0,), 1, 1),
            ("tanh", (1,), 1, 0),
            ("gelu", (0,), 1, 1),
            ("mish", (3,), 1, 0),
            ("add", (2, 4), 0, 0),
        ],
    ),
    "branches that begin with branches": (
        "add { concat { relu | tanh } | mul { gelu | mish } }",
        [
            ("relu", (0,), 2, 2),
            ("tanh", (0,), 2, 1),
            ("concat", (1, 2), 1, 0),
            ("gelu", (0,), 2, 2),
            ("mish", (0,), 2, 1),
            ("mul", (4, 5), 1, 0),
            ("add", (3, 6), 0, 0),
        ],
    ),
    "branches behind a layer of a branch": (
        "add { relu; concat { tanh | gelu } | }",
        [
            ("relu", (0,), 1, 1),
            ("tanh", (1,), 2, 1),
            ("gelu", (1,), 2, 1),
            ("concat", (2, 3), 1, 0),
            ("add", (4, 0), 0, 0),
        ],
    ),
    "an empty branch before a full one": (
        "add { | relu }",
        [("relu", (0,), 1, 1), ("add", (0, 1), 0, 0)],
    ),
    "empty branches inside a branch": (
        "add { concat { | } ; relu | tanh }",
        [
            ("concat", (0, 0), 1, 1),
            ("relu", (1,), 1, 0),
            ("tanh", (0,), 1, 1),
            ("add", (2, 3), 0, 0),
        ],
    ),
    "an empty branch, then one in branches": (
        "add { concat { | relu } | }",
        [("relu", (0,), 2, 2), ("concat", (0, 1), 1, 0), ("add", (2, 0), 0, 0)],
    ),
    "blocks and repeats are no branches": (
        "{ relu; 2 * { tanh } }",
        [("relu", (0,), 0, 0), ("tanh", (1,), 0, 0), ("tanh", (2,), 0, 0)],
    ),
    "a repeat in a branch": (
        "add { 2 * relu | tanh }",
        [("relu", (0,), 1, 1), ("relu", (1,), 1, 0), ("tanh", (0,), 1, 1), ("add", (2, 3), 0, 0)],
    ),
    "repeated branches": (
        "2 * add { relu | }",
        [("relu", (0,), 1, 1), ("add", (1, 0), 0, 0), ("relu", (2,), 1, 1), ("add", (3, 2), 0, 0)],
    ),
    "names and from make no row": (
        "x:; relu; y: from x; add { from y | tanh }; add x y",
        [
            ("relu", (0,), 0, 0),
            ("tanh", (0,), 1, 1),
            ("add", (0, 2), 0, 0),
            ("add x y", (3, 0, 0), 0, 0),
        ],
    ),
    "a dense block": (
        "x0:; 2 * { relu; concat x0; x0: }",
        [
            ("relu", (0,), 0, 0),
            ("concat x0", (1, 0), 0, 0),
            ("relu", (2,), 0, 0),
            ("concat x0", (3, 2), 0, 0),
        ],
    ),
}


@pytest.mark.parametrize(("text", "rows"), ROWS.values(), ids=ROWS)
def test_rows_come_in_the_order_of_the_text(text: str, rows: Rows) -> None:
    """Each layer is a row behind its inputs, a merge behind its branches, which it takes in their order."""
    graph = parse(text)
    branches = graph.branches()[1:]
    found = [(op.text, op.inputs, *place) for op, place in zip(graph.ops, branches, strict=True)]
    assert found == rows


@pytest.mark.parametrize("text", [text for text, _ in ROWS.values()], ids=ROWS)
def test_a_report_has_the_rows_of_its_network(text: str) -> None:
    """Row 0 is the input, row i the i-th node, with the outputs of its inputs for shapes."""
    network = parse(text)
    report = infer(network, "1x4")
    assert [row.index for row in report.rows] == list(range(len(network.ops) + 1))
    assert report.rows[0].op is None
    for row, op in zip(report.rows[1:], network.ops, strict=True):
        assert (row.op, row.inputs) == (op, op.inputs)
        assert row.shapes == tuple(report.rows[index].output for index in op.inputs)
        assert all(index < row.index for index in op.inputs)


NAMES: dict[str, tuple[str, dict[int, str]]] = {
    "none": ("relu", {}),
    "the input": ("x:; relu", {0: "x"}),
    "a layer": ("x: relu; tanh", {1: "x"}),
    "the tensor so far": ("relu; x:; tanh", {1: "x"}),
    "a merge and inside it": ("x: add { y: relu | }", {1: "y", 2: "x"}),
    "a block has the name of its end": ("x: { relu; tanh }", {2: "x"}),
    "a repeat has the name of its end": ("x: 3 * relu", {3: "x"}),
    "the first name of a tensor stays": ("x: relu; y:; z: from x", {1: "x"}),
    "rebinding names another tensor too": ("x: relu; x: tanh", {1: "x", 2: "x"}),
    "every turn of a repeat": ("2 * { relu; x: tanh }", {2: "x", 4: "x"}),
    "from gives an old tensor a name": ("x:; relu; y: from x", {0: "x"}),
}


@pytest.mark.parametrize(("text", "names"), NAMES.values(), ids=NAMES)
def test_names_are_told_by_the_row_that_they_name(text: str, names: dict[int, str]) -> None:
    """The first name of each tensor stands at its row, in the network and in the report."""
    network = parse(text)
    assert {n: value.name for n, value in enumerate(network.values) if value.name} == names
    assert [row.name for row in infer(network, "1x4").rows] == [
        names.get(number) for number in range(len(network.ops) + 1)
    ]


UNKNOWN = (
    "add nobody",
    "relu; add nobody; nobody:",
    "2 * { add nobody; nobody: }",
    "from nobody",
    "nobody: add nobody",
    "x: relu; concat x nobody x",
)


@pytest.mark.parametrize("text", UNKNOWN)
def test_a_name_is_known_after_it_is_made(text: str) -> None:
    """A name that no statement before has made is refused, under the word that uses it."""
    with pytest.raises(SpecError) as caught:
        parse(text)
    span = caught.value.span
    assert caught.value.message == "no tensor is called 'nobody'"
    assert span is not None
    assert span.text == "nobody"
    assert text[: span.start].split()[-1] in ("add", "from", "x")


# The limit on layers

WITHIN = (
    ("10 * relu", 10),
    ("5 * { relu; tanh }", 10),
    ("2 * { 4 * relu; tanh }", 10),
    ("3 * add { relu | tanh }; gelu", 10),
    ("4 * relu; 6 * tanh", 10),
)
BEYOND = (
    ("11 * relu", "this repeat would make 11 layers", "relu"),
    ("5 * { relu; tanh; gelu }", "this repeat would make 15 layers", "5 *"),
    ("2 * { 4 * relu; tanh; gelu }", "this repeat would make 12 layers", "2 *"),
    ("2 * { 11 * relu }", "this repeat would make 11 layers", "relu"),
    ("4 * add { relu | tanh }", "this repeat would make 12 layers", "add"),
    ("6 * relu; tanh; 4 * gelu", "up to here there are 11 layers", "gelu"),
    ("x:; 11 * from x", "this repeat would make 11 steps", "from x"),
    ("11 * { x: }", "this repeat would make 11 steps", "11 *"),
    ("11 * { }", "this repeat would make 11 steps", "11 *"),
    ("1000000000000 * { 1000000000000 * relu }", "this repeat would make 1000000000000 layers", "relu"),
    ("relu; 10 * { 10 * { } }", "this repeat would make 100 steps", "10 *"),
    ("add { 1000000000000 * relu | }", "this repeat would make 1000000000000 layers", "relu"),
)


@pytest.mark.parametrize(("text", "layers"), WITHIN)
def test_a_network_may_have_as_many_layers_as_the_limit(text: str, layers: int) -> None:
    """The limit itself is allowed."""
    assert len(parse(text, max_layers=10).ops) == layers
    with pytest.raises(SpecError, match="too many layers"):
        parse(text, max_layers=9)


@pytest.mark.parametrize(("text", "fact", "guilty"), BEYOND)
def test_too_many_layers_are_refused_before_any_is_made(text: str, fact: str, guilty: str) -> None:
    """What would make too many is counted, not built: 10^12 turns are refused at once, at the right place."""
    with pytest.raises(SpecError) as caught:
        parse(text, max_layers=10)
    assert caught.value.message == f"too many layers: {fact}, and the limit is 10"
    assert caught.value.hint == "max_layers=N raises the limit"
    assert caught.value.span is not None
    assert caught.value.span.text.startswith(guilty)


def test_too_many_layers_are_refused_even_where_a_name_is_unknown() -> None:
    """The limit comes before the names: nothing has been worked through when it is told."""
    with pytest.raises(SpecError, match="too many layers"):
        parse("add nobody; 11 * relu", max_layers=10)


def test_the_limit_is_a_million_unless_told_otherwise() -> None:
    """Beyond a million layers one has to ask."""
    with pytest.raises(SpecError, match=f"the limit is {MAX_LAYERS}"):
        parse(f"{MAX_LAYERS + 1} * relu")


# Replacing layers


def told(network: Graph) -> list[tuple[object, ...]]:
    """The ops, with how they are written."""
    return [(op.layer, op.inputs, op.operands, op.name) for op in network.ops]


def numbered(layers: list[Layer]) -> Iterator[Layer]:
    """In place of each layer one that no other equals; merges stay what they are."""
    for number, layer in zip(count(1), layers, strict=False):
        yield layer if layer.merges else KINDS["conv"](kernel_size=1, out_channels=number)


REPLACED = (
    # what the turns of a repeat become: (text, every layer in order, the text after)
    ("2 * relu", ["relu", "relu"], "2 * relu\n"),
    ("2 * relu", ["tanh", "tanh"], "2 * tanh\n"),
    ("2 * relu", ["relu", "tanh"], "{\n  relu\n  tanh\n}\n"),
    ("3 * relu", ["relu", "tanh", "relu"], "{\n  relu\n  tanh\n  relu\n}\n"),
    ("x: 2 * relu", ["relu", "tanh"], "x: {\n  relu\n  tanh\n}\n"),
    ("2 * { x:; relu; add x }", ["relu", "add", "tanh", "add"],
     "{\n  x:\n  relu\n  add x\n  x:\n  tanh\n  add x\n}\n"),
    ("2 * add { relu | }", ["tanh", "add", "gelu", "add"],
     "{\n  add {\n    tanh\n  |\n  }\n  add {\n    gelu\n  |\n  }\n}\n"),
    ("2 * { 2 * relu; tanh }", ["gelu", "gelu", "tanh", "mish", "mish", "tanh"],
     "{\n  2 * gelu\n  tanh\n  2 * mish\n  tanh\n}\n"),
    ("2 * { 2 * relu }", ["relu", "tanh", "relu", "tanh"], "2 * {\n  {\n    relu\n    tanh\n  }\n}\n"),
    ("x:; 2 * { relu; from x }; tanh", ["gelu", "mish", "tanh"],
     "x:\n{\n  gelu\n  from x\n  mish\n  from x\n}\ntanh\n"),
    ("add { relu | tanh }; gelu", ["mish", "elu", "add", "selu"],
     "add {\n  mish\n|\n  elu\n}\nselu\n"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "kinds", "expected"), REPLACED)
def test_a_repeat_whose_turns_differ_is_written_out(text: str, kinds: list[str], expected: str) -> None:
    """Replaced layers stand where the old ones stood; a repeat stays one as long as its turns are equal."""
    network = parse(text)
    assert len(network.ops) == len(kinds)
    layers = [KINDS[kind]() for kind in kinds]
    syntax = with_layers(network.syntax, iter(layers))
    replaced = network.with_layers(dict(enumerate(layers, 1)), syntax)
    assert format_spec(replaced) == expected
    assert [op.layer for op in parse(expected).ops] == layers


LEAVES = ("relu", "conv k=3 out=8", "x: tanh", "x:", "y: gelu", "add x", "concat x y", "from x", "from y")


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Statements that hold statements."""
    several = st.lists(inner, max_size=3).map("; ".join)
    merges = st.sampled_from(("add", "mul", "concat"))
    return (
        st.builds("{{ {} }}".format, several)
        | st.builds("{} * {{ {} }}".format, st.integers(1, 3), several)
        | st.builds("{} {{ {} | {} }}".format, merges, several, several)
        | st.builds("y: {} * {} {{ {} | }}".format, st.integers(1, 2), merges, several)
    )


specs = st.lists(st.recursive(st.sampled_from(LEAVES), compound, max_leaves=8), min_size=1, max_size=4).map(
    lambda statements: "; ".join(["x:; y:", *statements])
)


@drawn
@given(specs)
def test_replacing_layers_by_themselves_changes_nothing(text: str) -> None:
    """With its own layers in the order of the ops, a text is the same again."""
    network = parse(text)
    layers = iter([op.layer for op in network.ops])
    same = network.with_layers({}, with_layers(network.syntax, layers))
    assert format_spec(same) == format_spec(network)
    assert next(layers, None) is None


@drawn
@given(specs)
def test_replacing_all_layers_keeps_how_they_are_joined(text: str) -> None:
    """With every layer another, the ops have those layers in order, their inputs and names as before."""
    network = parse(text)
    layers = list(numbered([op.layer for op in network.ops]))
    syntax = with_layers(network.syntax, iter(layers))
    replaced = network.with_layers(dict(enumerate(layers, 1)), syntax)
    expected = [(new, *old[1:]) for new, old in zip(layers, told(network), strict=True)]
    assert told(replaced) == expected
    assert told(parse(format_spec(replaced))) == expected


# Regions


REGIONS: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "none": ("relu; { tanh }", []),
    "a repeat": ("3 * relu", [("repeat", 1, 4, None, None, 3)]),
    "a repeat with a name": ("x: 2 * { relu; tanh }", [("repeat", 1, 5, None, "x", 2)]),
    "a block with a name": ("relu; x: { tanh }", [("block", 2, 3, None, "x", 1)]),
    "branches": (
        "add { relu | }",
        [("merge", 1, 3, None, None, 1), ("branch", 1, 2, 0, None, 1), ("branch", 2, 2, 0, None, 1)],
    ),
    "branches in turns": (
        "2 * add { relu | }",
        [
            ("repeat", 1, 5, None, None, 2),
            ("merge", 1, 3, 0, None, 1),
            ("branch", 1, 2, 1, None, 1),
            ("branch", 2, 2, 1, None, 1),
            ("merge", 3, 5, 0, None, 1),
            ("branch", 3, 4, 4, None, 1),
            ("branch", 4, 4, 4, None, 1),
        ],
    ),
    "a repeat of nothing": ("x:; relu; 2 * from x", []),
}


@pytest.mark.parametrize(("text", "regions"), REGIONS.values(), ids=REGIONS)
def test_regions_say_what_belongs_together(text: str, regions: list[tuple[Any, ...]]) -> None:
    """Repeats, branches and named braces are regions of the values that they made, each in its parent."""
    found = [(r.kind, r.start, r.stop, r.parent, r.name, r.times) for r in parse(text).regions]
    assert found == regions


# Graphs that no text has made


def unwritten(graph: Graph) -> Graph:
    """The same graph, without the text that it comes from."""
    return Graph(graph.values, graph.outputs, graph.regions)


@drawn
@given(specs)
def test_a_graph_is_written_by_its_regions(text: str) -> None:
    """The graph of a text, written without that text, reads as the same graph, however often."""
    graph = unwritten(parse(text))
    again = parse(format_spec(graph))
    assert alike(again, graph)
    assert alike(parse(format_spec(unwritten(again))), graph)


def alike(found: Graph, wanted: Graph) -> bool:
    """Whether a graph is the wanted one, but for names where that has none."""
    values = [(v.layer, v.inputs) if isinstance(v, Op) else v.shape for v in found.values]
    expected = [(v.layer, v.inputs) if isinstance(v, Op) else v.shape for v in wanted.values]
    names = zip(found.values, wanted.values, strict=True)
    return (values, found.outputs) == (expected, wanted.outputs) and all(
        one.name == other.name for one, other in names if other.name is not None
    )
