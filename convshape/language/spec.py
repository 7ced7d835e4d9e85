"""The language from outside: text to a graph, and shapes as they are written."""

from collections.abc import Iterable

from convshape.errors import Source, Span, SpecError, quoted
from convshape.graph import MAX_LAYERS, Graph
from convshape.language.evaluate import evaluate, input_of
from convshape.language.syntax import read
from convshape.layers import Shape, ShapeValue
from convshape.layers.values import BadValue

MAX_BYTES = 16 * 1024 * 1024
"""How long the text of one source may be."""

OUTPUT_SIZES = "sizes as in 7 or 7x7, or a whole shape as in 64x7x7, each from 1"
"""What a wanted output is written as."""


def parse(text: str | Iterable[Source], *, name: str = "<spec>", max_layers: int = MAX_LAYERS) -> Graph:
    """The network that a spec says.

    `text` is the spec, called `name` in errors, or several sources that follow one another.  A SpecError,
    with the place and a hint, where it is not a network.

    >>> [op.text for op in parse("conv kernel_size=5 out=6; tanh").ops]
    ['conv k=5 out=6', 'tanh']
    """
    sources = [Source(name, text)] if isinstance(text, str) else list(text)
    for source in sources:
        if len(source.text) > MAX_BYTES:
            raise oversized(source.name)
    block = read(sources, most=max(max_layers, MAX_LAYERS))
    graph = evaluate(block, max_layers=max_layers)
    if all(map(input_of, block.statements)):
        where = sources[0].name if sources else name
        raise SpecError(f"{where}: there is no layer in it", hint="a spec is a line such as 'conv k=3 out=8'")
    return graph


def oversized(name: str) -> SpecError:
    """The error for a source of more than MAX_BYTES."""
    return SpecError(
        f"{name}: more than {MAX_BYTES // 2**20} MiB", hint="shorten it with repeats, as in '3 * relu'"
    )


def parse_shape(shape: str | Shape, *, name: str = "input", expected: str | None = None) -> Shape:
    """A shape from text (``3x224x224``, ``3,224,224``, ``(3, 224, 224)``) or from numbers.

    A SpecError, as if written in a source called `name`, where it is none; `expected` says what is, where
    sizes alone will do.

    >>> parse_shape("3x224x224")
    (3, 224, 224)
    """
    value = ShapeValue()
    try:
        return value.read(shape) if isinstance(shape, str) else value.normal(shape)
    except BadValue as error:
        text = shape if isinstance(shape, str) else repr(shape)
        raise SpecError(
            f"{quoted(text)} is not a shape",
            span=Span(Source(name, text), 0, len(text)),
            hint=f"expected {expected or error}",
        ) from None
