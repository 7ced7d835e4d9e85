"""A torch model of a network's rows."""

from functools import reduce
from typing import Any

import torch
from rows import Call, Network
from torch import nn


class Merge(nn.Module):
    """A function of torch that takes two tensors, or all in a list where it concatenates."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self.function = getattr(torch, call.function)
        self.arguments = call.arguments

    def forward(self, *tensors: Any) -> Any:
        """The merged tensor."""
        if self.function is torch.cat:
            return self.function(tensors, **self.arguments)
        return reduce(self.function, tensors)


class Graph(nn.Module):
    """Layers that take their inputs from any earlier ones; a tensor is let go after its last use."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_layer(row.calls) for row in network.rows)
        self.inputs = [row.inputs for row in network.rows]
        self.output = network.output
        last = {number: at for at, numbers in enumerate(self.inputs) for number in numbers}
        self.ending: list[list[int]] = [[] for _ in self.inputs]
        for number, at in last.items():
            if number != self.output:
                self.ending[at].append(number)

    def forward(self, tensor: Any) -> Any:
        """Run the layers in order."""
        tensors = {0: tensor}
        for number, (layer, inputs, ending) in enumerate(
            zip(self.layers, self.inputs, self.ending, strict=True), 1
        ):
            tensors[number] = layer(*(tensors[index] for index in inputs))
            for index in ending:
                del tensors[index]
        return tensors[self.output]


def _module(call: Call) -> nn.Module:
    cls = getattr(nn, call.function, None)
    return Merge(call) if cls is None else cls(**call.arguments)


def _layer(calls: list[Call]) -> nn.Module:
    modules = [_module(call) for call in calls]
    return modules[0] if len(modules) == 1 else nn.Sequential(*modules)


def model(network: Network) -> nn.Module:
    """The model, an nn.Sequential where the network is a chain."""
    if network.is_chain:
        return nn.Sequential(*(_layer(row.calls) for row in network.rows)).eval()
    return Graph(network).eval()
