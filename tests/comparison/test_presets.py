"""The presets fit the streams that they say they read, and their networks can be built for them."""

import pytest
import torch

from pipeline.comparison.candidates import blueprint_of, field_of
from pipeline.comparison.plan import parsed_plan, preset_names, read_plan
from pipeline.config import Config
from pipeline.model.build import build_net
from pipeline.preprocessing.meta import StreamMeta

CLASSES = {"head": "classify", "classes": ("a", "b"), "counts": {"train": 60, "val": 20, "test": 20}}
SERIES = StreamMeta(
    kind="series", window=48, frame=(2,), channels=("p", "q"), offset=(0.0, 0.0), scale=(1.0, 1.0), **CLASSES
)
IMAGES = StreamMeta(
    kind="images", window=1, frame=(1, 16, 16), channels=("grey",), offset=(0.0,), scale=(1.0,), **CLASSES
)
ROWS = IMAGES.model_copy(update={"window": 16, "frame": (12,)})
CLIPS = StreamMeta(
    kind="clips",
    window=4,
    frame=(3, 16, 16),
    channels=("r", "g", "b"),
    offset=(0.0,) * 3,
    scale=(1.0,) * 3,
    **CLASSES,
)
CONFIGS = {
    "series": (
        {"sources": {"kind": "generated"}, "preprocessing": {"kind": "whole"}, "extraction": {"kind": "conv1d"}},
        SERIES,
    ),
    "images": ({"preprocessing": {"kind": "images", "height": 16, "width": 16}}, IMAGES),
    "rows of images": (
        {
            "preprocessing": {"kind": "images", "height": 16, "width": 12, "frames": "rows"},
            "extraction": {"kind": "conv1d"},
        },
        ROWS,
    ),
    "clips": (
        {
            "sources": {"kind": "generated", "problem": "stroke"},
            "preprocessing": {"kind": "clips", "frames": 4, "height": 16, "width": 16, "colour": "rgb"},
            "extraction": {"kind": "conv2d", "steps": "frames"},
        },
        CLIPS,
    ),
}  # fmt: skip


@pytest.mark.parametrize("stream", CONFIGS)
@pytest.mark.parametrize("preset", preset_names())
def test_every_candidate_that_reads_a_stream_answers_it(preset, stream, tmp_path):
    tree, meta = CONFIGS[stream]
    plan = read_plan(preset, tmp_path).model_copy(update={"ablations": False})

    field = field_of(plan, Config.model_validate(tree), meta)

    for reason in field.left_out.values():
        assert reason.startswith(("it reads", "it is for")) or "preprocessing.frames=" in reason
    for candidate in field.candidates.values():
        net = build_net(blueprint_of(candidate.config, meta), seed=0).eval()
        answer = net(torch.zeros(2, meta.window, *meta.frame))
        assert answer.shape == (2, 2), candidate.name


@pytest.mark.parametrize("preset", preset_names())
def test_every_preset_has_rivals_for_some_stream(preset, tmp_path):
    plan = read_plan(preset, tmp_path)
    plan = plan.model_copy(update={"ablations": False})
    found = [field_of(plan, Config.model_validate(tree), meta) for tree, meta in CONFIGS.values()]

    assert max(len(field.candidates) for field in found) >= 3


def test_a_stack_of_labels_is_left_out_before_anything_is_trained():
    plan = parsed_plan(
        {"ablations": False, "candidates": {"stack": {"members": {"own": 2}, "combine": "stacked"}}}, "plan"
    )
    tree, meta = CONFIGS["images"]
    labels = meta.model_copy(update={"head": "multilabel"})

    field = field_of(plan, Config.model_validate(tree | {"heads": {"kind": "multilabel"}}), labels)

    assert field.left_out["stack"].endswith("use combine=mean")
    assert not field.committees
