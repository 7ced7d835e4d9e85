"""What would mend a network that is refused: another input, where another input would.

A layer's own hint mends the layer.  Here the whole network is looked at: the nearest input sizes that work,
height and width swapped, the channels last, a batch in front.  Everything that is proposed has been tried.
Loaded only where an error is made.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import product
from typing import NamedTuple

from convshape.analyses.inputs import sizes_that_work
from convshape.analyses.report import Shapes, infer_network
from convshape.errors import ConvshapeError, ShapeError, listed
from convshape.graph import Graph
from convshape.layers import AXES, Shape, format_shape
from convshape.walk import steps

# An error of a network with more layers than this does not wait for a hint.
_LONGEST = 5_000

# How far from the size that does not work others are sought: near it first, then as far as there is time for.
_NEAR = 512
_FAR = 16_384
_MOST_STEPS = 2_000_000

# From how many sizes in a row, all of which work, all larger ones are taken to work.
_IN_A_ROW = 1_024

# Channels that an image has, and sizes from which an axis may be, and surely is, one of an image.
_IMAGE = (1, 3, 4)
_LEAST, _LARGE = 5, 28


class _Sizes(NamedTuple):
    """Sizes of an axis that work, in words, and those among them that are tried before it is said."""

    words: str
    tried: tuple[int, ...]


Attempt = Callable[[Shape], object]
"""What was asked of the network, for another input; a ConvshapeError where it is refused again."""


def advice(
    network: Graph, shape: Shape, error: ShapeError, *, given: bool = True, attempt: Attempt | None = None
) -> str | None:
    """The hint for a network that does not take `shape`: the error's own, after the inputs that it takes.

    `given` tells that the shape came from outside the text; `attempt` asks again what was asked, if
    that was not inference.

    >>> from convshape import parse
    >>> advice(parse("conv k=5 out=8"), (50, 4), ShapeError("too short", hint="add padding", sized=True))
    'an input with L of 5 or more works; else, add padding'
    """
    if len(network.ops) > _LONGEST:
        return error.hint

    def works(shape: Shape) -> bool:
        try:
            infer_network(network, shape) if attempt is None else attempt(shape)
        except ConvshapeError:
            return False
        return True

    clauses = []
    for other, reason, certain in _layouts(network, shape):
        if _reached(network, other) > _reached(network, shape):
            wanted = f'input="{format_shape(other)}"' if given else f"'input {format_shape(other)}'"
            if certain:
                return f"{wanted}: {reason}"
            clauses.append(f"perhaps you mean {wanted}, since {reason}")
            break
    if error.sized:
        clauses += [*_swapped(shape, works), *_resized(network, shape, works)]
    if error.hint is not None:
        clauses.append(f"else, {error.hint}" if clauses else error.hint)
    return "; ".join(clauses) or None


def _reached(network: Graph, shape: Shape) -> int:
    """How many values the network has before the one that does not take what comes into it."""
    reached = 0
    with suppress(ShapeError):
        for _ in steps(network, Shapes({0: shape})):
            reached += 1
    return reached


def _layouts(network: Graph, shape: Shape) -> Iterator[tuple[Shape, str, bool]]:
    """Shapes that may have been meant, with what is then wrong, and whether nothing else can have been."""
    opening = [op.layer for op in network.ops if 0 in op.inputs]
    asserted = {getattr(layer, "in_channels", None) for layer in opening}
    ranks = {layer.rank for layer in opening}
    last_first, first, no_batch = "channels come first", shape[0], "the batch is not part of the shape"
    if first > 1:
        no_batch += f", and batch={first} sets it"

    def image(channels: int, sizes: tuple[int, ...], least: int) -> bool:
        """Whether these are surely the channels and the sizes of an image."""
        return channels in asserted or (channels in _IMAGE and min(sizes, default=0) >= least)

    if len(shape) > 2 or shape[-1] in asserted:
        other = (shape[-1], *shape[:-1])
        if image(other[0], other[1:], _LEAST):
            yield other, last_first, image(other[0], other[1:], _LARGE)
    if len(shape) < 3:
        return
    other = (shape[-1], *shape[1:-1])
    if len(shape) == 4 and image(other[0], other[1:], _LEAST) and not image(shape[1], shape[2:], _LEAST):
        yield other, f"{last_first}, and {no_batch}", image(other[0], other[1:], _LARGE)
    ranked = len(shape) - 2 in ranks
    if len(shape) == 4 or first == 1:
        other = shape[1:]
        if ranked or image(other[0], other[1:], _LEAST):
            yield other, no_batch, ranked or (len(shape) == 4 and image(other[0], other[1:], _LARGE))


def _swapped(shape: Shape, works: Callable[[Shape], bool]) -> list[str]:
    """That height and width have changed places, where the shape works with them changed back."""
    if len(shape) != 3 or shape[1] == shape[2]:
        return []
    other = (shape[0], shape[2], shape[1])
    return [f"{format_shape(other)}, with H and W swapped, works"] if works(other) else []


def _resized(network: Graph, shape: Shape, works: Callable[[Shape], bool]) -> list[str]:
    """The nearest sizes that work, of those axes whose size does not: each alone, else from a square on."""
    names = AXES[len(shape) - 1]
    if not names:
        return []
    for others in (shape, _square(network, shape)):
        found = {} if others is None else _along_axes(network, shape, others)
        ways = [found[axis].tried if axis in found else (size,) for axis, size in enumerate(shape[1:])]
        if found and all(works((shape[0], *sizes)) for sizes in product(*ways)):
            alike: dict[str, list[str]] = {}
            for axis, sizes in found.items():
                alike.setdefault(sizes.words, []).append(names[axis])
            told = " and ".join(f"{listed(axes)} of {words}" for words, axes in alike.items())
            return [f"an input with {told} works"]
    return []


def _along_axes(network: Graph, shape: Shape, others: Shape) -> dict[int, _Sizes]:
    """The sizes that work of each axis whose own does not, while the other axes have those of `others`."""
    found = {}
    for axis in range(len(shape) - 1):
        sizes = _along(network, shape[1 + axis], others, axis)
        if sizes is not None:
            found[axis] = sizes
    return found


def _along(network: Graph, size: int, others: Shape, axis: int) -> _Sizes | None:
    """The sizes of one axis that work in place of `size`; None where none does, or it works itself."""
    for reach in (_NEAR, _reach(network)):
        tried = range(max(1, size - _NEAR), size + reach + 1)
        found = sizes_that_work(network, others, (axis,), tried, like=size)
        if size in found:
            return None
        below = max((n for n in found if n < size), default=None)
        above = min((n for n in found if n > size), default=None)
        nearest = tuple(n for n in (below, above) if n is not None)
        if above is not None and below is None:
            row = range(above, above + _IN_A_ROW)
            if len(sizes_that_work(network, others, (axis,), row)) == len(row):
                return _Sizes(f"{above} or more", (above, above + 1, row[-1]))
        if nearest:
            return _Sizes(" or ".join(map(str, nearest)), nearest)
    return None


def _square(network: Graph, shape: Shape) -> Shape | None:
    """The shape with all axes of one size that works: the least from the longest axis on."""
    axes = tuple(range(len(shape) - 1))
    longest = max(shape[1:])
    sizes = sizes_that_work(network, shape, axes, range(longest, longest + _reach(network)))
    return (shape[0], *sizes[:1] * len(axes)) if sizes else None


def _reach(network: Graph) -> int:
    """How many sizes there is time to try."""
    return max(_NEAR, min(_FAR, _MOST_STEPS // len(network.ops)))
