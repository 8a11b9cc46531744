from pathlib import Path

import pytest

from pipeline.foundation.errors import ConfigError
from pipeline.quality.read import read_suite
from pipeline.quality.rules_rows import Between
from pipeline.quality.suite import ColumnRule

MISTAKES = {
    "rows:\n  - rule: betwen\n    columns: [t]\n    min: 0": ["quality.yaml:2", "did you mean between?"],
    "rows:\n  - rule: zzz": ["zzz is unknown", "not_null, finite, between"],
    "rows:\n  - rule: between\n    colums: [t]\n    min: 0": ["quality.yaml:3", "did you mean columns?"],
    "rows:\n  - rule: between\n    columns: [t]": ["it needs min, max or both"],
    "rows:\n  - {rule: between, columns: t, min: 5, max: 1}": ["min=5.0 is above max=1.0"],
    "rows:\n  - {rule: between, columns: t, min: 2024-01-01, max: 1}": ["both be numbers or both be times"],
    "rows:\n  - {rule: between, columns: t, min: warm}": ["rows[0].min='warm'", "valid number"],
    "rows:\n  - {rule: not_null}": ["rows[0].columns is missing"],
    "rows:\n  - columns: [t]": ["needs `rule:`", "unique_time"],
    "rows:\n  - {rule: null_share, columns: t, max: 1}": ["null_share belongs under profile:"],
    "rows:\n  - {rule: one_of, columns: t, values: [yes, true]}": ["rows[0].values[1]"],
    "rows:\n  - {rule: matches, columns: t, pattern: '('}": ["no regular expression"],
    "rows: soon": ["rows='soon'", "list"],
    "profile:\n  - {rule: rows, min: 1, on_fail: quarantine}": ["quarantine is not allowed", "stop, warn"],
    "profile:\n  - {rule: rows, min: .nan}": ["finite number"],
    "schema:\n  columns: {t: Flaot64}": ["quality.yaml:2", "did you mean Float64?"],
    "schema:\n  on_fial: stop": ["did you mean on_fail?"],
    "rowz: []": ["quality.yaml:1", "did you mean rows?"],
    "version: 2": ["version=2 is not allowed"],
    "rows: [": ["quality.yaml", "not valid YAML"],
    "rows:\n  - {rule: readable, rule: readable}": ["not valid YAML", "duplicate key"],
    "- rule: rows": ["must hold the tiers schema:, profile: and rows:"],
}


@pytest.mark.parametrize("text", MISTAKES, ids=lambda text: text.splitlines()[-1].strip())
def test_a_mistake_in_the_suite_is_told_in_one_sentence_with_its_line(text: str, tmp_path: Path):
    (tmp_path / "quality.yaml").write_text(text)

    with pytest.raises(ConfigError) as error:
        read_suite(tmp_path / "quality.yaml")

    assert len(str(error.value).splitlines()) == 1
    for fragment in ("quality.yaml", *MISTAKES[text]):
        assert fragment in str(error.value)


def test_many_mistakes_fit_in_five_lines(tmp_path: Path):
    (tmp_path / "quality.yaml").write_text("rows:\n" + "".join(f"  - rule: nonsense{n}\n" for n in range(9)))

    with pytest.raises(ConfigError) as error:
        read_suite(tmp_path / "quality.yaml")

    assert len(str(error.value).splitlines()) <= 5
    assert "6 more" in str(error.value)


def test_a_missing_suite_names_the_setting(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"quality\.suite=.*checks\.yaml does not exist"):
        read_suite(tmp_path / "checks.yaml")


def test_a_suite_that_is_no_text_is_refused(tmp_path: Path):
    (tmp_path / "quality.yaml").write_bytes(b"\xff\xfe\x00rows")

    with pytest.raises(ConfigError, match="not valid YAML"):
        read_suite(tmp_path / "quality.yaml")


def test_tiers_without_rules_are_allowed(tmp_path: Path):
    (tmp_path / "quality.yaml").write_text("profile:\nrows: []\n")

    assert read_suite(tmp_path / "quality.yaml").suite.rows == ()


def test_one_column_may_be_written_without_a_list_and_rules_know_their_line(tmp_path: Path):
    profile = "# mine\nprofile:\n  - {rule: max, columns: oil, max: 3}\n"
    rows = "rows:\n  - rule: between\n    columns: oil\n    max: 2024-05-01\n"
    (tmp_path / "quality.yaml").write_text(profile + rows)

    file = read_suite(tmp_path / "quality.yaml")

    assert isinstance(file.suite.profile[0], ColumnRule)
    assert isinstance(file.suite.rows[0], Between)
    assert file.suite.rows[0].columns == ("oil",)
    assert (file.place("profile", 0), file.place("rows", 0)) == ("quality.yaml:3", "quality.yaml:5")
