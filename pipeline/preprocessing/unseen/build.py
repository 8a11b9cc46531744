"""From the kind of preprocessing to the function that takes new rows."""

from pathlib import Path
from typing import assert_never

from pipeline.preprocessing.config import (
    ClipsConfig,
    ImagesConfig,
    SoundConfig,
    TableConfig,
    TextConfig,
    WholeConfig,
    WindowsConfig,
)
from pipeline.preprocessing.unseen.fitted import Fitted
from pipeline.preprocessing.unseen.taken import Taken


def take_rows(table: Path, fitted: Fitted, out: Path, *, threads: int, every: bool = False) -> Taken:
    """Turn rows that training never saw into samples, by what training fitted.

    Args:
        table: Rows in the form that ``validate`` lets pass, whose columns are those of training.
        fitted: Settings and fitted things.
        out: Folder for the files.
        threads: Images decoded at once.
        every: Windows of a series: whether one ends at every row, or at the last of each group.
    """
    config = fitted.config
    match config:
        case WindowsConfig():
            from pipeline.preprocessing.unseen.windows import take_windows

            return take_windows(table, config, fitted, out, every=every)
        case WholeConfig():
            from pipeline.preprocessing.unseen.groups import take_groups

            return take_groups(table, config, fitted, out)
        case ImagesConfig():
            from pipeline.preprocessing.unseen.images import take_images

            return take_images(table, config, fitted, out, threads=threads)
        case TextConfig():
            from pipeline.preprocessing.unseen.texts import take_texts

            return take_texts(table, config, fitted, out)
        case TableConfig():
            from pipeline.preprocessing.unseen.tables import take_tables

            return take_tables(table, config, fitted, out)
        case ClipsConfig():
            from pipeline.preprocessing.unseen.clips import take_clips

            return take_clips(table, config, fitted, out, threads=threads)
        case SoundConfig():
            from pipeline.preprocessing.unseen.sound import take_sound

            return take_sound(table, config, fitted, out)
        case _:
            assert_never(config)
