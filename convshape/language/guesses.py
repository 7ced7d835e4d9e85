"""What people write for a kind or a key, and what it is here.

The words are those of torch, Keras, TensorFlow, Caffe, Darknet and ONNX.  One that the language has not is
looked up here before it is taken for a slip of the finger, so that no hint leads from one layer to another
that happens to be spelt alike.  Loaded only where an error is made.

What stands in quotes in a remedy can be typed as it is.
"""

import re
from typing import TypeVar

from convshape.layers import Layer, Param, find, parameter

Meaning = TypeVar("Meaning")

_KEEPS = "use 'identity', which also keeps the shape and learns nothing"
_LOSS = "leave it out: a loss is not part of the network"
_RECURRENT = "recurrent layers are not supported"
_ATTENTION = "attention is not supported: no window slides, every position sees every other"
_SEVERAL = "use 'add x', which gives the same shape"
_POOL = "'maxpool k=2' takes the largest sample, 'avgpool k=2' the mean"
_LINEAR = "'linear out=10' multiplies by a learned matrix; matrix products of two tensors are not supported"
_SEPARABLE = "write it in two steps: 'dwconv k=3 p=1 bias=no; conv k=1 out=64'"
_CHANNEL_NORM = "'ln' learns a factor for every value; for one per channel use 'gn g=1'"
_GLOBAL = "'gap' takes the mean of each channel, 'gmp' the largest value"
_AXES = (
    "axes cannot be swapped: channels come first, then D, H, W; leave it out if it only restores that order"
)
_SHAPE = "'flatten' makes one row of values, 'unflatten shape=64x7x7' folds it back"
_MEANS = "'gap' takes the mean over all positions; other axes cannot be reduced"
_ENLARGE = "'upsample scale=2' or 'upsample size=14' enlarges every axis"
_SPLIT = "'slice from=0 to=32' keeps some of the channels; name the tensor first to use the rest too"
_LOOKUP = "embeddings are not supported; start after it, as in 'input 300x40': channels, then the length"
_DETECTION = "leave it out: what follows the last tensor is not part of the network"

_NO_SUCH_VALUE = "leave it out: it changes no shape and no count"
_FOLLOWS = "leave it out: it follows from the input"
_EACH_AXIS = "write one value per axis, joined by x, as in 'conv k=3x5 s=1x2 p=1x2 out=8'"

_DARKNET = {
    "[convolutional]": "'conv k=3 p=1 out=64'; 'bn' and 'leakyrelu' follow as layers of their own",
    "[avgpool]": "did you mean 'gap'?",
    "[route]": "'from x' goes back to a tensor named with 'x: relu', 'concat x' joins it with this one",
    "[shortcut]": "'add x' adds the tensor that 'x: relu' has named",
    "[net]": "the shape alone: 'input 3x416x416'",
    "[network]": "the shape alone: 'input 3x416x416'",
    "[region]": _DETECTION,
    "[crop]": _NO_SUCH_VALUE,
    "[local]": "convolutions without shared weights are not supported; 'conv k=3 out=8' gives the same shape",
}
"""Sections of a Darknet file that mean something else than their bare words."""

_SAYINGS: dict[str, str] = {
    # Where several words mean one thing, they stand together.
    "pool pooling": _POOL,
    "globalpool globalpooling": _GLOBAL,
    "separableconv separableconvolution sepconv depthwiseseparableconv dsconv xceptionconv": _SEPARABLE,
    "localresponsenorm localresponsenormalization crossmaplrn lrn localcontrastnorm": _KEEPS,
    "hardtanh hardshrink softshrink tanhshrink softsign threshold logsigmoid rrelu softmin": _KEEPS,
    "thresholdedrelu": _KEEPS,
    "sin cos exp log abs absval sqrt square power pow neg clip clamp reciprocal sign erf round floor": _KEEPS,
    "normalize normalization l2norm l2normalize l2normalization unitnormalization": _KEEPS,
    "rescaling masking": _KEEPS,
    "gaussiannoise activityregularization droppath stochasticdepth droplayer flip randomflip silence": _KEEPS,
    "activation nonlinearity act": "name the activation itself, as in 'relu'",
    "rmsnorm": "use 'scale', which also learns a factor per channel and keeps the shape",
    "layernormalization lnorm channelnorm": _CHANNEL_NORM,
    "localconv locallyconnected": _DARKNET["[local]"],
    "glu gatedlinearunit": "it halves the channels; for 64: 'mul { slice to=32 | slice from=32; sigmoid }'",
    "crelu": "'concat { relu | relu }' gives the same shape",
    "maxout": "maxout is not supported; 'add { conv k=1 out=8 | conv k=1 out=8 }' "
        "gives the same shape and parameters",
    "spp spatialpyramidpooling":
        "write a branch for each size: "
        "'concat { adaptivemaxpool out=1; flatten | adaptivemaxpool out=2; flatten }'",
    "se squeezeexcite squeezeexcitation seblock":
        "for 64 channels: 'mul { gap; conv k=1 out=4; relu; conv k=1 out=64; sigmoid | }'",
    "residual resblock skip residualblock shortcut":
        "'add { conv k=3 p=1 out=64; relu | }': the empty branch is the tensor itself",
    "attention selfattention mha multiheadattention multiheadselfattention additiveattention": _ATTENTION,
    "transformer transformerencoder transformerencoderlayer transformerdecoder transformerblock": _ATTENTION,
    "lstm gru rnn simplernn convlstm bilstm bigru lstmcell grucell bidirectional recurrent": _RECURRENT,
    "embedding embeddings wordembedding tokenembedding embeddingbag": _LOOKUP,
    "permute transpose swapaxes movedim moveaxis channelslast channelsfirst": _AXES,
    "reshape view expanddims unsqueeze reshapeas": _SHAPE,
    "squeeze": "'flatten' removes the axes of size 1, and all others",
    "repeatvector": "'unflatten shape=64x1; upsample size=10' repeats 64 features 10 times",
    "split chunk unbind getitem narrow select": _SPLIT,
    "matmul bmm mm dot einsum batchdot tensordot": _LINEAR,
    "bilinear": "bilinear layers are not supported",
    "sub subtract div divide average maximum minimum weightedsum": _SEVERAL,
    "eltwise elementwise merge": "'add x' adds the tensor called x, 'mul x' multiplies by it",
    "mean reducemean": _MEANS,
    "reducemax amax": "'gmp' takes the largest value of each channel; other axes cannot be reduced",
    "upconv upconvolution": "'tconv k=2 s=2 out=64' learns to enlarge, "
        "'upsample scale=2; conv k=3 p=1 out=64' enlarges first",
    "interpolate resize interp resizebilinear resizenearestneighbor imageresize resizing": _ENLARGE,
    "unpool unpooling maxunpool": "'upsample scale=2' gives the shape of an unpooling over 2",
    "fractionalmaxpool": "'adaptivemaxpool out=7' gives an output size of 7",
    "reflectionpad mirrorpad reflectpad": "'pad p=1 mode=reflect'",
    "replicationpad edgepad replicatepad": "'pad p=1 mode=replicate'",
    "circularpad wrappad": "'pad p=1 mode=circular'",
    "constantpad": "'pad p=1 mode=constant value=0'",
    "biasadd addbias bias":
        "a bias belongs to its layer: 'conv k=3 out=8' has one, 'conv k=3 out=8 bias=no' none",
    "timedistributed": "write the layer inside it: 'conv k=1 out=64' works on every position alone",
    "lambda function module": "write a layer that does the same to the shape, or 'identity' if it keeps it",
    "sequential model net network": "write its layers one after another, as in 'conv k=3 out=8; relu'",
    "data imagedata inputlayer placeholder":
        "the input has a line of its own: 'input 3x224x224', channels first, without the batch",
    "loss crossentropy crossentropyloss softmaxwithloss mse mseloss nllloss cost euclideanloss": _LOSS,
    "accuracy argmax topk nonmaxsuppression detection yolo priorbox detectionoutput": _DETECTION,
    "fold unfold im2col roipool roipooling roialign deformconv deformableconv": "it is not supported",
    "dynamicconv condconv": "it is not supported: its weights depend on the input",
}  # fmt: skip

_RENAMED: dict[str, str] = {
    "conv": "convolution convolutional lazyconv convolve atrousconv atrousconvolution dilatedconv",
    "dwconv": "depthwiseconv depthwise depthwiseconvolution depthwiseconvnative convdw",
    "tconv":
        "convtransposed transposedconv transposeconv convolutiontranspose deconvolution deconvolutional "
        "convolutiontransposed fractionallystridedconv lazyconvtranspose convbackpropinput",
    "maxpool": "maxpooling poolmax mp",
    "avgpool": "averagepool averagepooling meanpool avgpooling poolavg poolaverage meanpooling",
    "lppool": "lppooling l2pool",
    "gap":
        "globalavgpool globalaveragepool globalaveragepooling avgpoolglobal globalpoolavg globalmeanpool "
        "globalavgpooling",
    "gmp": "globalmaxpool globalmaxpooling",
    "adaptiveavgpool": "adaptiveaveragepool adaptiveaveragepooling adaptivepool adaptiveavgpooling",
    "adaptivemaxpool": "adaptivemaxpooling",
    "bn": "batchnormalization batchnormalize syncbatchnorm lazybatchnorm bnorm frozenbatchnorm",
    "gn": "groupnormalization gnorm",
    "inorm": "instancenormalization instnorm lazyinstancenorm",
    "relu": "rectifier rectify rectifiedlinear rectlin",
    "leakyrelu": "lrelu leaky leakyrectify",
    "prelu": "parametricrelu",
    "softplus": "bnll",
    "hardswish": "hswish",
    "hardsigmoid": "hsigmoid",
    "sigmoid": "logistic",
    "softmax": "softmaxlayer softmaxactivation",
    "identity": "linearactivation passthrough noop stopgradient",
    "dropout": "alphadropout featurealphadropout spatialdropout gaussiandropout featuredropout",
    "upsample": "upsampling upsamplingnearest upsamplingbilinear",
    "pad": "zeropad zeropadding padding",
    "crop": "cropping centercrop",
    "pixelshuffle": "depthtospace subpixel",
    "pixelunshuffle": "spacetodepth reorg focus",
    "shuffle": "channelshuffle shufflechannel",
    "slice": "slicechannel",
    "flatten": "flat",
    "linear": "innerproduct fullyconnected gemm affine connected lazylinear denselayer mlp addmm ip",
    "add": "sum plus addition accumulate",
    "mul": "multiply prod product",
    "concat": "concatenate cat depthconcat concatenation filterconcat join",
}  # fmt: skip

_OUT = ("out_channels", "out_features", "output_size", "size")
_MEANT: dict[str, tuple[tuple[str, ...], str]] = {
    # Keys, the parameters that they are here (the first that a kind has), and what to do where it has none.
    "channels filters units features numoutput numfilter numfilters nfilters nbfilter outputs output "
    "outputchannels outchannels outch cout outc out outfeatures outdim numhidden hidden neurons classes "
    "numclasses width nout planes outplanes outputdim nodes hiddensize": (_OUT, _FOLLOWS),
    "inputchannels inchannels inch cin inc inputs inputsize indim infeatures numfeatures numchannels in "
    "inplanes nin numinput": (("in_channels", "in_features"), _FOLLOWS),
    "size kernelshape ksize poolsize filtersize windowsize window kernels kernelwidth receptivefield "
    "kernelsize k f": (("kernel_size", "output_size", "out_features"), ""),
    "subsample subsamples step steps poolstride poolstrides downsample":
        (("stride",), ""),
    "stride strides": (("stride", "scale_factor"), ""),
    "pads bordermode zeropadding border padsize paddings cropping amount": (("padding",), ""),
    "dilations dilationrate atrousrate dilate holes dilatation": (("dilation",), ""),
    "rate": (("probability", "dilation"), ""),
    "group numgroup ngroups featuregroupcount cardinality ngroup groupcount": (("groups", "num_groups"), ""),
    "usebias biasterm hasbias biases withbias addbias": (("bias",), "leave it out: it has no bias"),
    "prob dropoutratio ratio droprate dropprob dropoutrate pdrop": (("probability",), ""),
    "blocksize block upscale downscale r factor scalefactor upscalefactor upsamplefactor zoom zoomfactor": (
        ("scale_factor", "upscale_factor", "downscale_factor"), ""),
    "scale": (("scale_factor", "upscale_factor", "downscale_factor", "affine"), ""),
    "center elementwiseaffine learnable usescale usecenter": (("affine",), ""),
    "targetsize outputshape outsize dsize newsize": (("output_size", "size", "shape"), ""),
    "targetshape unflattenedsize newshape": (("shape", "size"), ""),
    "interpolation method interp resizemode paddingmode padmode": (("mode",), _NO_SUCH_VALUE),
    "constantvalues constant fill": (("value",), ""),
    "ceilingmode roundmode ceilmode": (("ceil",), ""),
    "channelmultiplier depthmultiplier multiplier": (("multiplier",), "'dwconv k=3 mult=2' has one"),
    "outputpadding outpad outputpads adj": (("output_padding",), ""),
    "numparameters numweights slopes": (("num_parameters",), ""),
    "normtype pnorm": (("norm_type",), ""),
    "start begin offset": (("start",), ""),
    "end stop": (("stop",), ""),
}  # fmt: skip

_ALWAYS: dict[str, str] = {
    "activation act nonlinearity activationfn": "the activation is a layer of its own, as in 'relu'",
    "batchnormalize batchnorm bn normalizerfn norm normlayer": "'bn' is a layer of its own",
    "dropout": "'dropout p=0.5' is a layer of its own",
    "inputshape inputdim batchinputshape inputlength":
        "the input has a line of its own, as in 'input 3x224x224'",
    "name": "a name stands first, as in 'x: relu'",
    "repeat repeats times numlayers nlayers depth": "write a repeat as in '3 * relu'",
    "kernelh kernelw strideh stridew padh padw dilationh dilationw": _EACH_AXIS,
    "keepprob": "p=0.2 zeroes a fifth and keeps the rest",
    "nobias": "bias=no leaves the bias out",
    "axis dim": "leave it out: it is always the axis of the channels",
    "eps epsilon momentum inplace trackrunningstats dataformat kernelinitializer biasinitializer "
    "kernelregularizer biasregularizer kernelconstraint biasconstraint dtype device trainable alpha "
    "negativeslope beta gamma seed countincludepad returnindices divisoroverride aligncorners "
    "antialias recomputescalefactor approximate lr weightdecay initializer weightfiller biasfiller "
    "betainitializer gammainitializer noiseshape training keepdims keepdim autopad flipped localsize":
        _NO_SUCH_VALUE,
}  # fmt: skip


def kind_hint(word: str) -> str | None:
    """What to write for a kind that is missing: another word for it, how to write it, or that none can.

    None where nobody is known to write that word.

    >>> kind_hint("MaxPooling2D"), kind_hint("squeeze")
    ("did you mean 'maxpool2d'?", "'flatten' removes the axes of size 1, and all others")
    """
    if word.lower() in _DARKNET:
        return _DARKNET[word.lower()]
    kind, saying = _meaning(word)
    return saying if kind is None else f"did you mean '{kind}'?"


def called_hint(word: str) -> str:
    """What to write for a layer that is written as a call of Python.

    >>> called_hint("nn.Conv2d(3,")
    "write a layer as in 'conv2d k=3 out=8'"
    """
    kind, saying = _meaning(word.partition("(")[0])
    return saying or f"write a layer as in '{_example(kind or 'conv')}'"


def _meaning(word: str) -> tuple[str | None, str | None]:
    """The kind that a word is here, with its rank where it may have that; else what is said of the word."""
    bare = re.sub(r"[\[\]_-]", "", word.lower().rpartition(".")[2]).rstrip(",")
    rank = re.search(r"([0-9])d(?![a-z]*[0-9]d)", bare)
    if rank is not None:
        bare = bare[: rank.start()] + bare[rank.end() :]
    renamed = {word: kind for kind, words in _RENAMED.items() for word in words.split()}
    for name in (bare, bare.removesuffix("layer")):
        kind = name if find(name) else renamed.get(name)
        if kind is not None:
            ranked = kind if rank is None else f"{kind}{rank[1]}d"
            return (ranked if find(ranked) else kind), None
        if name in (sayings := _listed(_SAYINGS)):
            return None, sayings[name]
    return None, None


_EXAMPLES = {
    "kernel_size": "3",
    "out_channels": "8",
    "out_features": "10",
    "output_size": "7",
    "num_groups": "4",
    "groups": "4",
    "padding": "1",
    "scale_factor": "2",
    "upscale_factor": "2",
    "downscale_factor": "2",
    "shape": "64x7x7",
}


def _example(kind: str) -> str:
    """A line that a kind may be written as."""
    cls, _ = find(kind) or (Layer, None)
    if cls.merges:
        return f"{kind} x"
    pairs = [f"{p.key}={_EXAMPLES[p.name]}" for p in cls.params if p.name in _EXAMPLES and _needed(p)]
    return " ".join([kind, *pairs])


def _needed(declared: Param) -> bool:
    """Whether an example has it: what is required, and the factor without which nothing is enlarged."""
    return declared.required or declared.name == "scale_factor"


def key_hint(cls: type[Layer], key: str) -> str | None:
    """What to write for a key that a kind lacks; None where nobody is known to write it.

    >>> key_hint(find("conv")[0], "units"), key_hint(find("relu")[0], "inplace")
    ("did you mean 'out'?", 'leave it out: it changes no shape and no count')
    """
    bare = re.sub("[_-]", "", key.lower())
    names, otherwise = _listed(_MEANT).get(bare, ((), ""))
    for name in names:
        declared = parameter(cls, name)
        if declared is not None and declared.name == name:
            return f"did you mean '{declared.key}'?"
    return otherwise or _listed(_ALWAYS).get(bare)


def _listed(table: dict[str, Meaning]) -> dict[str, Meaning]:
    """The table with each of the words that stand together on its own."""
    return {word: meaning for words, meaning in table.items() for word in words.split()}
