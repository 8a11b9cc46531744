"""A registry that lost something is listed as far as it goes, or told in one sentence."""

import json

import pytest

from flows.commands.lineage import show_lineage
from flows.registry.models import show_models, tell
from flows.registry.promote import Promotion
from flows.registry.rollback import roll_back
from flows.registry.tags import what_is_not_tagged
from pipeline.foundation.errors import ConfigError, IntegrityError
from pipeline.registry.champion import champion_folder, read_registry, registry_folder


def without(two, *names: str) -> None:
    path = registry_folder(two.project) / "registry.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({name: content[name] for name in content if name not in names}))


def test_a_registry_without_moves_lists_its_versions_and_champion(two, capsys):
    without(two, "moves")

    assert show_models(two.project) == 0

    shown = capsys.readouterr().out
    assert "▸ v2.0.0" in shown
    assert "v2.0.0 is the champion, and registry.json does not say since when: better" in shown


def test_a_registry_without_a_champion_lists_its_versions_and_gets_one(two, capsys):
    without(two, "champion")

    assert show_models(two.project) == 0
    assert "registry.json names no champion; `convoy rollback VERSION`" in capsys.readouterr().out

    assert roll_back(two.project, "v1.0.0") == "v1.0.0 of 2026-01-01 is the champion again"
    assert champion_folder(two.project).name == "v1.0.0"


def test_a_folder_in_the_place_of_the_registry_is_told(two):
    path = registry_folder(two.project) / "registry.json"
    path.unlink()
    path.mkdir()

    for ask in (show_models, roll_back, champion_folder):
        with pytest.raises(IntegrityError, match=r"registry\.json cannot be read: Is a directory; put back"):
            ask(two.project)


@pytest.mark.parametrize("content", ["[]", '{"version": 7, "model": []}', "{"])
def test_a_model_that_does_not_say_where_it_came_from_is_told(two, content):
    (champion_folder(two.project) / "lineage.json").write_text(content)

    with pytest.raises(IntegrityError, match=r"lineage\.json does not say where the model came from: "):
        show_lineage("champion", two.project)


def test_a_folder_that_is_no_project_has_no_models(tmp_path):
    with pytest.raises(ConfigError, match=r"has no params\.yaml; go to a project's folder"):
        show_models(tmp_path)


def test_a_promotion_that_git_could_not_tag_shows_its_warning_and_no_tag(two, capsys):
    (two.project / ".git" / "refs" / "tags" / "model#champion#3.lock").touch()
    registry = read_registry(two.project).moved("v1.0.0", "promoted")
    warning = what_is_not_tagged(two.tags, registry)
    commit = registry.entry("v1.0.0").commit

    promoted = Promotion(
        "v1.0.0", f"v1.0.0 is the champion; {warning}", None, commit, two.tags, is_tagged=not warning
    )
    assert tell(promoted) == 0

    lines = capsys.readouterr().out.splitlines()
    assert "warning: model#champion#3 cannot be tagged" in lines[0]
    assert lines[1].startswith(f"commit   {commit[:10]}")
    assert lines[2] == "tag      none yet; until then the model is had by its commit alone"
    assert not any("model@v1.0.0" in line for line in lines)
