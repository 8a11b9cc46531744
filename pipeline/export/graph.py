"""A network as ONNX: batch and steps stay open, and what lies behind a sample's length changes nothing there either.

It is traced by PyTorch's older exporter. The newer one (``dynamo=True``) takes apart what recurrent networks do step by
step and fixes the steps of its example: docs/export.md has what both gave.
"""

import io
import warnings
from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from pipeline.extraction.base import Extractor
from pipeline.foundation.errors import ConfigError, MachineError
from pipeline.model.branch import Branch
from pipeline.model.chain import Chain
from pipeline.model.inputs import Beside, Stream
from pipeline.model.net import HybridNet
from pipeline.preprocessing.meta import StreamMeta
from pipeline.temporal.base import RecurrentEncoder, TemporalEncoder
from pipeline.temporal.convlstm import ConvLstmEncoder

OPSET = 17
EXAMPLE = 3
"""Samples in the batch that is traced; the number stays open."""


class Answering(nn.Module):
    """The network with its head's decoding, given one tensor per input."""

    def __init__(self, net: HybridNet, names: Sequence[str]) -> None:
        super().__init__()
        self.net = net
        self.names = tuple(names)

    def forward(self, *tensors: Tensor) -> Tensor:
        """Return what predictions tell: probabilities, or scaled numbers."""
        given = dict(zip(self.names, tensors, strict=True))
        second = Stream(given["second"], given["second_lengths"]) if "second" in given else None
        beside = Beside(second, given.get("static"))
        return self.net.head.decode(self.net(given["steps"], given.get("lengths"), beside))


def to_onnx(net: HybridNet, meta: StreamMeta) -> bytes:
    """Return ``net`` as an ONNX model whose output ``answer`` is what predictions tell.

    Inputs: ``steps`` ``(batch, step, *frame)``, or token ids ``(batch, step)``; ``lengths`` ``(batch,)`` where samples
    have lengths of their own; ``second``, ``second_lengths`` and ``static`` where the network reads any.

    Raises:
        ConfigError: ONNX has no operator for a part of the network.
        MachineError: A library is missing.
    """
    require_libraries()
    _refuse_unrolled(net, meta)
    example = example_inputs(meta)
    written = io.BytesIO()
    open_axes = {name: {0: "batch"} for name in (*example, "answer")}
    for name in ("steps", "second"):
        if name in example and (meta.ragged or name == "second"):
            open_axes[name][1] = "step" if name == "steps" else "second_step"
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # that the older exporter is meant is said on each call
            torch.onnx.export(
                Answering(net.cpu(), tuple(example)).eval(),
                tuple(example.values()),
                written,  # type: ignore[arg-type]  # it also takes a file, and says only a path
                input_names=list(example),
                output_names=["answer"],
                dynamic_axes=open_axes,
                opset_version=OPSET,
                dynamo=False,
            )
    except (torch.onnx.errors.OnnxExporterError, RuntimeError) as error:
        raise ConfigError(
            f"this network cannot be written as ONNX: {str(error).splitlines()[0][:200]}; serve it with "
            f"`convoy serve-model`, which needs no ONNX"
        ) from None
    return written.getvalue()


def example_inputs(meta: StreamMeta) -> dict[str, Tensor]:
    """Return a batch of the shape that the network reads, by the names of the inputs."""
    found = {"steps": _stream(meta)}
    if meta.ragged:
        found["lengths"] = _lengths(meta.window)
    if meta.second is not None:
        found["second"] = _stream(meta.of_second())
        found["second_lengths"] = _lengths(meta.second.window)
    if meta.static:
        found["static"] = torch.zeros(EXAMPLE, len(meta.static))
    return found


def tensors(meta: StreamMeta, answer: list[int]) -> dict[str, Any]:
    """Return names, types and shapes of what goes in and what comes out; a word is an axis that is open."""
    inputs = []
    for name, tensor in example_inputs(meta).items():
        shape: list[int | str] = ["batch", *tensor.shape[1:]]
        if name == "second" or (name == "steps" and meta.ragged):
            shape[1] = "step" if name == "steps" else "second_step"
        inputs.append({"name": name, "type": str(tensor.dtype).removeprefix("torch."), "shape": shape})
    outputs = [{"name": "answer", "type": "float32", "shape": ["batch", *answer]}]
    return {"inputs": inputs, "outputs": outputs}


def least_steps(chains: Sequence[Chain], most: int) -> int:
    """Return the fewest steps that a batch needs, so that pooling leaves one: shorter ones are padded to that."""
    for steps in range(1, most):
        try:
            for chain in chains:
                _walk(chain, steps)
        except ConfigError:
            continue
        return steps
    return most


def require_libraries() -> None:
    """Check that ONNX can be written and run.

    Raises:
        MachineError: A library is missing.
    """
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise MachineError(
            f"convoy export needs {error.name}; install it with pip install 'convoy[export]'"
        ) from None


def _walk(chain: Chain, steps: int) -> None:
    for branch in cast(list[Branch], list(chain.branches)):
        left = steps
        for room in cast(list[Extractor | TemporalEncoder], list(branch.rooms)):
            left = room.count_steps(left)


def _refuse_unrolled(net: HybridNet, meta: StreamMeta) -> None:
    """Refuse what is written step by step where the number of steps has to stay open."""
    if net.config.steps == "shuffled":
        raise ConfigError(
            "model.steps=shuffled takes time away to measure what it is worth, and ONNX cannot carry it; export the "
            "model that was trained with model.steps=in_order"
        )
    ragged = meta.ragged or meta.second is not None
    for part in net.modules():
        stepwise = isinstance(part, ConvLstmEncoder) or (
            isinstance(part, RecurrentEncoder) and part.states != "output"
        )
        if stepwise and ragged:
            name = "kind=convlstm" if isinstance(part, ConvLstmEncoder) else f"states={part.states}"
            raise ConfigError(
                f"temporal.{name} is written into ONNX step by step, and samples of unequal length leave the number of "
                f"steps open; use temporal.kind=lstm with temporal.states=output, or `convoy serve-model`"
            )


def _stream(meta: StreamMeta) -> Tensor:
    shape = (EXAMPLE, meta.window, *meta.frame)
    return torch.ones(shape, dtype=torch.int64) if meta.kind == "text" else torch.rand(shape)


def _lengths(window: int) -> Tensor:
    return torch.tensor([window, max(window // 2, 1), max(window - 1, 1)])
