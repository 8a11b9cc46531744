"""What `convoy compare` does around its flow: check, hold the project, find a server, tell the end."""

from pathlib import Path

from flows.commands.run import be_quiet_about
from flows.runs.lock import only_run
from flows.server.history import history
from flows.server.outcome import record_of_flow
from flows.showing.journal import complain
from flows.showing.terminal import Terminal
from pipeline.comparison.plan import read_plan
from pipeline.comparison.turns import check_folds
from pipeline.params import read_config


def compare_project(
    project: Path, plan: str | None = None, *, seeds: int | None = None, debug: bool = False
) -> int:
    """Run the flow in this process and return the exit code.

    Args:
        project: Folder with ``params.yaml`` and ``dvc.yaml``.
        plan: Name of a preset, or a file.
        seeds: Trainings of each candidate; None: as the plan says.
        debug: Show Prefect's own lines and tracebacks.

    Raises:
        PipelineError: The comparison could not begin.
    """
    project = project.resolve()
    be_quiet_about(debug)
    with only_run(project, "convoy compare"):
        # A wrong name, or folds that the split does not have, are told before a server starts.
        check_folds(read_plan(plan, project), read_config(project / "params.yaml"))
        with history(project) as wait_until_ready:
            from flows.compare import compare  # Prefect is imported while the server starts

            wait_until_ready()
            record = record_of_flow(project, lambda: compare(str(project), plan, seeds, return_state=True))
            if record.exit_code:
                error = "error in " if record.state == "failed" else ""
                complain(record.message, record.exit_code, prefix=error, run=record.run)
            else:
                Terminal().line("history  convoy ui")
    return record.exit_code
