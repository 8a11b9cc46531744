"""Sources whose samples are pictures, moving pictures, volumes and sound."""

from typing import Literal

from pydantic import PositiveInt

from pipeline.foundation.section import Section
from pipeline.sources.config_tables import FileMeaning


class DigitsConfig(Section):
    """The 1,797 handwritten digits that arrive with scikit-learn: real data, no download."""

    kind: Literal["digits"] = "digits"


class NpzConfig(Section):
    """Images in one NumPy archive, as MedMNIST writes them."""

    kind: Literal["npz"] = "npz"

    path: str
    """The archive; arrays `train_images`/`train_labels` (also val, test), or `images`/`labels`, or `x`/`y`."""


class IdxConfig(Section):
    """Images in the IDX files of MNIST and its relatives."""

    kind: Literal["idx"] = "idx"

    path: str
    """Folder with `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-…`, plain or `.gz`."""


class MediaFiles(FileMeaning):
    """Files that each hold a picture, a film, a volume or a recording."""

    labels: str | None = None
    """Table (CSV) with the class of each file; None: the class is the folder's name, or what `target_pattern` finds."""

    label_file: str | None = None
    """Column of that table with the file's name, with or without folder and suffix; None: its first column."""

    label_target: str | None = None
    """Column of that table with the class; None: its second column."""

    label_group: str | None = None
    """Column of that table with the patient, slide or speaker."""

    label_channels: tuple[str, ...] = ()
    """Columns of that table with numbers (an age) to bring along, for `preprocessing.static`."""

    label_categories: tuple[str, ...] = ()
    """Columns of that table with words or codes (a sex) to bring along, for `preprocessing.static`."""


class PictureFiles(MediaFiles):
    """Files with pictures."""

    max_pixels: PositiveInt = 50_000_000
    """Larger images are set aside as unreadable: a few bytes can claim to be a huge picture."""


class FolderConfig(PictureFiles):
    """Images, one file each; the class is the folder, or stands in a table."""

    kind: Literal["folder"] = "folder"


class FramesConfig(PictureFiles):
    """Image sequences: the frames of a clip are files in a folder, in the order of the numbers in their names."""

    kind: Literal["frames"] = "frames"

    clip_pattern: str | None = None
    """Regular expression whose groups together name the clip a frame belongs to; None: the frame's folder."""

    clip_length: PositiveInt | None = None
    """Frames after which a new clip begins; None: a clip is as long as it is."""


class VideoConfig(MediaFiles):
    """Video files, one clip each."""

    kind: Literal["video"] = "video"

    frames: PositiveInt = 32
    """Frames taken from each clip at most, evenly spaced."""

    longest_side: PositiveInt = 256
    """Frames are made smaller to this many pixels when they are taken in."""


class VolumesConfig(MediaFiles):
    """Volumes (NIfTI, `.npy`), one clip each: a slice is a frame."""

    kind: Literal["volumes"] = "volumes"

    axis: Literal[0, 1, 2] = 2
    """Axis along which the slices follow one another."""

    clip_pattern: str | None = None
    """Regular expression whose groups together name the clip a file belongs to, so that the MRI sequences of a patient
    are one sample; None: every file is a clip of its own."""

    longest_side: PositiveInt = 256
    """Slices are made smaller to this many pixels when they are taken in."""


class AudioConfig(MediaFiles):
    """Recordings (WAV, FLAC, OGG), one file each; several channels are averaged."""

    kind: Literal["audio"] = "audio"

    longest_seconds: PositiveInt = 60
    """Recordings are cut off here."""
