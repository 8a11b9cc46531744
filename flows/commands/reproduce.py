"""``convoy reproduce``: a published system from its recipe to a row beside its claim."""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from flows.commands.of_recipe import project_of
from flows.programs.launch import launched
from flows.runs.retention import COMPARED
from flows.showing.terminal import Terminal
from pipeline.comparison.board import Board
from pipeline.foundation.errors import DataError, PipelineError
from pipeline.foundation.files import json_text, write_atomically
from pipeline.recipes.config import Budget, Recipe
from pipeline.recipes.page import results_page
from pipeline.recipes.read import read_recipe, recipe_names
from pipeline.recipes.row import Row, read_rows, write_row

STORY = "recipe.json"
"""What a project was made from; another recipe, protocol or budget makes it anew."""

KEPT = tuple(f".convoy/{name}" for name in COMPARED)
"""What goes along into the new project: trainings are known by the hash of all they depend on."""


def reproduce(
    names: Sequence[str],
    *,
    budget: Budget,
    home: Path,
    out: Path,
    protocols: Sequence[str] = (),
    debug: bool = False,
) -> int:
    """Run recipes under each of their protocols, write their rows and the page; return the exit code.

    A recipe that cannot be run here is told and passed over.

    Args:
        names: Recipes.
        budget: What each may cost.
        home: Where their projects go.
        out: The page; the rows go into a folder of its name beside it.
        protocols: Only these; empty: all of a recipe.
        debug: Show the tools' own lines and tracebacks.
    """
    terminal, failed = Terminal(), False
    rows = out.with_suffix("")
    for name in names:
        recipe = read_recipe(name)
        for protocol in recipe.protocols:
            if protocols and protocol not in protocols:
                continue
            terminal.line()
            terminal.line(terminal.style(f"{recipe.title}, protocol {protocol}, budget {budget}", "bold"))
            try:
                write_row(_row(recipe, protocol, budget, home, debug=debug), rows)
            except PipelineError as error:
                if len(names) == 1:
                    raise
                terminal.line(f"passed over: {error}")
                failed = True
    write_atomically(
        results_page(
            [read_recipe(name) for name in recipe_names()], read_rows(rows, terminal.line), PREAMBLE
        ),
        out,
    )
    terminal.line(f"results  {out.resolve()}")
    return int(failed)


PREAMBLE = (
    "Written by `convoy reproduce --all --budget small`, and row by row with `--budget full`. Every row is a project "
    "of its recipe (`convoy init DIR --recipe NAME`), divided as said, each candidate trained with the same seeds on "
    "the same preprocessed data. The hybrid that is judged is the one that val chose, of accuracies the recipe's own "
    "unless another is clearly ahead; the test split is read once. Intervals are 95 %, by bootstrap over what is "
    "independent in the test split, and over seeds where there are several. *small* means minutes on two CPU cores: "
    "it shows the way, and is no number for a publication."
)


def list_recipes() -> str:
    """Return all recipes with their title, one a line."""
    width = max(map(len, recipe_names()), default=0)
    lines = [f"{name:<{width}}  {read_recipe(name).title}" for name in recipe_names()]
    return "\n".join(
        [
            *lines,
            "",
            "`convoy reproduce NAME` runs one, `convoy init DIR --recipe NAME` makes a project of it.",
        ]
    )


def _row(recipe: Recipe, protocol: str, budget: Budget, home: Path, *, debug: bool) -> Row:
    folder = home / recipe.name / f"{protocol}-{budget}"
    _bring_up_to_date(recipe, folder, protocol, budget)
    before = set(folder.glob("reports/*/leaderboard.json"))
    code = _compared(folder, debug=debug)
    made = sorted(set(folder.glob("reports/*/leaderboard.json")) - before)
    if code or not made:
        raise DataError(f"the comparison in {folder} did not end well; its lines above tell why")
    prepared = json.loads((folder / "data" / "preprocess" / "report.json").read_text(encoding="utf-8"))
    board = Board.model_validate_json(made[-1].read_text(encoding="utf-8"))
    return Row(
        recipe=recipe.name,
        protocol=protocol,
        budget=budget,
        counts=board.counts,
        split=prepared["split"],
        audit=board.audit,
        machine=_machine(),
        board=board,
    )


def _compared(folder: Path, *, debug: bool) -> int:
    """Compare in a process of its own: Prefect talks to the server of its first run as long as a process lives."""
    words = ["compare", "--project", str(folder), *(["--debug"] if debug else [])]
    command = [sys.executable, "-c", "from flows.cli.main import main; main()", *words]
    return subprocess.run(launched(command), check=False).returncode


def _bring_up_to_date(recipe: Recipe, folder: Path, protocol: str, budget: Budget) -> None:
    """Make the project, unless it was made from the same recipe; trainings of an older one are kept."""
    story = json_text({"recipe": recipe.model_dump(mode="json"), "protocol": protocol, "budget": budget})
    path = folder / STORY
    if path.is_file() and path.read_text(encoding="utf-8") == story:
        return
    old = folder.with_name(f"{folder.name}.old")
    if folder.exists() and not path.is_file() and old.is_dir():
        _move_kept(folder, old)  # the making of the new one was killed
        shutil.rmtree(folder)
    elif folder.exists():
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    made = [parent for parent in folder.parents if not parent.exists()]
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        project_of(recipe, folder, protocol, budget)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        if old.is_dir():
            old.rename(folder)
        for parent in made:
            parent.rmdir()
        raise
    _move_kept(old, folder)
    write_atomically(story, path)
    shutil.rmtree(old, ignore_errors=True)


def _move_kept(source: Path, target: Path) -> None:
    """Take along what comparisons need not do again; what the target has stays."""
    for name in KEPT:
        if (source / name).is_dir() and not (target / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).rename(target / name)


def _machine() -> str:
    import torch

    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{os.cpu_count()} CPU cores"
    return f"{device}, Python {platform.python_version()}, torch {torch.__version__}"
