"""Promises about ``params.yaml`` and ``-S``."""

from pathlib import Path

import pytest

from pipeline.config import Config
from pipeline.foundation.errors import ConfigError
from pipeline.params import override_params, params_text, read_config, validated_config

ROOT = Path(__file__).parents[1]


@pytest.fixture
def params(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(params_text(Config()))
    return path


def test_the_file_in_the_repository_holds_every_field_of_its_kinds(tmp_path):
    own = read_config(ROOT / "params.yaml")

    assert (ROOT / "params.yaml").read_text() == params_text(own)


def test_a_written_config_reads_back_equal(params):
    assert read_config(params) == Config()


SENTENCES = {
    "training.epoch=3": "training.epoch is not a setting; did you mean training.epochs?",
    "extraction.kind=conv9": "extraction.kind=conv9 is unknown; allowed: 'conv1d', 'conv2d'",
    "extraction.kernl=3": "extraction.kernl is not a setting; did you mean extraction.kernel?",
    "training.epochs=abc": "training.epochs='abc' is not allowed: it must be a valid integer",
    "training.learning_rate=-1": "training.learning_rate=-1 is not allowed: it must be greater than 0",
    "training.learning_rate=.inf": "training.learning_rate=inf is not allowed: it must be a finite number",
    "preprocessing.split.val=0.9": "preprocessing.split.train, val and test add up to 1.1",
    "preprocessing.split.val=200": "preprocessing.split.val=200 counts time steps",
    "foo=3": "foo is not a setting; the file has: version, run, flow",
    "model.order=lstm": "model.order=lstm gives the image to the recurrent network first",
    "heads.kind=forecast": "heads.kind=forecast needs windows of a series",
    "extraction.features=[1,x]": "extraction.features[1]='x' is not allowed",
    "sources.kind=csv": "sources.path is missing",
    "model.pooling=avg": "model.pooling='avg' is not allowed: it must be 'last', 'mean'",
    "model.input_norm=instance": "model.input_norm=instance is for forecasts",
    "training": "-S training is not of the form section.key=value",
    "run.seed.x=1": "seed is a single value",
    "model.steps=shuffled": "preprocessing.frames=whole is a single one; use in_order",
    "temporal.kind=convlstm": "temporal.kind=convlstm follows images from step to step, which needs clips",
    "extraction.rate_factor=0": "extraction.rate_factor=0 is not allowed: it must be greater than 0",
    "preprocessing.frames=rows": "extraction.kind=conv2d cannot read preprocessing.frames=rows",
    "extraction.kind=kernels": "extraction.kind=kernels cannot read preprocessing.frames=whole; images need",
}


SPLITS = {
    "kind=stratified": "allowed: time, group, leave_one_out, walk, folds",
    "kind=group": "preprocessing.split.kind=group needs sources.group",
    "kind=folds folds_of=groups purge=3 group=shop": (
        "purge=3 and embargo=0 leave out time steps, and preprocessing.split.kind=folds keeps whole groups on one "
        "side; set folds_of=time, or both to 0"
    ),
    "kind=folds folds_of=groups group=shop": None,
    "kind=folds folds_of=time purge=3 embargo=2 group=shop": None,
    "kind=folds purge=3": None,
}


@pytest.mark.parametrize("words", SPLITS)
def test_folds_of_a_series_are_by_time_or_by_whole_groups(words):
    split = dict(word.split("=") for word in words.split())
    sources = {"kind": "csv", "path": "t.csv", "time": "day", "group": split.pop("group", None)}
    tree = {
        "sources": sources, "preprocessing": {"kind": "windows", "split": split},
        "heads": {"kind": "forecast"}, "extraction": {"kind": "conv1d"},
    }  # fmt: skip

    try:
        validated_config(tree, "params.yaml")
        told = None
    except ConfigError as error:
        told = str(error)

    assert told is None if SPLITS[words] is None else SPLITS[words] in told


@pytest.mark.parametrize("override", SENTENCES)
def test_a_wrong_setting_is_told_in_one_sentence_that_names_it(params, override):
    with pytest.raises(ConfigError) as error:
        read_config(params, [override])

    assert SENTENCES[override] in str(error.value)
    assert len(str(error.value).splitlines()) <= 5


CONTRADICTIONS = [
    (
        ["preprocessing.rare_classes.fewest=1"],
        "preprocessing.rare_classes.fewest=1 merges only classes that training never sees, so nothing could be learnt",
    ),
    (
        ["preprocessing.rare_classes.fewest=5", "heads.kind=regress"],
        "preprocessing.rare_classes.fewest=5 merges classes of the target, and heads.kind=regress asks for none",
    ),
    (
        ["preprocessing.rare_classes={fewest: 5, into: 'a,b'}", "heads.kind=multilabel"],
        "preprocessing.rare_classes.into='a,b' holds heads.separator=',', so it would be several labels",
    ),
    (
        ["extraction.kind=conv3d", "extraction.steps=cells"],
        "extraction.kind=conv3d cannot read preprocessing.frames=whole; images need extraction.kind=conv2d, vgg",
    ),
    (
        ["extraction.frozen_epochs=20"],
        "extraction.frozen_epochs=20 with training.epochs=20 never trains the extractor; use extraction.freeze=true",
    ),
    (
        ["extraction.frozen_epochs=2", "extraction.epochs=0"],
        "extraction.frozen_epochs=2 keeps weights that nothing has fitted: extraction.epochs=0 leaves them as chance",
    ),
    (
        ["extraction.freeze=true", "extraction.epochs=0"],
        "extraction.freeze=true keeps weights that nothing has fitted",
    ),
    (
        ["extraction.freeze=true", "extraction.frozen_epochs=2"],
        "extraction.frozen_epochs=2 is about training the extractor, and extraction.freeze=true never does",
    ),
    (
        [
            "preprocessing.frames=rows",
            "extraction.kind=conv1d",
            "model.order=parallel",
            "extraction.rate_factor=0.1",
        ],
        "extraction.rate_factor=0.1 is about a CNN that comes first, which needs model.order=cnn-lstm or cnn",
    ),
    (
        [
            "sources.kind=volumes",
            "sources.path=scans",
            "preprocessing.kind=clips",
            "preprocessing.frames=4",
            "preprocessing.volumes=files",
        ],
        "extraction.kind=conv2d cannot read volumes, and preprocessing.volumes=files makes them",
    ),
    (
        [
            "sources.kind=video",
            "sources.path=films",
            "preprocessing.kind=clips",
            "preprocessing.frames=4",
            "preprocessing.volumes=files",
        ],
        "preprocessing.volumes=files makes a volume of each file, which needs sources.kind=volumes, not video",
    ),
    (
        [
            "sources.kind=generated",
            "sources.problem=stroke",
            "sources.channels=3",
            "preprocessing.kind=clips",
            "preprocessing.split.kind=group",
        ],
        "preprocessing.split.kind=group needs sources.groups",
    ),
    (
        [
            "sources.kind=generated",
            "sources.problem=stroke",
            "sources.channels=3",
            "preprocessing.kind=clips",
            "preprocessing.static=[age]",
        ],
        "preprocessing.static names age, which sources.kind=generated brings along only where sources.label_channels",
    ),
    (
        ["extraction.kind=vgg", "model.repeat=2"],
        "model.order=cnn-lstm with model.repeat=2 convolves over features, which needs extraction.kind=conv1d",
    ),
]


@pytest.mark.parametrize(
    ("overrides", "sentence"), CONTRADICTIONS, ids=["-".join(pair[0]) for pair in CONTRADICTIONS]
)
def test_settings_that_cannot_both_hold_are_told_in_one_sentence(params, overrides, sentence):
    with pytest.raises(ConfigError) as error:
        read_config(params, overrides)

    assert sentence in str(error.value)


def test_weights_that_a_file_gives_may_stay_frozen(params):
    config = read_config(
        params, ["extraction.freeze=true", "extraction.epochs=0", "extraction.weights=resnet18.pth"]
    )

    assert config.extraction.freeze


def test_many_wrong_settings_still_fit_five_lines(params):
    with pytest.raises(ConfigError) as error:
        read_config(params, [f"training.nonsense{index}=1" for index in range(9)])

    assert len(str(error.value).splitlines()) == 5
    assert "and 5 more" in str(error.value)


def test_an_override_is_written_and_comments_stay(params):
    before = params.read_text()

    config = override_params(params, ["training.epochs=7"])

    assert config.training.epochs == 7
    assert params.read_text() == before.replace("epochs: 20", "epochs: 7")


def test_a_refused_override_leaves_the_file_alone(params):
    before = params.read_text()

    with pytest.raises(ConfigError):
        override_params(params, ["training.epochs=7", "training.devices=0"])

    assert params.read_text() == before


def test_changing_a_kind_brings_its_own_settings(params):
    config = override_params(
        params, ["preprocessing.frames=rows", "extraction.kind=conv1d", "temporal.kind=gru"]
    )

    assert (config.extraction.kind, config.temporal.kind) == ("conv1d", "gru")
    assert "steps: rows" not in params.read_text()


@pytest.mark.parametrize(
    "kind", ["conv1d", "kernels", "residual", "fcn", "inception", "rocket", "decomposition", "array", "patch"]
)
def test_a_kind_chosen_over_untouched_settings_has_its_own_defaults(params, kind):
    config = override_params(params, ["preprocessing.frames=rows", f"extraction.kind={kind}"])

    assert config.extraction == type(config.extraction)()
    assert params.read_text().count("kind: " + kind) == 1


def test_a_chosen_setting_stays_with_another_kind_that_has_it(params):
    override_params(params, ["extraction.pool=3", "extraction.features=[8, 8, 8]"])

    config = override_params(params, ["preprocessing.frames=rows", "extraction.kind=fcn"])

    assert (config.extraction.pool, config.extraction.features) == (3, (8, 8, 8))
    assert config.extraction.kernels == (8, 5, 3)


def test_a_file_of_another_version_is_refused_with_what_to_do(params):
    params.write_text(params.read_text().replace("version: 1", "version: 0"))

    with pytest.raises(ConfigError, match="has version=0, and this Convoy reads version 1"):
        read_config(params)


@pytest.mark.parametrize("text", ["a: [1,", "- 1\n- 2\n", "", "\x00"])
def test_a_file_that_is_no_tree_is_refused(params, text):
    params.write_text(text)

    with pytest.raises(ConfigError, match=r"params\.yaml"):
        read_config(params)


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(ConfigError, match="convoy init"):
        read_config(tmp_path / "params.yaml")


@pytest.mark.parametrize("kind", ["leave_one_out", "group", "walk"])
def test_a_split_that_cannot_be_is_told_before_anything_runs(kind, tmp_path):
    tree = {
        "sources": {"kind": "ucr", "path": "waves"},
        "preprocessing": {"kind": "whole", "split": {"kind": kind}},
        "extraction": {"kind": "conv1d"},
    }

    with pytest.raises(ConfigError, match=rf"preprocessing\.split\.kind={kind}"):
        validated_config(tree, "params.yaml")


CLIPS = {"sources": {"kind": "frames", "path": "clips"}, "preprocessing": {"kind": "clips"}}


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ({"temporal": {"kind": "convlstm"}}, "needs extraction.kind=conv2d and extraction.steps=maps"),
        (
            {"temporal": {"kind": "convlstm"}, "model": {"order": "lstm", "repeat": 2}},
            "model.repeat=2; use 1",
        ),
        (
            {"model": {"steps": "shuffled"}, "extraction": {"kind": "conv2d", "freeze": True}},
            "set freeze=false",
        ),
    ],
)
def test_what_a_clip_cannot_be_read_by_is_told_in_one_sentence(sections, told):
    with pytest.raises(ConfigError, match=told):
        validated_config({**CLIPS, "extraction": {"kind": "conv2d"}, **sections}, "params.yaml")


@pytest.mark.parametrize("order", ["lstm", "cnn-lstm", "parallel"])
def test_a_state_that_is_a_map_goes_with_clips(order):
    sections = {"temporal": {"kind": "convlstm"}, "model": {"order": order}}

    config = validated_config(
        {**CLIPS, "extraction": {"kind": "conv2d", "steps": "maps"}, **sections}, "params.yaml"
    )

    assert config.temporal.kind == "convlstm"


TEXTS = {
    "sources": {"kind": "csv", "path": "t.csv", "rows": "samples", "text": "post", "target": "mood"},
    "preprocessing": {"kind": "text"},
    "extraction": {"kind": "conv1d"},
}
SERIES = {
    "sources": {"kind": "csv", "path": "t.csv", "time": "day"},
    "preprocessing": {"kind": "windows"},
    "extraction": {"kind": "conv1d"},
    "heads": {"kind": "forecast"},
}


@pytest.mark.parametrize(
    ("tree", "change", "sentence"),
    [
        (
            TEXTS,
            {"preprocessing": {"static": ["likes"]}},
            "static names likes, which sources.kind=csv brings along only",
        ),
        (TEXTS, {"sources": {"channels": ["likes"]}}, "sources.channels names likes, which nothing of"),
        (SERIES, {"sources": {"categories": ["ward"]}}, "sources.categories names ward, which nothing of"),
        (SERIES, {"sources": {"channels": ["a"]}, "preprocessing": {"static": ["age"]}}, "static names age"),
        (SERIES, {"preprocessing": {"static": ["age", "age"]}}, "age is named more than once"),
        (SERIES, {"model": {"streams": "each", "channels": "each"}}, "does not go with channels=each"),
        (TEXTS, {"model": {"streams": "each"}}, "for a second stream of texts there is preprocessing.second"),
        (
            TEXTS,
            {
                "model": {"embedding": "frozen"},
                "preprocessing": {"vectors": "corpus", "second": {"tokens": "pieces"}},
            },
            "preprocessing.second.vectors=none makes them at random",
        ),
    ],
)
def test_what_nothing_reads_or_brings_is_told_before_anything_runs(tree, change, sentence):
    changed = {name: {**tree.get(name, {}), **change.get(name, {})} for name in {**tree, **change}}

    with pytest.raises(ConfigError) as error:
        validated_config(changed, "params.yaml")

    assert sentence in str(error.value)


def test_a_series_reads_every_number_and_the_words_that_are_static():
    sections = {"sources": {"categories": ["ward"]}, "preprocessing": {"static": ["ward", "age"]}}
    tree = {name: {**SERIES[name], **sections.get(name, {})} for name in SERIES}

    assert validated_config(tree, "params.yaml").preprocessing.static == ("ward", "age")
