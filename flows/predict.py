"""The flow of predictions: one file for each time, nothing where neither input nor model has changed."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run as this_flow_run
from prefect.states import Cancelled, Completed, Failed

from flows.programs.environment import be_quiet
from flows.registry.lacking import no_champion
from flows.runs.predicted import Predicted, input_fingerprint
from flows.runs.record import Record, Recorder, keep_failure, new_record
from flows.runs.retention import prune
from flows.runs.secret_input import in_full, without
from flows.server.dead import NO_RECORD_YET, settle_dead_runs, settle_untold
from flows.server.history import history_name
from flows.server.late import MESSAGE as MISSED
from flows.server.late import moment_of
from flows.server.served import end_with_server
from flows.showing.ending import say_end
from flows.showing.notify import notify, notify_crashed
from flows.versions.named import time_name
from flows.watching.artifact import publish_drift
from flows.watching.heard import heard_predictions
from pipeline.command import as_told
from pipeline.foundation.errors import DataError
from pipeline.foundation.folder import MANIFEST, sha256
from pipeline.params import read_config
from pipeline.registry.champion import champion_folder

FLOW = "predict"
DRIFT = "drift"
"""Tag of a run whose rows or answers are not like those of training."""


@flow(name=FLOW, persist_result=False)
def predict(
    source: str,
    out: str,
    project: str = ".",
    model: str | None = None,
    every: bool = False,
    as_of: str | None = None,
    missed: str = "all",
) -> State[Any]:
    """Predict what is there into a file of its own; nothing where neither input nor model has changed.

    Args:
        source: File, folder, pattern or URL of data like those that were trained on; a path is relative to the project.
            Of a URL that ends in ``?…`` the rest is a secret, and stands in ``CONVOY_INPUT``.
        out: Folder of the files, one for each time, named after it; relative to the project.
        project: Folder with params.yaml and dvc.yaml.
        model: Folder of a model; without: the champion.
        every: Series in windows: a prediction at every step, not only at the last one of each group.
        as_of: The time that this run stands for, with its zone; without: when it was to begin.
        missed: Of times that passed while nothing served the project, what is made up for: none, newest or all.
    """
    be_quiet()
    end_with_server()
    folder, place = Path(project).resolve(), source
    try:
        moment = moment_of(as_of, missed)
        if moment is None:
            return Cancelled(message=MISSED)
        place = in_full(source, folder)
        if model is None and (lack := no_champion(folder)) is not None:
            return say_end(Cancelled(message=lack))
        known = Predicted(folder, source=source, out=folder / out, every=every)
        told = _recorded(folder, moment, known, place=place, model=model)
    except Exception as error:
        failure = as_told(error)
        sentence = without(str(failure).removeprefix("sources.path="), place)
        keep_failure(folder, _new(folder), sentence, failure.exit_code)
        get_run_logger().error(sentence)
        notify(folder, "failed", sentence)
        return say_end(Failed(message=sentence))
    get_run_logger().info(told)
    return say_end(Completed(message=told))


def _recorded(project: Path, as_of: datetime, known: Predicted, *, place: str, model: str | None) -> str:
    server = history_name(project)
    notify_crashed(project, settle_dead_runs(project, server))
    settle_untold(project, UUID(str(this_flow_run.id)), flows=(FLOW,), patience=NO_RECORD_YET)
    with Recorder(project, _new(project)) as recorder:
        bundle = champion_folder(project) if model is None else project / model
        told = _predicted(known, place, bundle, _file(known.out, as_of))
        recorder.end("completed", told, 0)
    prune(project, read_config(project / "params.yaml").flow.keep_runs)
    return told


def _new(project: Path) -> Record:
    run, server = this_flow_run, history_name(project)
    return new_record(str(run.name), server=server, flow_run_id=str(run.id), flow=FLOW)


def _file(out: Path, as_of: datetime) -> Path:
    return out / f"{time_name(as_of)}.parquet"


def _predicted(known: Predicted, place: str, bundle: Path, file: Path) -> str:
    """Predict where something is new, and return what became of it.

    Args:
        known: What was predicted last.
        place: The input, in full.
        bundle: The model.
        file: Where the predictions go.

    Raises:
        DataError: Not one sample could be scored; the file holds the reasons.
    """
    from pipeline.stages import predict as stage  # it brings torch along

    project = known.project
    found = input_fingerprint(place, project, bundle)
    by = sha256(bundle / MANIFEST) if (bundle / MANIFEST).is_file() else ""
    if (same := known.unchanged(found, by)) is not None:
        return f"nothing new: {same} holds the predictions of this input by this model"
    file.parent.mkdir(parents=True, exist_ok=True)
    report = stage.predict(place, file, bundle, project=project, every=known.every)
    if not report.scored:
        raise DataError(f"not one sample could be scored; {file} holds the reasons")
    if (same := known.equal_answers(file)) is not None:
        return f"nothing new: the answers are those in {same}"
    known.keep(found, by, file)
    heard_predictions(project, file, bundle, run=str(this_flow_run.name))
    publish_drift(project)
    if report.drifted:
        _tag(DRIFT)
    return f"{report.summary}: {bundle.name} → {file}; {report.drift}"


def _tag(tag: str) -> None:
    """Let the run be found by a tag in Prefect's pages."""
    with get_client(sync_client=True) as client:
        tags = set(client.read_flow_run(this_flow_run.id).tags) | {tag}
        client.update_flow_run(this_flow_run.id, tags=sorted(tags))
