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
    "preprocessing.frames=rows": "extraction.kind=conv2d cannot read preprocessing.frames=rows",
}


@pytest.mark.parametrize("override", SENTENCES)
def test_a_wrong_setting_is_told_in_one_sentence_that_names_it(params, override):
    with pytest.raises(ConfigError) as error:
        read_config(params, [override])

    assert SENTENCES[override] in str(error.value)
    assert len(str(error.value).splitlines()) <= 5


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
    assert "steps:" not in params.read_text()


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
