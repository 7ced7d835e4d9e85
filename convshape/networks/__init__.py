"""The networks that are shipped: ``@NAME`` as a SPEC is the text of NAME.cnn in this folder."""

from os.path import dirname, join

NAMES = (
    "alexnet",
    "c3d",
    "dcgan",
    "densenet121",
    "efficientnet_b0",
    "googlenet",
    "lenet5",
    "lenet5-conv",
    "mobilenet_v2",
    "resnet18",
    "resnet50",
    "squeezenet1_0",
    "unet",
    "vgg16",
    "wavenet1d",
)
"""Every network: what is not in this list is never looked for on disk."""


def text(name: str) -> str:
    """The spec of a network in the list.

    >>> text("lenet5").splitlines()[0]
    '# LeNet-5 (LeCun et al. 1998, doi:10.1109/5.726791), as it is taught today'
    """
    if name not in NAMES:
        raise KeyError(name)
    with open(join(dirname(__file__), f"{name}.cnn"), encoding="utf-8") as file:
        return file.read()


def title(name: str) -> str:
    """What a network is, and where it comes from: the first line of its file.

    >>> title("unet")
    'U-Net (Ronneberger et al. 2015, arXiv:1505.04597), as the paper draws it'
    """
    return text(name).partition("\n")[0].removeprefix("# ")
