"""What is left to do: folds without data, candidates without a training."""

from collections.abc import Sequence

from flows.comparing.pace import Pace
from flows.comparing.tasks import Journey, prepare_turn, train
from flows.comparing.telling import left_out
from flows.runs.runner import StageError
from pipeline.comparison.config import OWN
from pipeline.comparison.contest import Contest
from pipeline.comparison.trainings import Training
from pipeline.comparison.turns import Turn


def prepare_all(turns: Sequence[Turn], journey: Journey) -> None:
    """Make what each fold needs; the project's own stages have made that of its own.

    Raises:
        PipelineError: A stage ended with an error, or the run was stopped.
    """
    others = [turn for turn in turns if turn.project != turn.origin]
    journey.terminal.plan([turn.name for turn in others])
    journey.live.plan([turn.name for turn in others])
    for turn in others:
        prepare_turn(turn.name, turn, journey)


def train_all(contests: Sequence[Contest], journey: Journey) -> dict[str, str]:
    """Train whatever has not been trained; return the candidates whose training failed, with the reason.

    One that fails does not end the comparison, unless it is the project's own model; of several folds, it takes part
    in none.

    Raises:
        PipelineError: The project's own model cannot be trained, or the run was stopped.
    """
    wanted = [(each.turn, training) for each in contests for training in each.trainings()]
    names = [_unlike(training, turn) for turn, training in wanted]
    trainings = [training for _, training in wanted]
    journey.terminal.plan(names)
    journey.live.plan(names)
    waiting = [training for training in trainings if not training.is_done]
    journey.terminal.line(f"{len(trainings)} trainings, {len(trainings) - len(waiting)} of them done before")
    absent = {name: reason for each in contests for name, reason in each.field.left_out.items()}
    for candidate, reason in absent.items():
        journey.terminal.line(left_out(candidate, reason))
    failed: dict[str, str] = {}
    pace = Pace()
    for name, training in zip(names, trainings, strict=True):
        if training.candidate in failed:
            continue
        waiting = [each for each in waiting if not each.is_done and each.candidate not in failed]
        try:
            run = train(name, training, journey, pace.told(len(waiting)))
        except StageError as error:
            if training.candidate == OWN:
                raise
            failed[training.candidate] = str(error)
            journey.terminal.line(left_out(training.candidate, str(error)))
        else:
            pace.went(run)
    return failed


def _unlike(training: Training, turn: str) -> str:
    """Return the name of a training; those on a part of the data say which."""
    part = training.data.parent.name
    told = [training.name, turn, _part(part) if part.startswith("fold-") else ""]
    return ", ".join(word for word in told if word)


def _part(folder: str) -> str:
    """Return ``part 1 of 5`` for ``fold-0-of-5``: people count from one, and call the split's own folds so."""
    _, number, _, count = folder.split("-")
    return f"part {int(number) + 1} of {count}"
