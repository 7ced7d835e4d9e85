"""The walk: one interpreter, whatever is carried, and graphs that no text can say yet."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from convshape import Builder, Graph, GraphError, ShapeError, format_spec, infer, parse
from convshape.formats import FORMATS, render
from convshape.formats.answer import Page
from convshape.formats.inference import Inference
from convshape.frameworks import torch
from convshape.graph import BRANCH, MERGE, REPEAT, Input
from convshape.layers import KINDS, Layer
from convshape.walk import walk


class Ancestors:
    """A domain in a few lines: for each value the inputs and layers that it is made of."""

    def start(self, input: Input) -> frozenset[object]:
        return frozenset({input})

    def through(self, layer: Layer, carried: frozenset[object]) -> frozenset[object]:
        return carried | {layer}

    def meet(self, layer: Layer, carried: tuple[frozenset[object], ...]) -> frozenset[object]:
        return frozenset.union(*carried) | {layer}

    opaque = meet


def siamese() -> Graph:
    """Two inputs of different sizes, each through a convolution, that meet; and two outputs."""
    builder = Builder()
    left, right = builder.input((3, 16, 16), "left"), builder.input((3, 8, 8), "right")
    wide = builder.add(KINDS["conv"](kernel_size=3, stride=2, padding=1, out_channels=4), left, name="wide")
    flat = builder.add(KINDS["conv"](kernel_size=3, padding=1, out_channels=4), right)
    both = builder.add(KINDS["add"](), wide, flat)
    return builder.graph(builder.add(KINDS["flatten"](), both), flat)


def test_a_new_domain_is_a_few_lines() -> None:
    """Counting ancestors takes at most 15 lines, and the one loop does the rest."""
    assert len([line for line in inspect.getsource(Ancestors).splitlines() if line.strip()]) <= 15
    counts = [len(seen) for seen in walk(parse("x: relu; add { tanh | gelu }; add x; flatten"), Ancestors())]
    assert counts == [1, 2, 3, 3, 5, 5, 6]


def test_several_inputs_and_outputs() -> None:
    """Shapes go through a graph of two inputs; fields and formulas are those of the one that a row sees."""
    report = infer(siamese())
    assert [row.output for row in report] == [
        (3, 16, 16), (3, 8, 8), (4, 8, 8), (4, 8, 8), (4, 8, 8), (256,),
    ]  # fmt: skip
    assert [row.name for row in report] == ["left", "right", "wide", None, None, None]
    assert report["wide"].formula == ("floor((H - 3 + 2*1) / 2) + 1", "floor((W - 3 + 2*1) / 2) + 1")
    assert report[3].receptive_field == (3, 3)
    assert (report[4].receptive_field, report[4].formula) == ((None, None), None)
    assert report.network.outputs == (5, 3)


@pytest.mark.parametrize("name", [name for name, entry in FORMATS.items() if not entry.of_network])
def test_formats_show_several_inputs(name: str) -> None:
    """Every format that shows rows shows those of a graph that no text can say yet."""
    assert "flatten" in render(Inference(infer(siamese()), batch=1, dtype="float32"), name, Page())


def test_what_a_spec_cannot_say_is_refused() -> None:
    """Two inputs have no text so far, and the error says so."""
    with pytest.raises(GraphError) as caught:
        format_spec(siamese())
    assert str(caught.value) == "a spec has one input and one output so far"


def test_a_builder_makes_what_a_text_says() -> None:
    """A residual in a repeat, built by hand, is the graph of its text, and is written as that text."""
    builder = Builder()
    x = builder.input((8, 4, 4))
    with builder.region(REPEAT, times=2):
        for _ in range(2):
            with builder.region(MERGE):
                with builder.region(BRANCH):
                    y = builder.add(KINDS["conv"](kernel_size=3, padding=1, out_channels=8), x)
                with builder.region(BRANCH):
                    pass
                x = builder.add(KINDS["add"](), y, x)
    graph = builder.graph()
    text = "input 8x4x4\n2 * add {\n  conv k=3 p=1 out=8\n|\n}\n"
    assert graph == parse(text)
    assert format_spec(graph) == text


REFUSED: dict[str, tuple[Any, str]] = {
    "no layer": (lambda b: b.add("relu", 0), "'relu' is no layer"),
    "no such value": (lambda b: b.add(KINDS["relu"](), 7), "there is no value 7"),
    "no such name": (lambda b: b.add(KINDS["relu"](), "y"), "no tensor is called 'y'"),
    "too few inputs": (lambda b: b.add(KINDS["add"](), 0), "add takes two inputs or more, not 1"),
    "too many inputs": (lambda b: b.add(KINDS["relu"](), 0, 0), "relu takes one input, not 2"),
    "no name": (lambda b: b.name(0, "1x"), "a tensor cannot be called '1x'"),
    "a late input": (
        lambda b: (b.add(KINDS["relu"](), 0), b.input((1,))),
        "an input comes before all layers",
    ),
    "too many layers": (
        lambda b: [b.add(KINDS["relu"](), 0) for _ in range(4)],
        "too many layers: the limit is 3",
    ),
}


@pytest.mark.parametrize(("build", "message"), REFUSED.values(), ids=REFUSED)
def test_a_builder_refuses_what_is_no_network(build: Any, message: str) -> None:
    """The rules of the language that are about networks hold for graphs made in Python."""
    builder = Builder(max_layers=3)
    builder.input((1, 4), "x")
    with pytest.raises(GraphError) as caught:
        build(builder)
    assert caught.value.message == message


def test_an_empty_graph_is_refused() -> None:
    """A network has an input."""
    with pytest.raises(GraphError, match="a network needs an input"):
        Builder().graph()


def test_an_error_without_a_place_names_the_layer() -> None:
    """Ops that no text has made have no place to show: the kind is named."""
    builder = Builder()
    builder.add(KINDS["conv"](kernel_size=9, out_channels=1), builder.input((1, 4)))
    with pytest.raises(ShapeError) as caught:
        infer(builder.graph())
    assert caught.value.span is None
    assert caught.value.message.startswith("conv: on axis L, the kernel does not fit: it covers 9")


def test_torch_has_every_kind() -> None:
    """A kind that the table of torch lacks is one that torch lacks: so far there is none."""
    assert torch.lacking() == []
