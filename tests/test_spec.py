"""The spec language: what a text says, and that its normal form says the same.

A network is drawn here as its ops, each with the rows that it takes its inputs from: ``<- 0`` is
the network's input.  The properties are driven by the register of kinds: what a kind declares is what is
drawn for it, so a new kind, parameter or key is tested with no further word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convshape import Graph, Layer, Source, SpecError, format_spec, infer, parse, solve_padding
from convshape.axis import LARGEST
from convshape.language.spec import parse_shape
from convshape.layers import KINDS, Param, find, values, words

drawn = settings(max_examples=100, deadline=None)
for_each_kind = settings(max_examples=20, deadline=None)
every_kind = pytest.mark.parametrize("kind", KINDS)


def nodes(network: Graph) -> str:
    """The ops, each with its inputs."""
    return ", ".join(f"{node.text} <- {' '.join(map(str, node.inputs))}" for node in network.ops)


# The grammar, as a table

GRAMMAR: dict[str, tuple[str, str]] = {
    "one layer": ("relu", "relu <- 0"),
    "lines": ("relu\ntanh\n", "relu <- 0, tanh <- 1"),
    "semicolons": ("relu; tanh;sigmoid", "relu <- 0, tanh <- 1, sigmoid <- 2"),
    "empty statements": (";\n\n ;relu;;\n;", "relu <- 0"),
    "CRLF": ("relu\r\nx: tanh\r\nadd {\r\nrelu\r\n|\r\n}\r\n", "relu <- 0, tanh <- 1, relu <- 2, add <- 3 2"),
    "tabs and spaces": ("\t conv \t k=3   out=8 \t", "conv k=3 out=8 <- 0"),
    "comments": ("# relu\nrelu # tanh; tanh\n#\ntanh#", "relu <- 0, tanh <- 1"),
    "marks in comments": ("relu # } | { ;\n", "relu <- 0"),
    "a comment behind a brace": ("2 * { # twice\nrelu } # done", "relu <- 0, relu <- 1"),
    "the input's shape": ("input 3x8x8\nrelu", "relu <- 0"),
    # names
    "a label": ("x: relu; tanh; add x", "relu <- 0, tanh <- 1, add x <- 2 1"),
    "no space behind a label": ("x:relu;x :tanh", "relu <- 0, tanh <- 1"),
    "a name alone": ("x:; relu; add x", "relu <- 0, add x <- 1 0"),
    "a name alone, later": ("relu; x:; tanh; add x", "relu <- 0, tanh <- 1, add x <- 2 1"),
    "two names of one tensor": ("x:; y: relu; z:; add x y z", "relu <- 0, add x y z <- 1 0 1 1"),
    "rebinding": ("x: relu; x: tanh; gelu; add x", "relu <- 0, tanh <- 1, gelu <- 2, add x <- 3 2"),
    "a name of itself": ("x:; x: add x; add x", "add x <- 0 0, add x <- 1 1"),
    "what names may hold": (
        "a_1.b-c: relu; _: tanh; add a_1.b-c _",
        "relu <- 0, tanh <- 1, add a_1.b-c _ <- 2 1 2",
    ),
    "names in any script": (
        "\u5c64: relu; \u00dcber.1: tanh; add \u5c64 \u00dcber.1",
        "relu <- 0, tanh <- 1, add \u5c64 \u00dcber.1 <- 2 1 2",
    ),
    "a letter written in two ways": (
        "e\u0301: relu; tanh; add \u00e9",
        "relu <- 0, tanh <- 1, add \u00e9 <- 2 1",
    ),
    "a name that begins like a word": (
        "inputs: relu; from1: tanh; add inputs",
        "relu <- 0, tanh <- 1, add inputs <- 2 1",
    ),
    "names inside a repeat": (
        "2 * { x:; relu; add x }",
        "relu <- 0, add x <- 1 0, relu <- 2, add x <- 3 2",
    ),
    "a name from before the last turn": (
        "x:; 2 * { relu; add x; x: tanh }",
        "relu <- 0, add x <- 1 0, tanh <- 2, relu <- 3, add x <- 4 3, tanh <- 5",
    ),
    "a name from a block": ("{ x: relu }; tanh; add x", "relu <- 0, tanh <- 1, add x <- 2 1"),
    "a name from a branch": (
        "add { x: relu | tanh; add x }",
        "relu <- 0, tanh <- 0, add x <- 2 1, add <- 1 3",
    ),
    "the name of a block": (
        "x: { relu; tanh }; gelu; add x",
        "relu <- 0, tanh <- 1, gelu <- 2, add x <- 3 2",
    ),
    "the name of a repeat": ("x: 2 * relu; add x", "relu <- 0, relu <- 1, add x <- 2 2"),
    "the name of a merge": ("x: add { relu | }; mul x", "relu <- 0, add <- 1 0, mul x <- 2 2"),
    "from": ("x: relu; tanh; from x; gelu", "relu <- 0, tanh <- 1, gelu <- 1"),
    "from, named anew": ("x:; relu; y: from x; tanh; add y", "relu <- 0, tanh <- 0, add y <- 2 0"),
    "from the input": ("x:; relu; from x; tanh", "relu <- 0, tanh <- 0"),
    # merges
    "a merge by name": ("x: relu; tanh; concat x", "relu <- 0, tanh <- 1, concat x <- 2 1"),
    "a merge by names": (
        "x: relu; y: tanh; gelu; mul y x",
        "relu <- 0, tanh <- 1, gelu <- 2, mul y x <- 3 2 1",
    ),
    "branches": ("relu; add { tanh | gelu }", "relu <- 0, tanh <- 1, gelu <- 1, add <- 2 3"),
    "three branches": ("concat { relu | tanh | gelu }", "relu <- 0, tanh <- 0, gelu <- 0, concat <- 1 2 3"),
    "a residual": ("relu; add { tanh | }", "relu <- 0, tanh <- 1, add <- 2 1"),
    "an empty branch first": ("add{|relu}", "relu <- 0, add <- 0 1"),
    "empty branches alone": ("add { | | }", "add <- 0 0 0"),
    "a branch that goes elsewhere": ("x: relu; tanh; add { from x | }", "relu <- 0, tanh <- 1, add <- 1 2"),
    "branches on lines": ("add {\n  relu\n| \n  tanh\n}\n", "relu <- 0, tanh <- 0, add <- 1 2"),
    "branches in branches": (
        "add { concat { relu | tanh } | mul { gelu | } }",
        "relu <- 0, tanh <- 0, concat <- 1 2, gelu <- 0, mul <- 4 0, add <- 3 5",
    ),
    # blocks and repeats
    "a block": ("{ relu; tanh }", "relu <- 0, tanh <- 1"),
    "nested blocks": ("{{ relu }; { { tanh } }}", "relu <- 0, tanh <- 1"),
    "an empty block": ("relu; { }; tanh", "relu <- 0, tanh <- 1"),
    "a repeated layer": ("3 * relu", "relu <- 0, relu <- 1, relu <- 2"),
    "a repeat without spaces": ("2*relu", "relu <- 0, relu <- 1"),
    "a repeat of one": ("1 * relu", "relu <- 0"),
    "a repeated layer with values": ("2 * conv k=3 out=8", "conv k=3 out=8 <- 0, conv k=3 out=8 <- 1"),
    "a repeated merge by name": ("x:; 2 * add x", "add x <- 0 0, add x <- 1 0"),
    "a repeated merge of branches": ("2 * add { relu | }", "relu <- 0, add <- 1 0, relu <- 2, add <- 3 2"),
    "a repeated block": ("2 * { relu; tanh }", "relu <- 0, tanh <- 1, relu <- 2, tanh <- 3"),
    "repeats in repeats": (
        "2 * { 2 * relu; tanh }",
        "relu <- 0, relu <- 1, tanh <- 2, relu <- 3, relu <- 4, tanh <- 5",
    ),
    "a repeat in a branch": ("add { 2 * relu | }", "relu <- 0, relu <- 1, add <- 2 0"),
    "an empty repeat": ("2 * { }; relu", "relu <- 0"),
}


@pytest.mark.parametrize(("text", "expected"), GRAMMAR.values(), ids=GRAMMAR)
def test_the_grammar(text: str, expected: str) -> None:
    """A text has the nodes and inputs of the table, and so has its normal form, which is a fixed point."""
    network = parse(text)
    normal = format_spec(network)
    assert nodes(network) == expected
    assert nodes(parse(normal)) == expected
    assert format_spec(parse(normal)) == normal


ENDS = (
    ("relu", 1),
    ("x:", 0),
    ("x: relu; tanh; from x", 1),
    ("x:; relu; from x", 0),
    ("add { relu | }", 2),
    ("relu; { }", 1),
)


@pytest.mark.parametrize(("text", "output"), ENDS)
def test_a_network_ends_in_its_last_tensor(text: str, output: int) -> None:
    """The output is the tensor that the last statement yields, whichever row that is."""
    assert parse(text).output == output


NORMAL_FORMS = (
    (
        "# LeNet-5\ninput (1, 32, 32); conv kernel_size=5 stride=1 filters=6;tanh;avgpool k=2 s=2",
        "# LeNet-5\ninput 1x32x32\nconv k=5 out=6\ntanh\navgpool k=2 s=2\n",
    ),
    (
        "x:;2*{y:conv k=3 p=1 out=8;add x;x:add{|z:relu}};from x",
        "x:\n2 * {\n  y: conv k=3 p=1 out=8\n  add x\n  x: add {\n  |\n    z: relu\n  }\n}\nfrom x\n",
    ),
    ("x: 3*{ {relu}; }", "x: 3 * {\n  {\n    relu\n  }\n}\n"),
)


@pytest.mark.parametrize(("text", "normal"), NORMAL_FORMS)
def test_the_normal_form_has_one_statement_a_line(text: str, normal: str) -> None:
    """Short keys in declared order, defaults left out, blocks indented by two, one space between words."""
    assert format_spec(parse(text)) == normal


def test_another_input_may_stand_in_the_normal_form() -> None:
    """An input shape given beside a network takes the place of its own."""
    assert format_spec(parse("input 1x8; relu"), (3, 9)) == "input 3x9\nrelu\n"
    assert format_spec(parse("relu"), (3, 9)) == "input 3x9\nrelu\n"


# Shapes, values, keys and kinds

SHAPES = (
    ("3x224x224", (3, 224, 224)),
    ("3,224,224", (3, 224, 224)),
    ("3, 224, 224", (3, 224, 224)),
    ("(3, 224, 224)", (3, 224, 224)),
    ("(3,224,224)", (3, 224, 224)),
    ("3\u00d7224\u00d7224", (3, 224, 224)),
    ("3 x 224 x 224", (3, 224, 224)),
    (" 3x224x224\t", (3, 224, 224)),
    ("16", (16,)),
    ("(16,)", (16,)),
    ("1x8", (1, 8)),
    ("3x16x112x112", (3, 16, 112, 112)),
    ("003x08", (3, 8)),
    (f"1x{LARGEST}", (1, LARGEST)),
)
NO_SHAPES = (
    "",
    "x",
    "3x",
    "x3",
    "0x8",
    "-1x8",
    "3x8.5",
    "3 8 8",
    "(3, 8",
    "1x1x1x1x1",
    f"1x{LARGEST + 1}",
    "\u0663x8",
)


@pytest.mark.parametrize(("text", "shape"), SHAPES)
def test_a_shape_is_read_in_every_way_of_writing_it(text: str, shape: tuple[int, ...]) -> None:
    """As a statement, as an argument and as numbers, a shape is the same shape, and has one normal form."""
    assert parse(f"input {text}\nrelu").input == shape
    assert infer("relu", text).input == infer("relu", shape).input == shape
    assert format_spec(parse(f"input {text}; relu")) == f"input {'x'.join(map(str, shape))}\nrelu\n"


@pytest.mark.parametrize("text", NO_SHAPES)
def test_what_is_no_shape_is_refused(text: str) -> None:
    """Nothing but channels and one to three sizes from 1 up is a shape, in a spec or beside it."""
    with pytest.raises(SpecError):
        parse(f"input {text}\nrelu")
    with pytest.raises(SpecError):
        parse_shape(text)


LINES = (
    # every form of a padding
    ("conv k=3 p=1 out=8", "conv k=3 p=1 out=8"),
    ("conv k=3 p=0 out=8", "conv k=3 out=8"),
    ("conv k=3 p=0:0 out=8", "conv k=3 out=8"),
    ("conv k=3 p=1x2 out=8", "conv k=3 p=1x2 out=8"),
    ("conv k=3 p=0:1 out=8", "conv k=3 p=0:1 out=8"),
    ("conv k=3 p=1:1 out=8", "conv k=3 p=1 out=8"),
    ("conv k=3 p=0:1x2:3 out=8", "conv k=3 p=0:1x2:3 out=8"),
    ("conv k=3 p=0:1x2 out=8", "conv k=3 p=0:1x2 out=8"),
    ("conv k=3 p=1x2:3x4:4 out=8", "conv k=3 p=1x2:3x4 out=8"),
    ("conv k=3 p=same out=8", "conv k=3 p=same out=8"),
    ("conv k=3 p=same-lower out=8", "conv k=3 p=same-lower out=8"),
    ("conv k=3 p=valid out=8", "conv k=3 p=valid out=8"),
    ("conv k=3 p=? out=8", "conv k=3 p=? out=8"),
    # values per axis
    ("conv k=3x5 s=2x1 out=8", "conv k=3x5 s=2x1 out=8"),
    ("conv k=3x5x7 out=8", "conv k=3x5x7 out=8"),
    ("conv k=3x3 out=8", "conv k=3x3 out=8"),
    ("upsample scale=2x1.5", "upsample scale=2x1.5"),
    ("upsample size=14x7 mode=nearest", "upsample size=14x7"),
    # single values
    ("conv k=03 s=1 d=1 g=1 out=8 bias=yes", "conv k=3 out=8"),
    ("conv out=8 k=3", "conv k=3 out=8"),
    ("conv k=3 out=8 bias=no", "conv k=3 out=8 bias=no"),
    ("conv k=3 out=8 bias=false", "conv k=3 out=8 bias=no"),
    ("conv k=3 out=8 bias=False", "conv k=3 out=8 bias=no"),
    ("conv k=3 out=8 bias=0", "conv k=3 out=8 bias=no"),
    ("maxpool k=2 ceil=true", "maxpool k=2 ceil=yes"),
    ("maxpool k=2 ceil=True", "maxpool k=2 ceil=yes"),
    ("maxpool k=2 ceil=1", "maxpool k=2 ceil=yes"),
    ("maxpool k=2 s=2", "maxpool k=2 s=2"),
    ("dropout p=0.50", "dropout"),
    ("dropout p=1.0", "dropout p=1"),
    ("dropout p=.25", "dropout p=0.25"),
    ("pad p=1 mode=constant value=-2.5e1", "pad p=1 mode=constant value=-25"),
    ("unflatten shape=64x7x7", "unflatten shape=64x7x7"),
    ("unflatten shape=64,7,7", "unflatten shape=64x7x7"),
    ("slice from=0 to=8", "slice to=8"),
    # ranks
    ("conv1d k=3 out=8", "conv1d k=3 out=8"),
    ("conv2d k=3 out=8", "conv2d k=3 out=8"),
    ("conv3d k=3 out=8", "conv3d k=3 out=8"),
    ("batchnorm2d", "bn2d"),
    ("convtranspose2d k=2 s=2 out=8", "tconv2d k=2 s=2 out=8"),
    # names that other tools use
    ("conv kernel_size=3 out_channels=8 padding=1 stride=2 dilation=2 groups=2 in_channels=4",
     "conv k=3 s=2 p=1 d=2 g=2 out=8 in=4"),
    ("conv kernel=3 filters=8 pad=1 strides=2", "conv k=3 s=2 p=1 out=8"),
    ("deconv k=4 s=2 p=1 output_padding=1 out=8", "tconv k=4 s=2 p=1 op=1 out=8"),
    ("dense out=10", "linear out=10"),
    ("fc out_features=10 in_features=84", "linear out=10 in=84"),
    ("swish", "silu"),
)  # fmt: skip


@pytest.mark.parametrize(("line", "normal"), LINES)
def test_a_line_has_one_normal_form(line: str, normal: str) -> None:
    """Whatever aliases, orders and spellings a line is written with, it is printed in one way."""
    assert format_spec(parse(line)) == f"{normal}\n"
    assert format_spec(parse(normal)) == f"{normal}\n"


NO_LINES = (
    "conv k=3 p=-1 out=8",
    "conv k=3 p=1: out=8",
    "conv k=3 p=:1 out=8",
    "conv k=3 p=1:2:3 out=8",
    "conv k=3 p=1x out=8",
    "conv k=3 p=1x1x1x1 out=8",
    "conv k=3 p=Same out=8",
    "conv k=3x3x3x3 out=8",
    "conv k=0 out=8",
    "conv k=3.0 out=8",
    "conv k= out=8",
    "conv k=3",
    "conv k=3 kernel=3 out=8",
    "conv k=3 out=8 bias=maybe",
    f"conv k=3 out={LARGEST + 1}",
    "conv4d k=3 out=8",
    "conv0d k=3 out=8",
    "relu2d",
    "add2d x",
    "dropout p=1.5",
    "dropout p=nan",
    "upsample scale=0",
    "upsample scale=inf",
    "upsample scale=2 mode=cubic",
    "unflatten shape=0x3",
    "relu tanh",
    "k=3",
    "2 *",
    "* relu",
    "0 * relu",
    "2 * 3 * relu",
    "x: y: relu",
    "relu: tanh",
    "from",
    "from x",
    "x:; from x x",
    "add",
    "add { relu }",
    "add x { relu | }",
    "{ relu",
    "relu }",
    "relu | tanh",
    "{ relu | tanh }",
    "{ relu } tanh",
    "relu { tanh }",
    "relu; input 3x8x8",
    "{ input 3x8x8; relu }",
    "input 3x8x8; input 3x8x8; relu",
    "input 3x8x8",
    "",
    " \n # nothing\n;",
)


@pytest.mark.parametrize("text", NO_LINES)
def test_what_the_grammar_has_not_is_refused(text: str) -> None:
    """A text outside of the language is refused with the place and something to do about it."""
    with pytest.raises(SpecError) as caught:
        parse(text)
    assert caught.value.hint
    assert caught.value.span is not None or "there is no layer in it" in caught.value.message


def test_blocks_nest_up_to_a_limit() -> None:
    """64 blocks in one another are read; one more is refused, and so is a vast number, without a crash."""
    assert nodes(parse("{" * 64 + "relu" + "}" * 64)) == "relu <- 0"
    for depth in (65, 100_000):
        with pytest.raises(SpecError, match="more than 64 deep"):
            parse("{" * depth + "relu" + "}" * depth)


def test_sources_follow_one_another() -> None:
    """Several sources are one network: the first may give the input, names go on, spans tell them apart."""
    network = parse([Source("a.cnn", "input 3x8x8\nx: relu"), Source("b.cnn", "tanh\nadd x\n")])
    assert nodes(network) == "relu <- 0, tanh <- 1, add x <- 2 1"
    assert network.input == (3, 8, 8)
    assert [node.origin.source.name for node in network.ops] == ["a.cnn", "b.cnn", "b.cnn"]
    assert [(node.origin.text, node.origin.line) for node in network.ops] == [
        ("relu", 2),
        ("tanh", 1),
        ("add x", 2),
    ]
    with pytest.raises(SpecError):
        parse([Source("a.cnn", "relu"), Source("b.cnn", "input 3x8x8")])


# What may stand behind KEY=: a strategy for each class of value


def small(minimum: int) -> st.SearchStrategy[int]:
    """Whole numbers, the least and the largest among them."""
    return st.integers(minimum, LARGEST) | st.integers(minimum, 9) | st.just(LARGEST)


def per_axis(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(values, min_size=1, max_size=3).map(tuple)


def pairs() -> st.SearchStrategy[tuple[Any, ...]]:
    return per_axis(st.tuples(small(0), small(0)) | small(0).map(lambda n: (n, n)))


def numbers(minimum: float, maximum: float) -> st.SearchStrategy[float]:
    """Decimal numbers of both types."""
    return st.floats(minimum, maximum) | st.integers(-int(-minimum // 1), int(maximum // 1))


STRATEGIES: dict[type[Any], Callable[[Any], st.SearchStrategy[Any]]] = {
    values.Whole: lambda value: small(value.minimum),
    values.PerAxis: lambda value: per_axis(small(value.minimum)),
    values.Pairs: lambda value: pairs(),
    values.PaddingValue: lambda value: st.sampled_from(value.words) | pairs(),
    values.YesNo: lambda value: st.booleans(),
    values.OneOf: lambda value: st.sampled_from(value.words),
    values.Number: lambda value: numbers(value.minimum, value.maximum),
    values.Factors: lambda value: per_axis(st.floats(0, LARGEST, exclude_min=True) | st.integers(1, LARGEST)),
    values.ShapeValue: lambda value: st.lists(small(1), min_size=1, max_size=4).map(tuple),
}


def value_classes() -> Iterator[type[Any]]:
    """The classes of `values` that read and write a text."""
    for name, found in vars(values).items():
        own = isinstance(found, type) and found.__module__ == values.__name__
        if own and hasattr(found, "read") and name != "Value":  # the protocol that they all keep to
            yield found


def test_every_class_of_value_has_a_strategy() -> None:
    """A new class of value is not left out of the properties, and no old one stays behind."""
    assert set(value_classes()) == set(STRATEGIES)
    assert {type(p.value) for cls in KINDS.values() for p in cls.params} == set(STRATEGIES)


def value_of(param: Param) -> st.SearchStrategy[Any]:
    return STRATEGIES[type(param.value)](param.value)


@st.composite
def layers(draw: st.DrawFn, kind: str) -> Layer:
    """A layer of a kind: what it needs, some of the rest, and perhaps the rank that it insists on."""
    cls = KINDS[kind]
    given = {p.name: draw(value_of(p)) for p in cls.params if p.required or draw(st.booleans())}
    return cls(rank=draw(st.sampled_from((None, 1, 2, 3))) if cls.ranked else None, **given)


def line(layer: Layer) -> str:
    """A network of that layer alone, as text; a merge takes the input twice."""
    return f"x:\n{layer.spec()} x\n" if layer.merges else f"{layer.spec()}\n"


@every_kind
@for_each_kind
@given(st.data())
def test_a_layer_survives_its_line(kind: str, data: st.DataObject) -> None:
    """For every kind: a layer's line reads as an equal layer, and is a fixed point of the normal form."""
    layer = data.draw(layers(kind))
    network = parse(line(layer))
    assert [node.layer for node in network.ops] == [layer]
    assert hash(network.ops[0].layer) == hash(layer)
    assert format_spec(network) == line(layer)


@every_kind
@for_each_kind
@given(st.data())
def test_all_keys_of_a_parameter_mean_the_same(kind: str, data: st.DataObject) -> None:
    """For every kind: each key and alias sets its parameter, behind each word that names the kind."""
    cls = KINDS[kind]
    given = {p.name: data.draw(value_of(p)) for p in cls.params}
    layer = cls(**given)
    texts = {p: p.value.write(getattr(layer, p.name)) for p in cls.params}
    for word in (kind, *cls.aliases):
        for chosen in range(max((len(p.keys) for p in cls.params), default=1)):
            pairs = [f"{p.keys[chosen % len(p.keys)]}={text}" for p, text in texts.items()]
            text = " ".join([word, *data.draw(st.permutations(pairs)), *(["x"] if cls.merges else [])])
            assert [node.layer for node in parse(f"x:\n{text}").ops] == [layer]


@every_kind
def test_a_kind_has_its_rank_where_it_says_so(kind: str) -> None:
    """For every kind: ranked words are known exactly if the kind is ranked."""
    cls = KINDS[kind]
    for word in (kind, *cls.aliases):
        assert find(word) == (cls, None)
        for rank in (1, 2, 3):
            assert find(f"{word}{rank}d") == ((cls, rank) if cls.ranked else None)
        assert find(f"{word}4d") is find(f"{word}0d") is find(f"{word}22d") is None


def test_the_words_of_the_language_are_those_that_are_found() -> None:
    """What is offered as a kind is one, and none is offered twice."""
    offered = list(words())
    assert all(find(word) for word in offered)
    assert len(set(offered)) == len(offered)
    assert set(KINDS) < set(offered)


# Random networks

NAMES = ("x", "y", "block.1", "_skip-2", "\u5c64", "\u0441\u043b\u043e\u0439.1", "\u00e9t\u00e9")
PLAIN = [kind for kind, cls in KINDS.items() if not cls.merges]
MERGES = [kind for kind, cls in KINDS.items() if cls.merges]


class Apply(NamedTuple):
    """A layer, and the names that a merge has."""

    layer: Layer
    operands: tuple[str, ...] = ()


class From(NamedTuple):
    """Go on from the tensor of that name."""

    name: str


class Branches(NamedTuple):
    """A merge of blocks."""

    layer: Layer
    branches: tuple[Block, ...]


class Repeat(NamedTuple):
    """An item, some times in a row."""

    times: int
    item: Any


class Block(NamedTuple):
    """Statements: an item or none, and a name or none."""

    statements: tuple[tuple[Any, str | None], ...]


@st.composite
def trees(draw: st.DrawFn) -> Block:
    """Statements of every form, in which a name is used after it is made alone."""
    known: list[str] = []
    any_layer = st.sampled_from(PLAIN).flatmap(layers)
    merge = st.sampled_from(MERGES).flatmap(layers)

    def layer() -> Apply:
        if known and draw(st.booleans()):
            return Apply(draw(merge), tuple(draw(st.lists(st.sampled_from(known), min_size=1, max_size=3))))
        return Apply(draw(any_layer))

    def branches(depth: int) -> Branches:
        return Branches(draw(merge), tuple(block(depth) for _ in range(draw(st.integers(2, 3)))))

    def item(depth: int) -> Any:
        form = draw(st.integers(0, 5))
        if form == 1 and known:
            return From(draw(st.sampled_from(known)))
        if form == 2 and depth:
            return branches(depth - 1)
        if form == 3 and depth:
            return block(depth - 1)
        if form == 4 and depth:
            inner = draw(st.sampled_from((block, branches)))(depth - 1) if draw(st.booleans()) else layer()
            return Repeat(draw(st.integers(1, 3)), inner)
        return layer()

    def statement(depth: int) -> tuple[Any, str | None]:
        bare = draw(st.integers(0, 9)) == 0
        found = None if bare else item(depth)
        name = draw(st.sampled_from(NAMES)) if bare or draw(st.booleans()) else None
        if name is not None:
            known.append(name)
        return found, name

    def block(depth: int) -> Block:
        return Block(tuple(statement(depth) for _ in range(draw(st.integers(0, 3)))))

    return Block((statement(2), *block(2).statements))


def typed(block: Block, space: Callable[[], str], end: Callable[[], str]) -> str:
    """The statements as text, with white space and separators from whoever types them."""

    def written(item: Any) -> str:
        if isinstance(item, Apply):
            return (" " + space()).join([*item.layer.spec().split(), *item.operands])
        if isinstance(item, From):
            return f"from {space()}{item.name}"
        if isinstance(item, Repeat):
            return f"{item.times}{space()}*{space()}{written(item.item)}"
        if isinstance(item, Branches):
            return f"{item.layer.spec()}{space()}{{{'|'.join(map(inside, item.branches))}}}"
        return f"{{{inside(item)}}}"

    def inside(block: Block) -> str:
        text = space()
        for item, name in block.statements:
            text += space() + ("" if name is None else f"{name}{space()}:{space()}")
            text += ("" if item is None else written(item)) + end()
        return text

    return inside(block)


def tidy(block: Block) -> str:
    """The statements on a line of their own each."""
    return typed(block, lambda: " ", lambda: "\n")


@st.composite
def untidy(draw: st.DrawFn, block: Block) -> str:
    """The statements as someone might type them: any white space, separators and comments."""
    ends = ("\n", ";", "\r\n", " # } | { ; x:\n", ";;", "\n\n", "; \n", "\n# a line\n", "; # behind\n")
    return typed(
        block,
        lambda: draw(st.sampled_from(("", " ", "\t", "  "))),
        lambda: draw(st.sampled_from(ends)),
    )


def told(network: Graph) -> tuple[Any, ...]:
    """All that a network says, and the names that it is said with."""
    return network, [op.operands for op in network.ops]


@drawn
@given(trees(), st.none() | st.tuples(st.integers(1, 9), st.integers(1, 9)))
def test_a_network_survives_its_normal_form(block: Block, shape: tuple[int, int] | None) -> None:
    """Statements written in normal form read as the same graph, names and regions; so does that again."""
    network = parse(tidy(block)).with_input(shape)
    text = format_spec(network)
    assert told(parse(text)) == told(network)
    assert format_spec(parse(text)) == text


@drawn
@given(st.data())
def test_white_space_separators_and_comments_say_nothing(data: st.DataObject) -> None:
    """However untidily statements are typed, they are the same network, and the same text but comments."""
    block = data.draw(trees())
    network, plain = parse(data.draw(untidy(block))), parse(tidy(block))
    assert told(network) == told(plain)
    uncommented = [line.partition("#")[0].rstrip() for line in format_spec(network).splitlines()]
    assert [line for line in uncommented if line] == format_spec(plain).splitlines()


@drawn
@given(st.data())
def test_comments_survive(data: st.DataObject) -> None:
    """Every comment is there again, once, and where it stands is where it stays."""
    text = data.draw(untidy(data.draw(trees())))
    normal = format_spec(parse(text))
    assert re.findall("#.*", normal) == [comment.rstrip() for comment in re.findall("#.*", text)]
    assert format_spec(parse(normal)) == normal


COMMENTED = """\
# head
input 3x8x8  # shape
# before
conv k=3 p=? out=8  # behind
add {  # opens
  # first
  relu
  # last of it
|  # bar
  tanh  # inside
}  # closes
2 * {
  # in a repeat
  conv k=5 p=? out=8
}
# the end
"""


def test_each_comment_keeps_its_place() -> None:
    """Before a statement, behind it, behind a brace or a bar, at the end of a block and of the text."""
    assert format_spec(parse(COMMENTED)) == COMMENTED


def test_a_solver_keeps_comments() -> None:
    """The solved padding stands in the text that was given, with all its comments."""
    solved = format_spec(solve_padding(COMMENTED).network)
    assert solved == COMMENTED.replace("k=3 p=?", "k=3 p=1").replace("k=5 p=?", "k=5 p=2")


def test_turns_that_come_out_different_keep_comments() -> None:
    """A repeat that is written out has its own comments once, and those inside of it in each turn."""
    text = "input 1x9\n# all\n2 * {  # twice\n  # one\n  conv k=3 p=? out=1; relu  # two\n}  # done\n"
    turn = "  # one\n  conv k=3{} out=1\n  relu  # two\n"
    turns = turn.format(" p=1") + turn.format("")
    assert format_spec(solve_padding(text, output="7").network) == (
        f"input 1x9\n# all\n{{  # twice\n{turns}}}  # done\n"
    )


TOKENS = (
    *(
        "relu",
        "conv k=3 out=8",
        "conv",
        "add",
        "from",
        "x",
        "x:",
        ":",
        "input 3x8x8",
        "input",
        "3 *",
        "*",
        "9",
    ),
    *(
        "{",
        "}",
        "|",
        ";",
        "\n",
        "\r",
        " ",
        "\t",
        "#",
        "=",
        "k=",
        "p=?",
        "\u00d7",
        "\u00e9",
        "\x1b",
        "\x00",
        "\ufeff",
    ),
)


@drawn
@given(st.lists(st.sampled_from(TOKENS), max_size=20).map("".join) | st.text(max_size=30))
def test_any_text_is_a_network_or_a_spec_error(text: str) -> None:
    """No text brings about another error, and what is a network has a normal form."""
    try:
        network = parse(text)
    except SpecError as error:
        str(error)  # the drawing of the place is a part of it
        return
    assert told(parse(format_spec(network))) == told(network)


# A layer as a record


def conv(**given: Any) -> Layer:
    """A convolution, its kernel size and output channels given already."""
    return KINDS["conv"](**({"kernel_size": 3, "out_channels": 8} | given))


def test_a_layer_is_frozen() -> None:
    """Nothing of a layer can be set, added or deleted."""
    layer = conv()
    with pytest.raises(AttributeError) as caught:
        layer.stride = (2,)  # type: ignore[attr-defined]
    assert str(caught.value) == "a layer is frozen: make a new one with replace(stride=...)"
    with pytest.raises(AttributeError, match="frozen"):
        layer.other = 1  # type: ignore[attr-defined]
    with pytest.raises(AttributeError) as caught:
        del layer.stride  # type: ignore[attr-defined]
    assert str(caught.value) == "a layer is frozen"
    assert layer == conv()


def test_layers_are_equal_by_value() -> None:
    """Kind, parameters and rank make a layer: equal ones have one hash, however they were given."""
    assert conv() == conv(kernel_size=(3,), stride=1, padding=0) == parse("conv k=3 out=8").ops[0].layer
    assert len({conv(), conv(padding=((0, 0),)), conv(padding="valid"), conv(rank=2), conv(stride=2)}) == 4
    assert conv() != KINDS["tconv"](kernel_size=3, out_channels=8)
    assert KINDS["relu"]() == KINDS["relu"]()
    assert KINDS["relu"]() != KINDS["tanh"]()
    assert conv() != "conv k=3 out=8"


@every_kind
@for_each_kind
@given(st.data())
def test_the_repr_is_the_call_that_makes_the_layer(kind: str, data: st.DataObject) -> None:
    """For every kind: what is shown, evaluated, is an equal layer."""
    layer = data.draw(layers(kind))
    cls = type(layer)
    assert eval(repr(layer), {cls.__name__: cls}) == layer


@pytest.mark.parametrize(("kind", "rank"), [("relu", 2), ("conv", 4), ("conv", 0)])
def test_a_rank_that_cannot_be_written_is_refused(kind: str, rank: int) -> None:
    """Only the kinds that are written with a rank take one, from 1 to 3."""
    with pytest.raises(ValueError, match=f"{kind} is not written with a rank of {rank}"):
        KINDS[kind](rank=rank, **({"kernel_size": 1, "out_channels": 1} if kind == "conv" else {}))


def test_the_repr_names_every_parameter() -> None:
    """A record shows its class and all its fields by their names in Python."""
    assert repr(KINDS["maxpool"](kernel_size=2, padding=(0, (0, 1)))) == (
        "MaxPool(kernel_size=(2,), stride=None, padding=((0, 0), (0, 1)), dilation=(1,), ceil=False)"
    )


@every_kind
@for_each_kind
@given(st.data())
def test_replace_changes_what_it_is_given(kind: str, data: st.DataObject) -> None:
    """For every kind: replace gives a layer with that value, all else and the old layer being unchanged."""
    old = data.draw(layers(kind))
    assert old.replace() == old
    for changed in old.params:
        before = hash(old)
        new = old.replace(**{changed.name: data.draw(value_of(changed))})
        kept = [p.name for p in old.params if p != changed]
        assert [getattr(new, name) for name in kept] == [getattr(old, name) for name in kept]
        assert (type(new), new.rank) == (type(old), old.rank)
        assert new.replace(**{changed.name: getattr(old, changed.name)}) == old
        assert hash(old) == before


NORMALISED = (
    ({"kernel_size": 3}, "kernel_size", (3,)),
    ({"kernel_size": (3, 5)}, "kernel_size", (3, 5)),
    ({"padding": 1}, "padding", ((1, 1),)),
    ({"padding": (1, 2)}, "padding", ((1, 1), (2, 2))),
    ({"padding": ((0, 1),)}, "padding", ((0, 1),)),
    ({"padding": (1, (2, 3))}, "padding", ((1, 1), (2, 3))),
    ({"padding": "same"}, "padding", "same"),
)


@pytest.mark.parametrize(("given", "name", "value"), NORMALISED)
def test_values_are_brought_into_one_form(given: dict[str, Any], name: str, value: Any) -> None:
    """What may be given in short is held in one form, that of a line that is read."""
    assert getattr(conv(**given), name) == value


MISUSES: tuple[tuple[dict[str, Any], str], ...] = (
    ({}, "conv needs kernel_size: kernel size"),
    ({"kernel_size": 3}, "conv needs out_channels: output channels"),
    ({"kernel_size": 3, "out_channels": 8, "k": 3}, "conv has no parameter k"),
    ({"kernel_size": 3, "out_channels": 8, "a": 1, "b": 2}, "conv has no parameter a, b"),
)


@pytest.mark.parametrize(("given", "message"), MISUSES)
def test_a_missing_or_unknown_argument_is_named(given: dict[str, Any], message: str) -> None:
    """As in any call, an argument too few or too many is a TypeError that says which."""
    with pytest.raises(TypeError) as caught:
        KINDS["conv"](**given)
    assert str(caught.value) == message


SIZES_EXPECTED = "a whole number from 1, or one per axis as in 3x5"
WRONG_VALUES: tuple[tuple[str, Any, str], ...] = (
    ("kernel_size", 0, SIZES_EXPECTED),
    ("kernel_size", -1, SIZES_EXPECTED),
    ("kernel_size", (), f"{SIZES_EXPECTED}, three at most"),
    ("kernel_size", [3, 3], SIZES_EXPECTED),
    ("kernel_size", (3, 3, 3, 3), f"{SIZES_EXPECTED}, three at most"),
    ("out_channels", True, "a whole number from 1"),
    ("out_channels", 8.0, "a whole number from 1"),
    ("out_channels", "8", "a whole number from 1"),
    ("out_channels", None, "a whole number from 1"),
    ("out_channels", LARGEST + 1, "a whole number from 1; numbers go up to 1000000000000"),
    ("bias", 1, "yes or no"),
    ("padding", "full", "1, 1x2, 0:1, 0:1x2:3, same, same-lower, valid or ? (for solve-padding)"),
    (
        "padding",
        ((1, 2, 3),),
        "samples as in 1, before:after as in 0:1, or either per axis as in 1x2 and 0:1x2:3",
    ),
)


@pytest.mark.parametrize(("name", "value", "expected"), WRONG_VALUES)
def test_a_wrong_value_is_told_with_what_is_expected(name: str, value: Any, expected: str) -> None:
    """A value that will not do is a ValueError that names the parameter, the value and what would do."""
    with pytest.raises(ValueError, match=name) as caught:
        conv(**{name: value})
    assert str(caught.value) == f"conv: {name} is {value!r}, expected {expected}"


@every_kind
def test_every_kind_refuses_what_it_has_not(kind: str) -> None:
    """For every kind: an unknown argument, a missing one and a wrong one are refused by their names."""
    cls = KINDS[kind]
    needed = {p.name: object() for p in cls.params if p.required}
    for name in needed:
        with pytest.raises(TypeError, match=f"^{kind} needs {next(iter(needed))}: "):
            cls()
        with pytest.raises(ValueError, match=f"^{kind}: {next(iter(needed))} is <object .*, expected "):
            cls(**needed)
        assert name in cls.__annotations__
    if not needed:
        with pytest.raises(TypeError, match=f"^{kind} has no parameter other$"):
            cls(other=1)
