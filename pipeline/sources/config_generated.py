"""Problems whose answer is known because they were made: the section ``sources`` with ``kind: generated``."""

from typing import Any, Literal, Self

from pydantic import NonNegativeInt, PositiveInt, model_validator

from pipeline.foundation.section import Section

MOTIF = 8
"""Steps of a motif."""

GAP = 12
"""Steps between two motifs and before and after them at least: filters that see one of them do not see the other."""

LEAST = 2 * MOTIF + 3 * GAP

FIELD = 10
"""Side in pixels of a field of `hyperspectral`."""

SEQUENCES = ("flair", "t1", "t1ce", "t2")
"""What the volumes of a scan are called."""

Problem = Literal["motif_order", "noise", "hyperspectral", "stroke", "volumes"]

SIZES: dict[str, dict[str, int]] = {
    "hyperspectral": {"series": 1200, "steps": 48, "channels": 9, "groups": 40},
    "stroke": {"series": 300, "steps": 6, "channels": 3},
    "volumes": {"series": 240, "steps": 8, "channels": 4, "groups": 80},
}
"""Problem → sizes where nothing is said, if they are others than those of the fields."""

CHANNELS: dict[str, tuple[tuple[int, ...], str]] = {
    "hyperspectral": ((1, 9, 25), "the pixels of a square around a pixel"),
    "stroke": ((3,), "the image series of a patient, which lie in the bands of an image"),
    "volumes": (tuple(range(1, len(SEQUENCES) + 1)), "the sequences of a scan"),
}
"""Problem → how many channels it can have, and what they are."""

GROUPED = ("hyperspectral", "volumes")
"""Problems in which several samples belong together."""


class GeneratedConfig(Section):
    """Samples made from a seed: problems whose answer is known, or that has none."""

    kind: Literal["generated"] = "generated"

    problem: Problem = "motif_order"
    """`motif_order`: in noise stand two short motifs, and the class says which one comes first; `noise`: uniform random
    numbers and random classes, the negative control: whatever does better than half has been let in by a leak;
    `hyperspectral`: spectra of pixels and their neighbours, and the class is the material there is most of; `stroke`:
    image series of patients, some missing, with an age and a severity, and the outcome; `volumes`: scans of several
    sequences, and the grade of what is seen in them."""

    series: PositiveInt = 1000
    """How many samples: series, half of them of each class; pixels of `hyperspectral`, patients of `stroke`, scans of
    `volumes`."""

    steps: PositiveInt = 64
    """Time steps of each; of `hyperspectral` its wavelengths, of `stroke` and `volumes` the slices of an image
    series."""

    channels: PositiveInt = 1
    """Channels of each; a motif stands in all of them, each with noise of its own. Of `hyperspectral` the pixels of a
    square (1, 9 or 25), of `stroke` the image series (3), of `volumes` the sequences (4 at most)."""

    groups: NonNegativeInt = 0
    """What the samples of `hyperspectral` and `volumes` come from: fields, or patients; of other problems each sample
    stands for itself: 0."""

    label_channels: tuple[Literal["age", "severity"], ...] = ()
    """Columns of `stroke` to bring along, for `preprocessing.static`."""

    seed: NonNegativeInt = 0
    """Of the samples; equal seeds give equal samples."""

    @model_validator(mode="before")
    @classmethod
    def _sized(cls, said: Any) -> Any:
        """Fill in the sizes that the problem usually has."""
        if not isinstance(said, dict):
            return said
        return {**SIZES.get(str(said.get("problem")), {}), **said}

    @model_validator(mode="after")
    def _motifs_fit(self) -> Self:
        if self.problem == "motif_order" and self.steps < LEAST:
            raise ValueError(
                f"sources.steps={self.steps} has no room for two motifs and the noise around them; "
                f"set steps to {LEAST} or more"
            )
        return self

    @model_validator(mode="after")
    def _channels_are_there(self) -> Self:
        allowed, what = CHANNELS.get(self.problem, ((self.channels,), ""))
        if self.channels not in allowed:
            raise ValueError(
                f"sources.channels={self.channels} of sources.problem={self.problem} are {what}; "
                f"set channels to {' or '.join(map(str, allowed))}"
            )
        if self.label_channels and self.problem != "stroke":
            raise ValueError(
                f"sources.label_channels names {self.label_channels[0]}, which sources.problem={self.problem} does not "
                f"have; leave it out, or use problem=stroke"
            )
        return self

    @model_validator(mode="after")
    def _groups_fit(self) -> Self:
        grouped, least = self.problem in GROUPED, 1
        if self.problem == "hyperspectral":
            least = -(-self.series // FIELD**2)  # pixels of a field are drawn once at most
        if grouped and not least <= self.groups <= self.series:
            raise ValueError(
                f"sources.groups={self.groups} cannot give sources.series={self.series} samples of sources.problem="
                f"{self.problem}; set groups to {least} to {self.series}"
            )
        if not grouped and self.groups:
            raise ValueError(
                f"sources.groups={self.groups}, and the samples of sources.problem={self.problem} stand for "
                f"themselves; set groups to 0"
            )
        return self
