"""Output shapes and parameters of a network, by torch on the meta device: with_torch_meta.py ROWS."""

import sys

import torch
from rows import load, tell
from torch_model import model

if __name__ == "__main__":
    network = load(sys.argv[1])
    shapes = []
    with torch.device("meta"), torch.no_grad():
        module = model(network)
        for layer in module.modules():
            if not list(layer.children()):
                layer.register_forward_hook(lambda layer, inputs, output: shapes.append(output.shape))
        output = module(torch.empty(1, *network.input))
    print(*shapes, sep="\n")
    print(sum(parameter.numel() for parameter in module.parameters()))
    tell(output.shape)
