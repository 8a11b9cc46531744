"""Promises about the setting."""

from typing import get_args

import pytest

from pipeline.evaluation.portfolio.config import MeanVarianceConfig, NoPortfolioConfig, PortfolioConfig
from pipeline.foundation.errors import ConfigError
from pipeline.params import override_params, validated_config

KINDS = [NoPortfolioConfig(), MeanVarianceConfig()]
SHARES = {
    "sources": {"kind": "csv", "path": "t.csv", "time": "day", "group": "ticker"},
    "preprocessing": {"kind": "windows", "changes": "returns"},
    "extraction": {"kind": "conv1d"},
    "heads": {"kind": "forecast", "targets": ["Close"]},
    "evaluation": {"portfolio": {"kind": "mean_variance"}},
}


def test_every_kind_is_covered():
    assert {type(kind) for kind in KINDS} == set(get_args(get_args(PortfolioConfig)[0]))


def test_returns_of_shares_may_become_a_portfolio():
    config = validated_config(SHARES, "params.yaml")

    assert config.evaluation.portfolio == MeanVarianceConfig()


@pytest.mark.parametrize(
    ("section", "change", "told"),
    [
        ("heads", {"kind": "classify", "targets": None}, "needs heads.kind=forecast and one name in heads.targets"),
        ("heads", {"targets": []}, "heads.targets, not heads.targets names 0"),
        ("preprocessing", {"changes": "none"}, "it needs preprocessing.changes=returns"),
        ("preprocessing", {"changed": ["Volume"]}, "the channel in preprocessing.changed"),
        ("sources", {"group": None}, "it needs sources.group, such as the ticker"),
        ("evaluation", {"portfolio": {"kind": "mean_variance", "history": 9}}, "history=9 is the longest"),
    ],
)  # fmt: skip
def test_what_is_no_portfolio_is_told_in_one_sentence(section, change, told):
    tree = {**SHARES, section: {**SHARES[section], **change}}
    tree[section] = {name: value for name, value in tree[section].items() if value is not None}
    tree["sources"] = {**tree["sources"], **({"target": "mood"} if section == "heads" else {})}

    with pytest.raises(ConfigError) as error:
        validated_config(tree, "params.yaml")

    assert told in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_the_kind_can_be_changed_to_and_fro(tmp_path):
    from pipeline.params import params_text

    path = tmp_path / "params.yaml"
    path.write_text(params_text(validated_config(SHARES, "params.yaml")))

    without = override_params(path, ["evaluation.portfolio.kind=none"])
    again = override_params(
        path, ["evaluation.portfolio.kind=mean_variance", "evaluation.portfolio.costs=0.002"]
    )

    assert without.evaluation.portfolio == NoPortfolioConfig()
    assert again.evaluation.portfolio == MeanVarianceConfig(costs=0.002)
    assert "max_weight: 0.2" in path.read_text()
