"""A registry that lost something is listed as far as it goes, or told in one sentence."""

import json

import pytest

from flows.commands.lineage import show_lineage
from flows.registry.models import show_models, tell
from flows.registry.promote import Challenger, _install
from flows.registry.rollback import roll_back
from pipeline.config import Config
from pipeline.foundation.errors import ConfigError, IntegrityError
from pipeline.registry.blessing import Blessing
from pipeline.registry.champion import Registry, champion_folder, registry_folder
from pipeline.registry.lineage import Lineage
from tests.flows.registry.conftest import BLESSING, LINEAGE


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


def test_a_promotion_that_git_could_not_tag_shows_its_warning_and_no_tag(repository, capsys):
    repository.commit("v1.0.0")
    (repository.project / "quality.yaml").write_text("version: 1\n")
    (repository.project / ".git" / "refs" / "tags" / "model@v1.0.0.lock").touch()
    lineage, blessing = Lineage.model_validate(LINEAGE), Blessing.model_validate(BLESSING)

    promotion = _install(
        Challenger(repository.project, Config(), lineage, blessing), Registry(), repository.tags
    )

    assert tell(promotion) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("v1.0.0 is the champion: better; warning: model@v1.0.0")
    assert lines[1] == f"commit   {promotion.commit[:10]} on convoy/model"
    assert lines[2:] == ["tag      none yet; until then the model is had by its commit alone"]
    assert champion_folder(repository.project).name == "v1.0.0"
