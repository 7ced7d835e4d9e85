"""The summary that torchinfo prints of a network: with_torchinfo.py ROWS."""

import sys

from rows import load, tell
from torch_model import model
from torchinfo import summary

if __name__ == "__main__":
    network = load(sys.argv[1])
    told = summary(model(network), (1, *network.input), verbose=1)
    tell(told.summary_list[0].output_size)
