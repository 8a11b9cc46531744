"""A blueprint becomes a network."""

from typing import assert_never

import torch
from torch import nn

from pipeline.heads.build import build_head
from pipeline.model.blueprint import Blueprint
from pipeline.model.branch import Branch, Room, build_branch
from pipeline.model.chain import Chain
from pipeline.model.config import ModelConfig
from pipeline.model.disorder import Disorder
from pipeline.model.embedding import TokenEmbedding
from pipeline.model.highway import LinearHighway
from pipeline.model.net import HybridNet
from pipeline.model.norm import BatchNormInput
from pipeline.model.streams import channel_groups
from pipeline.preprocessing.meta import StreamMeta


def build_net(blueprint: Blueprint, *, seed: int) -> HybridNet:
    """Return the network with fresh weights; equal seeds give equal weights, whatever was drawn before.

    Raises:
        ShapeError: A room cannot read what the one before it gives.
        ConfigError: Pooling inside the extractors leaves no step.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _build(blueprint)


def _build(blueprint: Blueprint) -> HybridNet:
    stream, model = blueprint.stream, blueprint.model
    each = model.channels == "each"
    groups = channel_groups(stream, model.streams) or (None,)
    chains = [_chain(blueprint, stream, channels) for channels in groups]
    second = None if stream.second is None else _chain(blueprint, stream.of_second())
    read = [*chains, second] if second else chains
    head = build_head(
        blueprint.heads,
        sum(chain.out_features for chain in read) + len(stream.static),
        outputs=1 if each else _outputs(stream),
        class_counts=stream.class_counts,
        samples=stream.counts["train"],
    )
    highway = LinearHighway(stream.window, stream.horizon) if model.highway == "linear" else None
    return HybridNet(model, chains, head, targets=stream.targets, second=second, highway=highway)


def _chain(blueprint: Blueprint, stream: StreamMeta, channels: tuple[int, ...] | None = None) -> Chain:
    """Return what reads ``stream`` (the first one or the second), or some channels of it."""
    model = blueprint.model
    embedding = _embedding(stream, model)
    frame = (1,) if model.channels == "each" else stream.frame if embedding is None else (stream.dimensions,)
    if channels is not None:
        frame = (len(channels), *frame[1:])
    branches = [_branch(blueprint, rooms, frame, steps=stream.window) for rooms in _orders(blueprint)]
    norm = BatchNormInput(frame) if model.input_norm == "batch" else nn.Identity()
    disorder = Disorder(stream.window) if model.steps == "shuffled" else None
    return Chain(branches, norm=norm, embedding=embedding, channels=channels, disorder=disorder)


def _embedding(stream: StreamMeta, model: ModelConfig) -> TokenEmbedding | None:
    """Return what gives tokens their vectors; None where the stream holds measurements."""
    if stream.kind != "text":
        return None
    return TokenEmbedding(stream.vocabulary, stream.dimensions, frozen=model.embedding == "frozen")


def _outputs(stream: StreamMeta) -> int:
    """Return how many numbers are asked for: classes, labels, one number, or target channels."""
    match stream.head:
        case "classify" | "multilabel":
            return len(stream.classes)
        case "regress":
            return 1
        case "forecast":
            return len(stream.targets)
        case _:
            assert_never(stream.head)


def _branch(blueprint: Blueprint, rooms: list[Room], frame: tuple[int, ...], *, steps: int) -> Branch:
    return build_branch(
        rooms,
        extraction=blueprint.extraction,
        temporal=blueprint.temporal,
        pooling=blueprint.model.pooling,
        frame=frame,
        steps=steps,
    )


def _orders(blueprint: Blueprint) -> list[list[Room]]:
    """Return the rooms of each branch; ``parallel`` stacks ``repeat`` of a kind in each of its two."""
    repeat = blueprint.model.repeat
    match blueprint.model.order:
        case "cnn-lstm":
            return [["cnn", "lstm"] * repeat]
        case "lstm-cnn":
            return [["lstm", "cnn"] * repeat]
        case "parallel":
            return [["cnn"] * repeat, ["lstm"] * repeat]
        case "cnn":
            return [["cnn"] * repeat]
        case "lstm":
            return [["lstm"] * repeat]
        case _:
            assert_never(blueprint.model.order)
