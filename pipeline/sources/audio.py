"""Recordings."""

from pathlib import Path

from pipeline.sources.base import SOUND
from pipeline.sources.config import TableKind
from pipeline.sources.config_media import AudioConfig
from pipeline.sources.optional import needed
from pipeline.sources.payload.gather import Row, Schema
from pipeline.sources.payload.media import MediaSource
from pipeline.sources.payload.pixels import said
from pipeline.sources.payload.recording import Recording, listen
from pipeline.sources.places.meaning import Place

SOUNDS: Schema = {"origin": SOUND["target"], "group": SOUND["target"], "split": SOUND["target"], **SOUND}


class AudioSource(MediaSource):
    """WAV, FLAC, OGG and what else libsndfile reads: one channel (the mean of all) of 16 bits, at its own rate."""

    kind: TableKind = "sound"
    suffixes = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf", ".w64")
    what = "recordings"
    columns = SOUNDS
    payload = "sound"
    config: AudioConfig

    def __init__(self, config: AudioConfig, project: Path, *, answers: bool = True) -> None:
        self._soundfile = needed("soundfile", what="sources.kind=audio", extra="audio")
        super().__init__(config, project, answers=answers)

    def rows_of(self, place: Place) -> list[Row]:
        """Return the row of one recording; one that is empty, truncated or no sound has a defect instead."""
        try:
            heard = self._listen(self.file(place))
            sound: Row = (heard.rate, len(heard.samples), heard.samples.astype("<i2").tobytes(), None)
        except ValueError as error:  # what this file says of it
            sound = (None, None, None, str(error))
        except (
            Exception
        ) as error:  # whatever a decoder stumbles over: the recording is set aside, with the reason
            sound = (None, None, None, f"cannot be decoded: {said(error, self.file(place))}")
        return [(place.origin, place.group, place.split, *sound, place.target)]

    def _listen(self, path: Path) -> Recording:
        path.open("rb").close()  # libsndfile says "System error" of a file that is missing or locked
        with self._soundfile.SoundFile(path) as file:
            recording = listen(file, self.config.longest_seconds)
        for remark in recording.remarks:
            self.remark(remark)
        return recording
