"""The torch backend: torch.nn modules and torch functions, run on the CPU.

On the CPU and not on the meta device, which accepts layers that the CPU refuses.
"""

from __future__ import annotations

import warnings
from functools import reduce
from importlib import import_module
from typing import Any

from convshape.analyses.confirmation import Measured, OutOfMemory, Refused
from convshape.frameworks import Call, Learned
from convshape.frameworks.torch import calls
from convshape.layers import Layer, Shape


class Torch:
    """Makes the calls of a layer with torch."""

    name = "torch"

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch without numpy says so at its import
            self.torch: Any = import_module("torch")
        self.version = str(self.torch.__version__).partition("+")[0]

    def calls(self, layer: Layer, shape: Shape) -> tuple[Call, ...] | None:
        """The calls of the table of torch; see `Backend`."""
        return calls(layer, shape)

    def measure(self, calls: tuple[Call, ...], shapes: tuple[Shape, ...]) -> Measured:
        """Run the calls, one after the other, on tensors of the shapes; see `Backend`."""
        torch = self.torch
        learned: dict[str, Shape] = {}
        try:
            with torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tensors = [torch.zeros(1, *shape) for shape in shapes]
                for call in calls:
                    tensors = [self._apply(call, tensors, learned)]
                (output,) = tensors
        except (RuntimeError, ValueError, TypeError, IndexError, MemoryError) as error:
            words = str(error).strip().splitlines() or [type(error).__name__]
            if isinstance(error, MemoryError) or "can't allocate memory" in words[0]:
                raise OutOfMemory from None
            raise Refused(words[0]) from None
        return Measured(tuple(output.shape[1:]), learned)

    def _apply(self, call: Call, tensors: list[Any], learned: dict[str, Shape]) -> Any:
        """Make one call, adding the shapes of what it learns to `learned`."""
        module = getattr(self.torch.nn, call.function, None)
        if module is not None:
            layer = module(**call.arguments).eval()
            learned.update((name, tuple(p.shape)) for name, p in layer.named_parameters())
            return layer(*tensors)
        arguments = {name: self._argument(value, learned) for name, value in call.arguments.items()}
        function = getattr(self.torch, call.function)
        if call.listed:
            return function(tensors, **arguments)
        if len(tensors) == 1:
            return function(tensors[0], **arguments)
        return reduce(lambda one, other: function(one, other, **arguments), tensors)

    def _argument(self, value: Any, learned: dict[str, Shape]) -> Any:
        if not isinstance(value, Learned):
            return value
        parameter = self.torch.nn.Parameter(self.torch.zeros(value.shape))
        learned[value.name] = tuple(parameter.shape)
        return parameter
