"""One comparison: which trainings it takes, and, once they are done, who takes part in the leaderboard."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipeline.comparison.candidates import Candidate, Committee, Field, field_of
from pipeline.comparison.choice import VAL
from pipeline.comparison.committee import mean_answer, stacked_answer
from pipeline.comparison.config import ComparisonPlan
from pipeline.comparison.folds import write_folds
from pipeline.comparison.hearing import Entry, Hearing, hearing_of
from pipeline.comparison.trainings import PREDICTIONS, Training, key_of, training_of
from pipeline.comparison.turns import Turn
from pipeline.config import Config
from pipeline.foundation.folder import MANIFEST, sha256, stage_folder, verified
from pipeline.foundation.table import write_table
from pipeline.foundation.times import Times, read_times
from pipeline.preprocessing.meta import StreamMeta

FOLDS = 5
"""Parts of the training split behind a stacked committee."""


@dataclass(frozen=True)
class Contest:
    """The candidates of a plan on the preprocessed data set of a project."""

    project: Path
    config: Config
    plan: ComparisonPlan
    field: Field
    seeds: int
    home: Path
    """Where trainings are kept: no results of the pipeline, but too dear to lose."""

    turn: str = ""
    """Which fold of the split tests, where several do."""

    @classmethod
    def of(
        cls, project: Path, config: Config, plan: ComparisonPlan, *, seeds: int | None = None
    ) -> "Contest":
        """Return the contest of ``plan``; the stages up to ``preprocess`` have to be up to date.

        Raises:
            ConfigError: A candidate's settings are none.
            IntegrityError: ``preprocess`` has not finished.
        """
        return cls.in_turn(Turn("", project, config, project), plan, seeds=seeds)

    @classmethod
    def in_turn(cls, turn: Turn, plan: ComparisonPlan, *, seeds: int | None = None) -> "Contest":
        """Return the contest of ``plan`` on one fold; its data set, floors and rivals have to be there.

        Raises:
            ConfigError: A candidate's settings are none.
            IntegrityError: ``preprocess`` has not finished.
        """
        text = verified(turn.project / "data" / "preprocess", "meta.json").read_text(encoding="utf-8")
        field = field_of(plan, turn.config, StreamMeta.model_validate_json(text))
        home = turn.origin / ".convoy" / "trainings"
        return cls(turn.project, turn.config, plan, field, seeds or plan.seeds, home, turn.name)

    @property
    def data(self) -> Path:
        """The preprocessed data set that all share."""
        return self.project / "data" / "preprocess"

    def trainings(self) -> list[Training]:
        """Return every training that the comparison needs, each once, done or not, in the order of the plan."""
        wanted = [
            self._training(candidate, seed)
            for candidate in self.field.candidates.values()
            for seed in self._seeds()
        ]
        for committee in self.field.committees:
            for index in range(self.seeds):
                for member, seed in self._members(committee, index):
                    wanted.append(self._training(member, seed))
                    wanted += self._unseen(member, seed) if committee.combine == "stacked" else []
        return list({training.folder: training for training in wanted}.values())

    def entries(self) -> list[Entry]:
        """Return everybody who takes part; all trainings have to be done."""
        single = [self._entry(candidate) for candidate in self.field.candidates.values()]
        return [*single, *[self._committee(committee) for committee in self.field.committees]]

    def hearing(self) -> Hearing:
        """Return everybody who takes part beside floors and rivals; all trainings have to be done."""
        return hearing_of(self.entries(), self.project, self.field.left_out)

    def without(self, failed: Mapping[str, str]) -> "Contest":
        """Return the contest without candidates that could not be trained, and committees of them."""
        field = self.field
        candidates = {name: each for name, each in field.candidates.items() if name not in failed}
        left_out, committees = {**field.left_out, **failed}, []
        for committee in field.committees:
            if lost := [member for member in committee.members if member in failed]:
                left_out[committee.name] = f"its member {lost[0]} could not be trained"
            else:
                committees.append(committee)
        return replace(self, field=Field(candidates, committees, left_out))

    def _seeds(self) -> range:
        first = self.config.run.seed
        return range(first, first + self.seeds)

    def _training(self, candidate: Candidate, seed: int, data: Path | None = None) -> Training:
        data = data or self.data
        return training_of(candidate, seed=seed, data=data, home=self.home, project=self.project)

    def _members(self, committee: Committee, index: int) -> Iterator[tuple[Candidate, int]]:
        """Yield the members of the committee of one seed; no training takes part in two of them."""
        for name, count in committee.members.items():
            first = self.config.run.seed + index * count
            for seed in range(first, first + count):
                yield self.field.candidates[name], seed

    def _unseen(self, member: Candidate, seed: int) -> list[Training]:
        """Return the trainings in which each part of the training split is answered without having been seen."""
        home = self.project / ".convoy" / "folds" / sha256(self.data / MANIFEST)[:20]
        folds = write_folds(self.data, home, count=FOLDS, seed=self.config.run.seed)
        return [self._training(member, seed, fold) for fold in folds]

    def _entry(self, candidate: Candidate) -> Entry:
        trainings = [self._training(candidate, seed) for seed in self._seeds()]
        reports = [training.report("analyze") for training in trainings]
        return Entry(
            name=candidate.name,
            role=candidate.role,
            about=candidate.about,
            predictions=[[training.predictions] for training in trainings],
            parameters=reports[0]["parameters"],
            val=[report["val"][self._val(report)] for report in reports],
            times=[times for training in trainings if (times := _times(training)) is not None],
        )

    def _val(self, report: dict[str, Any]) -> str:
        text = verified(self.data, "meta.json").read_text(encoding="utf-8")
        name = VAL[StreamMeta.model_validate_json(text).head]
        return name if name in report["val"] else "loss"

    def _committee(self, committee: Committee) -> Entry:
        tables, members = [], []
        for index in range(self.seeds):
            group = [self._training(member, seed) for member, seed in self._members(committee, index)]
            tables.append([self._together(committee, index, group)])
            members = group
        times = [times for training in members if (times := _times(training)) is not None]
        return Entry(
            name=committee.name,
            role=committee.role,
            about=committee.about,
            predictions=tables,
            parameters=sum(training.report("analyze")["parameters"] for training in members),
            times=self._cost(committee, times) if len(times) == len(members) else [],
        )

    def _cost(self, committee: Committee, members: Sequence[Times]) -> list[Times]:
        """Return what the last committee took: its members, and a stack's trainings on parts, which answer no test."""
        if committee.combine == "mean":
            return [_sum(members)]
        parts = [
            _times(part)
            for member, seed in self._members(committee, self.seeds - 1)
            for part in self._unseen(member, seed)
        ]
        known = [times.model_copy(update={"predict_seconds": 0.0}) for times in parts if times is not None]
        both = _sum([*members, *known]).model_copy(update={"predicted": _sum(members).predicted})
        return [both] if len(known) == len(parts) else []

    def _together(self, committee: Committee, index: int, group: Sequence[Training]) -> Path:
        """Return the answers of a committee, made once and kept under the names of its members."""
        members = [training.folder.name for training in group]
        name = key_of({"members": members, "combine": committee.combine})
        folder = self.home / name / "data" / "analyze"
        if not (folder / MANIFEST).is_file():
            own = [pl.read_parquet(training.predictions) for training in group]
            if committee.combine == "mean":
                answer = mean_answer(own, _thresholds(group))
            else:
                unseen = [
                    pl.concat([pl.read_parquet(part.predictions) for part in self._unseen(member, seed)])
                    for member, seed in self._members(committee, index)
                ]
                answer = stacked_answer(own, unseen, seed=self.config.run.seed)
            with stage_folder(folder) as out:
                write_table(answer, out / PREDICTIONS)
        return folder / PREDICTIONS


def _thresholds(group: Sequence[Training]) -> list[float]:
    """Return the mean threshold of each label; empty where there are no labels, or 0.5 is the threshold."""
    found = [list(training.report("analyze")["thresholds"].values()) for training in group]
    return np.mean(found, axis=0).tolist() if all(found) else []


def _times(training: Training) -> Times | None:
    """Return what a training took, its extractor's included; None where nobody knows."""
    own = next(iter(read_times(training.folder, "analyze").values()), None)
    probe = read_times(training.folder, "extract").get("probe")
    if own is None or probe is None:
        return own
    return own.model_copy(
        update={
            "train_seconds": own.train_seconds + probe.train_seconds,
            "trained": own.trained + probe.trained,
        }
    )


def _sum(times: Sequence[Times]) -> Times:
    return Times(
        train_seconds=sum(time.train_seconds for time in times),
        predict_seconds=sum(time.predict_seconds for time in times),
        predicted=max(time.predicted for time in times),
        trained=sum(time.trained for time in times),
    )
