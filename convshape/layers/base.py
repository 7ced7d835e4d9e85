"""What a layer kind is: one class in one place, from which everything about the kind follows.

A kind declares its parameters with `param` and says what it does to channels and to each spatial axis; its
line in a spec, its hints, its row in the docs, its shape and its tensors all come from that one class.
Layers know nothing of text positions, networks or frameworks: they import `axis`, `errors` and the values.
What a kind is called in a framework stands in `frameworks`.

A dataclass for each of fifty kinds would cost more start-up than the whole command line, so `Layer` reads the
declarations itself and is a dataclass to the type checker only.
"""

import math
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

from convshape.axis import IDENTITY, LARGEST, AxisMap, Pair
from convshape.errors import ShapeError, counted
from convshape.layers.values import BadValue, Pairs, Shape, Value, format_shape

Tensors = dict[str, Shape]
"""The learned tensors of a layer: name to shape, named as torch names them."""

AXES: tuple[tuple[str, ...], ...] = ((), ("L",), ("H", "W"), ("D", "H", "W"))
"""The names of the spatial axes, by rank."""

WITH_AXES = (1, 2, 3)
"""For `spatial`: an input without any spatial axis is refused."""

_REQUIRED: Any = object()


class Param:
    """One parameter of a kind: how it is called in Python and in a spec, and what it may hold."""

    name: str
    """The attribute that it is declared as."""
    keys: tuple[str, ...]
    """All that may stand before ``=``: the key, the name, the aliases."""

    def __init__(self, key: str, value: Value, doc: str, default: Any, aliases: tuple[str, ...]) -> None:
        self.key = key
        self.value = value
        self.doc = doc
        self.default = default
        self.aliases = aliases

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.keys = (self.key, *[word for word in (name, *self.aliases) if word != self.key])

    @property
    def required(self) -> bool:
        """Whether a spec has to give it."""
        return self.default is _REQUIRED


def param(
    key: str, value: Value, doc: str, *, default: Any = _REQUIRED, aliases: tuple[str, ...] = ()
) -> Any:
    """Declare a parameter in the body of a `Layer` class; the attribute's name is its name in Python."""
    return Param(key, value, doc, default, aliases)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(param,))
class Layer:
    """One layer: a frozen record, made with keyword arguments, whose fields are its parameters.

    Subclasses say how channels (`channels`) and sizes (`maps`) change, or the whole shape (`output`) where
    they are not to be told apart; and what is learned (`tensors`).  What they raise is a ShapeError.
    """

    kind: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    ranked: ClassVar[bool] = False
    """Whether the kind may be written with its rank (``conv2d``)."""
    merges: ClassVar[bool] = False
    """Whether the kind takes several tensors."""
    spatial: ClassVar[tuple[int, ...]] = (0, 1, 2, 3)
    """The numbers of spatial axes that an input may have."""
    by_axis: ClassVar[bool] = True
    """Whether every axis of the output comes of the same axis of the input alone."""
    params: ClassVar[tuple[Param, ...]] = ()

    rank: int | None
    """The number of spatial axes that the spec insists on."""
    _key: tuple[Any, ...]
    _hash: int

    def __init_subclass__(cls) -> None:
        declared = tuple(p for p in vars(cls).values() if isinstance(p, Param))
        if declared:
            cls.params = declared

    def __init__(self, *, rank: int | None = None, **values: Any) -> None:
        record = self.__dict__
        record["rank"] = rank
        if rank is not None and not (self.ranked and rank in (1, 2, 3)):
            raise ValueError(f"{self.kind} is not written with a rank of {rank}")
        for p in self.params:
            value = values.pop(p.name, p.default)
            if value is _REQUIRED:
                raise TypeError(f"{self.kind} needs {p.name}: {p.doc}")
            try:
                record[p.name] = value if value is p.default else p.value.normal(value)
            except BadValue as error:
                raise ValueError(f"{self.kind}: {p.name} is {value!r}, expected {error}") from None
        if values:
            raise TypeError(f"{self.kind} has no parameter {', '.join(values)}")
        record["_key"] = (type(self), *record.values())
        record["_hash"] = hash(record["_key"])

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a layer is frozen: make a new one with replace({name}=...)")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("a layer is frozen")

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Layer) and self._key == other._key)

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        fields = [f"{p.name}={getattr(self, p.name)!r}" for p in self.params]
        fields += [] if self.rank is None else [f"rank={self.rank}"]
        return f"{type(self).__name__}({', '.join(fields)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (self.kind, self.rank, {p.name: getattr(self, p.name) for p in self.params})

    def replace(self, **values: Any) -> Self:
        """The same layer with some values changed."""
        kept = {p.name: getattr(self, p.name) for p in self.params}
        return type(self)(rank=self.rank, **(kept | values))

    def spec(self) -> str:
        """Its line in a spec, in normal form: short keys in declared order, defaults left out."""
        return self._spec

    @cached_property
    def _spec(self) -> str:
        """Written once, however many rows show it."""
        word = self.kind if self.rank is None else f"{self.kind}{self.rank}d"
        given = ((p, getattr(self, p.name)) for p in self.params)
        words = (f"{p.key}={p.value.write(value)}" for p, value in given if value != p.default)
        return " ".join([word, *words])

    # What a kind says of itself

    def channels(self, count: int) -> int:
        """The output channels for `count` that come in; as many unless the kind says otherwise."""
        return count

    def maps(self, rank: int) -> tuple[AxisMap, ...]:
        """What happens to each of `rank` spatial axes; nothing unless the kind says otherwise."""
        return (IDENTITY,) * rank

    def check(self, shape: Shape) -> None:
        """Refuse an input for what its whole shape is, not one axis or the channels alone."""

    def refusal(self, axis: AxisMap, size: int, error: ShapeError) -> ShapeError:
        """Why an axis refuses its size, in the kind's own words where it has some."""
        return error

    def output(self, *shapes: Shape) -> Shape:
        """The output shape for the shapes of the tensors that come in (one, unless the kind merges)."""
        (shape,) = shapes
        self.check_rank(shape)
        channels = self.channels(shape[0])
        self.check(shape)
        return (channels, *self._along_axes(shape, lambda axis, size: axis.output_size(size)))

    def unused(self, shape: Shape) -> tuple[int, ...] | None:
        """The samples at the end of each axis that no window reaches; None where axes have no windows."""
        if not self.by_axis or self.merges:
            return None
        return self._along_axes(shape, lambda axis, size: axis.unused(size))

    def tensors(self, shape: Shape) -> Tensors:
        """The learned tensors for an input of `shape`."""
        return {}

    def macs(self, shape: Shape, output: Shape) -> int:
        """Multiply-adds of one sample (one per weight and position; see docs/conventions.md)."""
        return 0

    # What kinds share

    def maps_at(self, shape: Shape) -> tuple[AxisMap, ...]:
        """What happens to each spatial axis of an input of `shape`, with all that its sizes decide."""
        maps: list[AxisMap] = []
        for name, axis, size in zip(AXES[len(shape) - 1], self.maps(len(shape) - 1), shape[1:], strict=True):
            try:
                maps.append(axis.at(size))
            except ShapeError as error:
                raise self._refused(name, self.refusal(axis, size, error), shape) from None
        return tuple(maps)

    def _along_axes(self, shape: Shape, answer: Callable[[AxisMap, int], int]) -> tuple[int, ...]:
        """An answer of each axis map; what an axis refuses is told with the axis's name."""
        answers = []
        for name, axis, size in zip(AXES[len(shape) - 1], self.maps(len(shape) - 1), shape[1:], strict=True):
            try:
                answers.append(answer(axis, size))
            except ShapeError as error:
                raise self._refused(name, self.refusal(axis, size, error), shape) from None
        return tuple(answers)

    def remedy(self, shape: Shape) -> str | None:
        """What to write so that no axis refuses its size; None where a layer cannot tell by itself.

        The padding that makes the kernel fit on all axes: one for all, else one each; the layer's own where
        it may have so much.
        """
        lacking: list[int] = []
        kept: list[Pair] = []
        for axis, size in zip(self.maps(len(shape) - 1), shape[1:], strict=True):
            error = _refusal(axis, size)
            if error is not None and error.lacking is None:
                return None
            lacking.append(0 if error is None else error.lacking or 0)
            kept.append(axis.padding())
        alike = ((max(lacking),) * 2,) * len(lacking)
        added = tuple((n, n) for n in lacking)
        each = tuple(pair if sum(pair) else old for pair, old in zip(added, kept, strict=True))
        own = any(p.name == "padding" for p in self.params)
        ways = [(alike, True), (each, True)] if own else []
        for pairs, itself in [*ways, (alike, False), (added, False)]:
            if max(map(max, pairs)) <= LARGEST and self._fits(shape, pairs, itself=itself):
                padding = f"p={written(pairs)}"
                where = padding if itself else f"'pad {padding}' before it"
                return f"{where} makes it fit, or use a smaller kernel"
        return None

    def _fits(self, shape: Shape, pairs: tuple[Pair, ...], *, itself: bool) -> bool:
        """Whether all axes take their size with such a padding, of the layer itself or before it."""
        layer = self.replace(padding=pairs) if itself else self
        sizes = shape[1:] if itself else [n + sum(pair) for n, pair in zip(shape[1:], pairs, strict=True)]
        try:
            maps = layer.maps(len(sizes))
        except ShapeError:
            return False
        return all(_refusal(axis, size) is None for axis, size in zip(maps, sizes, strict=True))

    def _refused(self, axis: str, error: ShapeError, shape: Shape) -> ShapeError:
        """What an axis refuses, with its name, and what mends the layer on this axis and all others."""
        told = on_axis(axis, error)
        told.hint = self.remedy(shape) or told.hint
        return told

    def check_rank(self, shape: Shape) -> None:
        """Refuse an input whose rank is not one that the kind takes, or that the spec insists on."""
        if self.rank is not None and len(shape) - 1 != self.rank:
            raise ShapeError(
                f"it needs {counted(self.rank, 'spatial axis', 'spatial axes')}, "
                f"the input {format_shape(shape)} has {len(shape) - 1}",
                hint=f"{self.kind} without {self.rank}d takes the rank of its input",
            )
        if len(shape) - 1 in self.spatial:
            return
        if len(self.spatial) == 1:
            raise ShapeError(
                f"it works on {self.spatial[0]} spatial axes, the input has {len(shape) - 1}",
                hint=f"put it where the tensor is {'x'.join(('C', *AXES[self.spatial[0]]))}",
            )
        if len(shape) == 1:
            raise ShapeError(
                f"it needs a spatial axis, the input {format_shape(shape)} has none",
                hint="put it before flatten, or go back with 'unflatten shape=CxHxW'",
            )

    def per_axis(self, name: str, rank: int) -> tuple[Any, ...]:
        """The values of parameter `name`, one for each of `rank` axes."""
        values: tuple[Any, ...] = getattr(self, name)
        return self.spread(values, name, rank)

    def spread(self, values: tuple[Any, ...], name: str, rank: int) -> tuple[Any, ...]:
        """One value for all axes, or one each: always `rank` of them."""
        if len(values) == 1:
            return values * rank
        if len(values) != rank:
            raise ShapeError(
                f"{name} has {len(values)} values, the input has "
                f"{counted(rank, 'spatial axis', 'spatial axes')}",
                hint="give one value for all axes, or one per axis in the order D, H, W",
                param=name,
            )
        return values

    def divides(self, name: str, what: str, number: int, *, and_also: int = 0) -> int:
        """The value of parameter `name`, once it is seen to divide `number` of `what`.

        What the error proposes divides the number `and_also` too, which is another's to check.
        """
        value: int = getattr(self, name)
        if number % value:
            both = math.gcd(number, and_also)
            # Near the value where that is not far to seek; numbers may be too large to try them all.
            start = min(value, both)
            near = range(start, max(0, start - 1000), -1)
            divisor = next((d for d in near if both % d == 0), math.gcd(value, both))
            key = next(p.key for p in self.params if p.name == name)
            raise ShapeError(
                f"{name} {value} does not divide {counted(number, what)}",
                hint=f"{key}={divisor} does",
                param=name,
            )
        return value

    def check_in(self, name: str, what: str, found: int) -> None:
        """Refuse an input that is not what ``in=`` asserts."""
        asserted: int | None = getattr(self, name)
        if asserted is not None and asserted != found:
            raise ShapeError(
                f"in={asserted}, but the input has {counted(found, what)}",
                hint=f"in={found}, or leave it out: it follows from the input",
                param=name,
                sized=not self.by_axis,
            )


def on_axis(name: str, error: ShapeError) -> ShapeError:
    """What an axis refuses, told with the axis's name: another size may do."""
    return ShapeError(
        f"on axis {name}, {error.message}",
        hint=error.hint,
        param=error.param,
        sized=True,
        lacking=error.lacking,
    )


def _refusal(axis: AxisMap, size: int) -> ShapeError | None:
    """What an axis map says of a size that it does not take."""
    try:
        axis.output_size(size)
    except ShapeError as error:
        return error
    return None


def written(pairs: tuple[Pair, ...]) -> str:
    """Padding per axis as it is written, once where all axes have the same.

    >>> written(((1, 1), (1, 1))), written(((1, 1), (0, 2)))
    ('1', '1x0:2')
    """
    return Pairs().write(pairs[:1] if len(set(pairs)) == 1 else pairs)


def cut_to(pair: Pair, total: int) -> Pair:
    """A padding cut down to so many samples in all, on both sides alike where it was.

    >>> cut_to((16, 16), 31), cut_to((16, 17), 31)
    ((15, 15), (16, 15))
    """
    before, after = pair
    if before + after <= total:
        return pair
    if before == after:
        return total // 2, total // 2
    before = min(before, total)
    return before, min(after, total - before)


def weighted(weight: Shape, outputs: int, bias: bool) -> Tensors:
    """The learned tensors of a layer with such a weight, and with a bias of one value for each output."""
    return {"weight": weight} | ({"bias": (outputs,)} if bias else {})


def positions(shape: Shape) -> int:
    """The number of spatial positions of a shape."""
    return math.prod(shape[1:])


# The register

KINDS: dict[str, type[Layer]] = {}
"""Every kind by its name, in the order of the documentation."""

_WORDS: dict[str, type[Layer]] = {}

AnyLayer = TypeVar("AnyLayer", bound=type[Layer])


def register(kind: str, *aliases: str) -> Callable[[AnyLayer], AnyLayer]:
    """Make a class the kind of that name: the one step by which the whole program learns of it."""

    def enter(cls: AnyLayer) -> AnyLayer:
        cls.kind = kind
        cls.aliases = aliases
        for word in (kind, *aliases):
            if word in _WORDS:
                raise ValueError(f"'{word}' is a kind already")
            _WORDS[word] = cls
        KINDS[kind] = cls
        return cls

    return enter


def find(word: str) -> tuple[type[Layer], int | None] | None:
    """The kind that a word names and the rank it insists on, or None.

    >>> find("conv2d")
    (<class 'convshape.layers.conv.Conv'>, 2)
    """
    if word in _WORDS:
        return _WORDS[word], None
    if word[-1:] == "d" and word[-2:-1] in ("1", "2", "3"):
        cls = _WORDS.get(word[:-2])
        if cls is not None and cls.ranked:
            return cls, int(word[-2])
    return None


def words() -> Iterator[str]:
    """Every word that names a kind."""
    for word, cls in _WORDS.items():
        yield word
        if cls.ranked:
            yield from (f"{word}{rank}d" for rank in (1, 2, 3))


def summary(cls: type[Layer]) -> str:
    """What a kind is, in one sentence: the first line of its docstring."""
    return (cls.__doc__ or "").splitlines()[0]


def parameter(cls: type[Layer], key: str) -> Param | None:
    """The parameter of a kind that `key` names, or None."""
    return next((p for p in cls.params if key in p.keys), None)


def _made(kind: str, rank: int | None, values: dict[str, Any]) -> Layer:
    """A layer of a kind, as pickle makes it again."""
    return KINDS[kind](rank=rank, **values)
