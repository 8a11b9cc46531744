"""The validation as one self-contained page, for people.

Great Expectations judges, but does not draw: its own Data Docs leave cell values unescaped, fetch
scripts from a CDN, carry the time in names and pages, and would show the narrow frames it was handed
instead of the user's rules. This page escapes every value, needs no network and no script, and is
the same bytes for the same verdict.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.quality.verdict import Finding, Verdict, counted_rows, figure

TIERS = {
    "schema": "Columns and types, from the footer of the Parquet file.",
    "profile": "Figures about the table, measured over every row.",
    "rows": "Cells, one by one.",
    "reference": "How far the data are from those that were accepted last.",
}


def docs_page(verdict: Verdict) -> str:
    """Return the page as HTML."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = figure
    environment.filters["rows"] = counted_rows
    environment.globals["about_columns"] = _about_columns
    tiers = [
        (tier, about, [finding for finding in verdict.findings if finding.tier == tier])
        for tier, about in TIERS.items()
    ]
    if verdict.compared_with is not None:
        tiers[-1] = ("reference", f"{tiers[-1][1]} Those were {verdict.compared_with}.", tiers[-1][2])
    return environment.get_template("docs.html").render(
        verdict=verdict,
        tiers=tiers,
        broken=[finding for finding in verdict.findings if finding.status != "held"],
    )


def _about_columns(finding: Finding) -> str:
    return ", ".join(finding.columns) if finding.columns else "—"
