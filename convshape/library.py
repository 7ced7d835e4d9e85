"""The functions of the library, called as the commands are, with the same names for their arguments.

Each checks its arguments, reads text and files, and asks an analysis, which is loaded for it alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from operator import index
from typing import TYPE_CHECKING, Any

from convshape.analyses.backends import BACKENDS, MAX_BYTES, load
from convshape.analyses.report import FLOAT32, ITEM_SIZES, TRIED, Report, infer_network, needed_input
from convshape.axis import LARGEST
from convshape.errors import (
    ArgumentTypeError,
    ArgumentValueError,
    ShapeError,
    Source,
    SpecError,
    did_you_mean,
    printable,
    quoted,
)
from convshape.files import is_file, read_file
from convshape.language import spec as language
from convshape.language.network import MAX_LAYERS, Network
from convshape.layers import Shape

if TYPE_CHECKING:
    from convshape.analyses.explain import Section
    from convshape.analyses.inputs import InputReport
    from convshape.analyses.padding import PaddingReport

MOST_TRIED = 1_000_000
"""How many input sizes are tried at the most."""

# How wide explanations are, and may be.
_WIDTH, WIDEST = 100, 1_000_000


def parse(
    text: str | os.PathLike[str] | Iterable[Source], *, name: str = "<spec>", max_layers: int = MAX_LAYERS
) -> Network:
    """The network that a spec says: text, a file as a pathlib.Path, or several sources in a row.

    Errors call the text `name`.  Raises SpecError, with the place and a hint, where it is no network.

    >>> [node.text for node in parse("conv kernel_size=5 out=6; tanh").nodes]
    ['conv k=5 out=6', 'tanh']
    """
    if not isinstance(name, str):
        raise _wrong_type("name", "a string", name)
    most = _integer("max_layers", max_layers)
    if isinstance(text, str | os.PathLike):
        return _parsed("text", text, name, most)
    return language.parse(_several(text), name=name, max_layers=most)


def format_spec(network: Network, input: str | Shape | None = None) -> str:
    """The spec of a network in normal form, with `input` as its input line, else the network's own."""
    if not isinstance(network, Network):
        raise _wrong_type("network", "a Network", network)
    return language.format_spec(network, _shape(input))


def infer(
    spec: str | os.PathLike[str] | Network,
    input: str | Shape | None = None,
    *,
    batch: int = 1,
    dtype: str = FLOAT32,
) -> Report:
    """Carry an input shape through a network, row by row.

    `spec` is text, a file as a pathlib.Path, or a Network; `input` is (channels, *spatial) or text such as
    ``3x224x224``, and overrides the spec's own.  `batch` samples of `dtype` (float32, float64, float16,
    bfloat16, int8, uint8) make the bytes of a row; shapes, parameters and MACs are those of one sample.

    Raises SpecError for text that is no network and ShapeError for a layer that refuses its input.

    >>> [row.output for row in infer("conv k=3 s=2 p=1 out=8; gap", (3, 9, 9))]
    [(3, 9, 9), (8, 5, 5), (8, 1, 1)]
    """
    samples = _integer("batch", batch)
    _word("dtype", dtype, ITEM_SIZES)
    network, shape = _network(spec), _shape(input)
    try:
        return infer_network(network, shape, batch=samples, dtype=dtype)
    except ShapeError as error:
        from convshape.analyses.advice import advice  # only an error needs it

        error.hint = advice(network, needed_input(network, shape), error, given=shape is not None)
        raise


def solve_padding(
    spec: str | os.PathLike[str] | Network,
    input: str | Shape | None = None,
    output: str | tuple[int, ...] | None = None,
) -> PaddingReport:
    """Find the padding of every ``p=?``, or without any of every layer that has a padding.

    Each layer keeps its input's size; with `output` (a size, one per axis as in ``7x7``, or a whole shape)
    the last is chosen so that the network ends in that size.  Without an input shape the padding has to keep
    every size.

    Raises NoSolution where no padding works, and what `infer` raises.

    >>> solve_padding("conv k=3 s=2 p=? out=8", "3x8x8", "4x4").solved[0].solutions
    (((0, 1), (1, 1)), ((0, 1), (1, 1)))
    """
    from convshape.analyses.padding import solve_network, with_same

    network, shape, sizes = _network(spec), _shape(input), _sizes(output)
    try:
        return solve_network(network, shape, sizes)
    except ShapeError as error:
        known = shape or network.input
        if known is not None:
            from convshape.analyses.advice import advice  # only an error needs it

            error.hint = advice(
                with_same(network),
                known,
                error,
                given=shape is not None,
                attempt=lambda other: solve_network(network, other, sizes),
            )
        raise


def solve_input(
    spec: str | os.PathLike[str] | Network,
    input: str | Shape | None = None,
    *,
    output: str | tuple[int, ...] | None = None,
    lossless: bool = False,
    square: bool = False,
    range: range = TRIED,
) -> InputReport:
    """Find the input sizes that work, axis by axis, among those of `range` (1 to 1,024).

    With `lossless`, only those that lose no border sample in any layer; with `output`, those that end in it;
    `square` gives all axes the same size.  `input` gives the channels, and the size of an axis while another
    is varied.

    Raises NoSolution, with the row that refuses the most sizes, where none works; SpecError or ShapeError for
    a network that works at no size.

    >>> solve_input("conv k=3 s=2 out=4", "1x9x9", lossless=True, range=range(1, 10)).working[0].sizes
    (3, 5, 7, 9)
    """
    from convshape.analyses.inputs import solve_network_input

    _flag("lossless", lossless)
    _flag("square", square)
    _range("range", range)
    return solve_network_input(
        _network(spec),
        _shape(input),
        output=_sizes(output),
        lossless=lossless,
        square=square,
        tried=range,
    )


def explain(
    spec: str | os.PathLike[str] | Network,
    input: str | Shape | None = None,
    *,
    width: int = _WIDTH,
    ascii: bool = False,
) -> tuple[Section, ...]:
    """Tell of each layer: its formula with its numbers, a picture of its windows, its parameters.

    Pictures are at most `width` characters wide, and with `ascii` drawn with ASCII characters alone.  Raises
    what `infer` raises.

    >>> print(explain("conv k=3 s=2 out=1 bias=no", "1x5", ascii=True)[0].title)
    #1  conv k=3 s=2 out=1 bias=no   1x5 -> 1x2
    """
    from convshape.analyses import explain as telling

    columns = _integer("width", width, WIDEST)
    _flag("ascii", ascii)
    signs = telling.ASCII if ascii else telling.UNICODE
    return tuple(telling.explain(infer(spec, input), width=columns, signs=signs))


def check(
    spec: str | os.PathLike[str] | Network | Report,
    input: str | Shape | None = None,
    *,
    framework: str = "torch",
    max_bytes: int = MAX_BYTES,
) -> Report:
    """Confirm each row with the real layer of a framework: the report, with a verdict on every row.

    `spec` may be a report as well, which has its input.  A row that would take more than `max_bytes` is not
    checked.  Raises BackendError where the framework is not installed, and what `infer` raises.
    """
    from convshape.analyses.confirmation import confirm

    _word("framework", framework, BACKENDS)
    most = _integer("max_bytes", max_bytes, None)
    if isinstance(spec, Report) and input is not None:
        raise ArgumentValueError(f"input takes None beside a report, which has its own, not {_told(input)}")
    report = spec if isinstance(spec, Report) else infer(spec, input)
    return confirm(report, load(framework), max_bytes=most)


# Arguments


def _network(spec: object) -> Network:
    if isinstance(spec, Network):
        return spec
    if isinstance(spec, str | os.PathLike):
        return _parsed("spec", spec, "<spec>", MAX_LAYERS)
    raise _wrong_type("spec", "spec text, a pathlib.Path or a Network", spec)


def _several(text: object) -> list[Source]:
    """Sources in a row; a Source is no row of its two strings."""
    if isinstance(text, Iterable) and not isinstance(text, Source | bytes):
        sources = list(text)
        if all(isinstance(source, Source) for source in sources):
            return sources
    raise _wrong_type("text", "spec text, a pathlib.Path or several Sources", text)


def _parsed(argument: str, text: str | os.PathLike[Any], name: str, max_layers: int) -> Network:
    if not isinstance(text, str):
        path = os.fspath(text)
        if not isinstance(path, str):
            raise _wrong_type(argument, "a path of text", path)
        return language.parse([read_file(path)], max_layers=max_layers)
    try:
        return language.parse(text, name=name, max_layers=max_layers)
    except SpecError as error:
        error.hint = _elsewhere(text.strip()) or error.hint
        raise


def _elsewhere(word: str) -> str | None:
    """The hint for a string that names what the command line would look for outside of it."""
    if word.startswith("@") and word == "".join(word.split()):
        name = printable(word[1:])
        return (
            f'a string is spec text; convshape.networks.text("{name}") is that of a network that is shipped'
        )
    if word.startswith("torch:") and word.count(":") > 1:
        return "a string is spec text, and no Python is imported for it"
    if is_file(word):
        return f'a string is spec text; pathlib.Path("{printable(word)}") is a file'
    return None


def _shape(shape: object, name: str = "input", expected: str | None = None) -> Shape | None:
    if shape is None:
        return None
    if isinstance(shape, str):
        return language.parse_shape(shape, name=name, expected=expected)
    what, example = ("sizes or a shape", "7x7") if expected else ("a shape", "3x224x224")
    taken = f'{what} as text such as "{example}" or as a tuple of whole numbers'
    if not isinstance(shape, tuple | list):
        raise _wrong_type(name, taken, shape)
    numbers = []
    for number in shape:
        if isinstance(number, bool):
            raise _wrong_type(name, taken, shape)
        try:
            numbers.append(index(number))
        except TypeError:
            raise _wrong_type(name, taken, shape) from None
    try:
        return language.parse_shape(tuple(numbers), name=name, expected=expected)
    except SpecError as error:
        raise ArgumentValueError(f"{name} takes {taken}, not {_told(shape)}", hint=error.hint) from None


def _sizes(output: object) -> tuple[int, ...] | None:
    return _shape(output, "output", language.OUTPUT_SIZES)


def _integer(name: str, value: object, most: int | None = LARGEST) -> int:
    taken = "a whole number from 1" + ("" if most is None else f" to {most:,}")
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise _wrong_type(name, taken, value)
    number = index(value)
    if number < 1 or (most is not None and number > most):
        raise ArgumentValueError(f"{name} takes {taken}, not {quoted(str(number))[1:-1]}")
    return number


def _flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise _wrong_type(name, "True or False", value)


def _word(name: str, value: object, known: Iterable[str]) -> None:
    words = tuple(known)
    *most, last = words
    taken = f"{', '.join(most)} or {last}" if most else last
    if not isinstance(value, str):
        raise _wrong_type(name, taken, value)
    if value not in words:
        hint = did_you_mean(value, words, "") or None
        raise ArgumentValueError(f"{name} takes {taken}, not {quoted(value)}", hint=hint)


def _range(name: str, value: object) -> None:
    taken = "a range of sizes from 1 up, such as range(1, 1025)"
    if not isinstance(value, range):
        raise _wrong_type(name, taken, value)
    if not value or value.step < 1 or value.start < 1 or value[-1] > LARGEST:
        raise ArgumentValueError(f"{name} takes {taken}, not {_told(value)}")
    if len(value) > MOST_TRIED:
        raise ArgumentValueError(f"{name} takes at most {MOST_TRIED:,} sizes, not {len(value):,}")


def _wrong_type(name: str, taken: str, value: object) -> ArgumentTypeError:
    return ArgumentTypeError(f"{name} takes {taken}, not {_told(value)}")


def _told(value: object) -> str:
    """A value that was given, with its type where that does not show."""
    text = printable(repr(value))
    text = text if len(text) <= 40 else text[:37] + "..."
    if value is None or isinstance(value, str | bytes | bool | tuple | list | range):
        return text
    return f"{text} ({type(value).__name__})"
