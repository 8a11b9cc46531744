"""What images, clips and recordings suggest for their ``quality.yaml``."""

import polars as pl

from pipeline.quality.cells import contrasts, loudness
from pipeline.quality.profile import Profile
from pipeline.quality.wording import Entry, now, percent, widened_share

LOOKED_AT = 2_000
"""So many images are decoded, and recordings listened to, for a proposal."""

SILENT = -60.0
SHORTEST = 0.05
"""Seconds below which nothing can be said."""


def defect_rules(profile: Profile, what: str) -> list[Entry]:
    """Return the bound on what cannot be decoded."""
    share = profile.table.get("defect_share")
    return [
        Entry(
            f"Share of {what} that cannot be decoded; {percent(share)} now.",
            rule="defect_share",
            max=widened_share(share),
        )
    ]


def image_figures(profile: Profile) -> list[Entry]:
    """Return rules about the images as a whole."""
    return [
        *defect_rules(profile, "images"),
        Entry(
            "Images with the same bytes as an earlier one: on both sides of a split they would flatter the score.",
            rule="duplicate_images",
            max=int(profile.table.get("duplicate_images") or 0),
            on_fail="warn",
        ),
    ]


def clip_figures(profile: Profile) -> list[Entry]:
    """Return rules about the clips as a whole."""
    clips, shortest = (int(profile.table.get(name) or 0) for name in ("clips", "shortest_clip"))
    return [
        *defect_rules(profile, "frames"),
        Entry(
            f"There are {clips:,} clips; half as many would mean that some are lost.",
            rule="clips",
            min=max(1, clips // 2),
        ),
        Entry(
            f"The shortest clip has {shortest:,} frames now.",
            rule="shortest_clip",
            min=max(1, shortest // 2),
            on_fail="warn",
        ),
    ]


def sound_figures(profile: Profile) -> list[Entry]:
    """Return rules about the recordings as a whole."""
    return [
        *defect_rules(profile, "recordings"),
        Entry(
            "Recordings equal to an earlier one: on both sides of a split they would flatter the score.",
            rule="duplicate_sounds",
            max=int(profile.table.get("duplicate_sounds") or 0),
            on_fail="warn",
        ),
    ]


def picture_rules(frame: pl.DataFrame, profile: Profile, *, clips: bool) -> list[Entry]:
    """Return rules about single images, or the frames of clips, which are kept: without them a clip would jump."""
    blank, of = blank_images(frame)
    seen = f" {blank:,} of the {of:,} looked at are." if blank else ""
    what = "A frame" if clips else "An image"
    return [
        Entry(
            f"{what} that cannot be decoded; the column defect says why.{now(profile.table.get('defects'))}",
            rule="readable",
        ),
        Entry(
            f"{what} of one brightness everywhere shows nothing.{seen}",
            rule="not_blank",
            least=1,
            on_fail="warn" if clips else "quarantine",
        ),
        *_size_rules(profile),
    ]


def sound_rules(frame: pl.DataFrame, profile: Profile) -> list[Entry]:
    """Return rules about single recordings."""
    silent, of = silent_sounds(frame)
    seen = f" {silent:,} of the {of:,} looked at are." if silent else ""
    seconds = frame.select(pl.col("samples") / pl.col("rate")).to_series().drop_nulls()
    entries = [
        Entry(
            f"A recording that cannot be decoded; the column defect says why.{now(profile.table.get('defects'))}",
            rule="readable",
        ),
        Entry(
            f"A recording that is never louder than {SILENT:g} dB below the loudest possible is silent.{seen}",
            rule="not_silent",
            decibels=SILENT,
        ),
        Entry(
            f"In less than {SHORTEST:g} seconds nothing can be said.{now(short_sounds(frame))}",
            rule="duration",
            min=SHORTEST,
        ),
    ]
    if len(seconds):
        low, high = float(str(seconds.min())), float(str(seconds.max()))
        entries.append(
            Entry(
                f"Recordings last {low:.3g} to {high:.3g} seconds now.",
                rule="duration",
                min=float(f"{low / 2:.2g}"),
                max=float(f"{2 * high:.2g}"),
                on_fail="warn",
            )
        )
    rates = sorted(frame["rate"].drop_nulls().unique().to_list())
    if rates:
        listed = ", ".join(f"{rate:,}" for rate in rates[:5])
        entries.append(
            Entry(
                f"Recordings have {listed} samples per second now; others are resampled all the same.",
                rule="one_of",
                columns=["rate"],
                values=rates[:50],
                on_fail="warn",
            )
        )
    return entries


def blank_images(frame: pl.DataFrame) -> tuple[int, int]:
    """Return how many images show nothing, of how many that were looked at."""
    found = contrasts(_some(frame.filter(pl.col("image").is_not_null()).select("image", "encoding")))
    return int((found < 1).sum()), len(found)


def silent_sounds(frame: pl.DataFrame) -> tuple[int, int]:
    """Return how many recordings are silent, of how many that were looked at."""
    found = loudness(_some(frame.filter(pl.col("sound").is_not_null()).select("sound"))["sound"])
    return int((found < SILENT).sum()), len(found)


def short_sounds(frame: pl.DataFrame) -> int:
    """Return how many recordings are too short to say anything."""
    return int(frame.select((pl.col("samples") / pl.col("rate") < SHORTEST).sum()).item() or 0)


def _some(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.gather_every(max(1, -(-len(frame) // LOOKED_AT)))


def _size_rules(profile: Profile) -> list[Entry]:
    entries: list[Entry] = []
    for name, about in (("height", "pixels high"), ("width", "pixels wide"), ("bands", "colour bands deep")):
        low, high = profile.columns[name]["min"], profile.columns[name]["max"]
        if low is None or high is None:
            continue
        size = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        entries.append(
            Entry(
                f"Images are {size} {about} now; others are resized all the same.",
                rule="between",
                columns=[name],
                min=int(low),
                max=int(high),
                on_fail="warn",
            )
        )
    return entries
