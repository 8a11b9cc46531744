"""Version numbers say what changed."""

from pipeline.registry.versions import next_version, parts


def test_the_first_version_is_one(lineage):
    assert next_version([], None, lineage()) == "v1.0.0"


def test_the_same_network_on_other_data_is_a_new_minor(lineage):
    assert next_version(["v1.0.0", "v2.9.0"], lineage(), lineage(data="new")) == "v2.10.0"


def test_other_settings_or_other_code_are_a_new_major(lineage):
    assert next_version(["v1.0.0", "v1.1.0"], lineage(), lineage(network="b")) == "v2.0.0"
    assert next_version(["v1.0.0", "v1.1.0"], lineage(), lineage(code="b")) == "v2.0.0"


def test_what_is_taken_as_a_tag_or_a_folder_is_never_given_again(lineage):
    assert next_version(["v3.0.0", "v10.2.0", "latest"], lineage(), lineage(data="new")) == "v10.3.0"


def test_versions_sort_by_number_and_other_names_are_none():
    assert sorted(["v10.0.0", "v9.1.0"], key=parts) == ["v9.1.0", "v10.0.0"]
    assert parts("v1.0") == parts("v01.0.0") == parts("1.0.0") == ()
