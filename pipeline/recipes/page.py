"""The page of all reproductions: what is claimed, what was measured, and what remains when nothing leaks."""

from collections.abc import Iterator, Sequence

from pipeline.comparison.board import Line
from pipeline.comparison.config import OWN
from pipeline.evaluation.metrics import METRICS
from pipeline.evaluation.wording import duration, number, numbers, plural
from pipeline.preprocessing.meta import SPLITS
from pipeline.recipes.config import Recipe
from pipeline.recipes.row import Row

HEADER = (
    "| system | claimed | by its own protocol | when nothing leaks | best rival there | does the hybrid pay? |\n"
    "|---|---|---|---|---|---|"
)


def results_page(recipes: Sequence[Recipe], rows: Sequence[Row], preamble: str) -> str:
    """Return the page as markdown.

    Args:
        recipes: All recipes, also those that were not run.
        rows: What was measured.
        preamble: What stands above the table.
    """
    found = {recipe.name: [row for row in rows if row.recipe == recipe.name] for recipe in recipes}
    lines = ["# Results", "", preamble, "", HEADER]
    lines += [_summary(recipe, found[recipe.name]) for recipe in recipes if found[recipe.name]]
    missing = [recipe.name for recipe in recipes if not found[recipe.name]]
    if missing:
        lines += ["", f"Not run yet: {', '.join(missing)}."]
    for recipe in recipes:
        if found[recipe.name]:
            lines += ["", *_section(recipe, found[recipe.name])]
    return "\n".join(lines) + "\n"


def does_claim_hold(recipe: Recipe, row: Row) -> str | None:
    """Return in a few words whether what was measured reaches what is claimed; None: the two cannot be compared."""
    for claim in recipe.claims:
        if claim.metric is None or claim.value is None or claim.metric not in row.own.scores:
            continue
        score, bounds = row.own.scores[claim.metric], row.own.intervals.get(claim.metric)
        if _sign(claim.metric) * (score - claim.value) >= 0:
            return "reached"
        if bounds is None:
            return "not reached, and without an interval"
        return "within noise" if bounds[0] <= claim.value <= bounds[1] else "not reached"
    return None


def _sign(metric: str) -> float:
    """Return 1 where more is better, -1 where less is; of the scores without an interval only AUC should rise."""
    rises = METRICS[metric].better == "max" if metric in METRICS else metric == "auc"
    return 1.0 if rises else -1.0


def _summary(recipe: Recipe, rows: Sequence[Row]) -> str:
    by_protocol = {row.protocol: row for row in rows}
    paper = by_protocol.get("paper")
    safe = by_protocol.get("safe") or paper
    claimed = recipe.claims[0].text if recipe.claims else "none"
    held = does_claim_hold(recipe, paper) if paper else None
    cells = [
        f"[{recipe.title}](#{recipe.name})",
        claimed,
        f"{_own(recipe, paper)}{f' ({held})' if held else ''}" if paper else "–",
        _own(recipe, safe) if safe else "–",
        f"{safe.rival.name} {_score(safe.rival, safe)}" if safe and safe.rival else "–",
        safe.board.verdict.outcome if safe else "–",
    ]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _own(recipe: Recipe, row: Row) -> str:
    """Return the score that decides, and that of the metric which the publication claims, where it is another."""
    scores = [_score(row.own, row)]
    claimed = next((claim.metric for claim in recipe.claims if claim.metric in METRICS), None)
    if claimed is not None and claimed != row.board.metric and claimed in row.own.scores:
        scores.append(f"{METRICS[claimed].inline} {_score(row.own, row, claimed)}")
    return ", ".join(scores)


def _score(line: Line, row: Row, name: str | None = None) -> str:
    """Return the score by a metric, the one that decides without ``name``, with its interval."""
    name = name or row.board.metric
    if name not in line.scores:
        return ""
    bounds = line.intervals.get(name)
    told = f" ({' to '.join(numbers(*bounds))})" if bounds else ""
    return f"{number(line.scores[name])}{told}"


def _section(recipe: Recipe, rows: Sequence[Row]) -> Iterator[str]:
    yield f'<a id="{recipe.name}"></a>'
    yield ""
    yield f"## {recipe.title}"
    yield ""
    where = f" ({', '.join(recipe.rows)})" if recipe.rows else ""
    yield f"{recipe.paper}{where}. *{recipe.architecture}*"
    for claim in recipe.claims:
        yield f"- Claimed: {claim.text}"
    for doubt in recipe.doubts:
        yield f"- Doubt: {doubt}"
    if recipe.stands_for:
        yield f"- Data: {recipe.stands_for}"
    for row in rows:
        yield ""
        yield from _protocol(recipe, row)


def _protocol(recipe: Recipe, row: Row) -> Iterator[str]:
    about = recipe.protocols[row.protocol].about if row.protocol in recipe.protocols else ""
    counts = ", ".join(f"{row.counts[split]:,} {split}" for split in SPLITS if split in row.counts)
    yield f"### {'As published' if row.protocol == 'paper' else 'So that nothing leaks'}: {about}"
    yield ""
    leaks = row.audit.get("leak", 0)
    audit = f"; the audit finds {plural(leaks, 'leak')}" if leaks else ""
    seeds = plural(row.board.seeds, "seed")
    yield (
        f"{row.split}{_pool(row)}: {counts}; {seeds}, budget {row.budget}, {row.machine}{audit}. "
        f"**{row.board.verdict.sentence}.**"
    )
    yield ""
    title = METRICS[row.board.metric].title
    beside = [name for name in recipe.beside if name != row.board.metric]
    more = [*(METRICS[name].title for name in beside), *(["by fold"] if row.board.folds else [])]
    yield f"| model | | {title} | 95 % interval | behind the best by |{_cells(more)} parameters | training |"
    yield f"|---|---|---:|---|---|{'---|' * len(more)}---:|---:|"
    for line in row.board.lines:
        yield _line(line, row, beside)
    for name, reason in sorted(row.board.left_out.items()):
        yield f"\nLeft out: {name}: {reason}"


def _cells(titles: Sequence[str]) -> str:
    return "".join(f" {title} |" for title in titles)


def _pool(row: Row) -> str:
    """Return which folds were pooled; nothing for a single test split."""
    if not row.board.folds:
        return ""
    names = ", ".join(row.board.folds)
    return f", {plural(len(row.board.folds), 'fold')} pooled ({names}; train and val are the mean of a fold)"


def _line(line: Line, row: Row, beside: Sequence[str]) -> str:
    name = row.board.metric
    spread = f" ± {number(line.spread)}" if line.spread is not None else ""
    bounds = line.intervals.get(name)
    behind = ""
    if line.behind_interval is not None:
        amount, *edges = numbers(line.behind, *line.behind_interval)
        noise = "" if line.behind_interval[0] > 0 else ", noise"
        behind = f"{amount} ({' to '.join(edges)}{noise})"
    own = "**" if line.name == OWN else ""
    cells = [
        f"{own}{line.name}{own}" + (f": {line.about}" if line.about else ""),
        "hybrid" if line.role == "model" else line.role,
        f"{number(line.scores[name])}{spread}",
        " to ".join(numbers(*bounds)) if bounds else "",
        behind,
        *[_score(line, row, metric) for metric in beside],
        *([" ".join(numbers(*line.fold_scores))] if row.board.folds else []),
        "" if line.parameters is None else f"{line.parameters:,}",
        duration(line.train_seconds),
    ]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
