"""``convoy status`` in a shell: one page, JSON, and an exit code, from real files, processes and servers."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from flows.programs.processes import identity
from flows.runs.record import Record, run_folder, write_record
from flows.runs.serving import FOLDER as SERVING
from flows.runs.serving import servings
from flows.showing.outbox import Delivery
from flows.showing.unsent import keep
from flows.watching.history import Entry, append
from pipeline.config import Config
from pipeline.params import params_text
from pipeline.registry.champion import champion_folder, registry_folder
from tests.flows.conftest import CONVOY, wait_until
from tests.flows.registry.conftest import begin
from tests.flows.registry.test_promote import promoted

REFUSED = (
    "validate: 3 rows are wrong; the new data went to /p/.convoy/rejected/power-2026-01-02T0300Z; data stay"
)
HEAVY = ("torch", "pytorch_lightning", "prefect", "great_expectations", "dvc", "scipy", "sklearn")


@pytest.fixture
def power(tmp_path):
    """Return a fresh project, in which nothing has run."""
    folder = tmp_path / "power"
    (folder / ".convoy").mkdir(parents=True)
    sources = {"kind": "csv", "path": "data/raw/power/2026-01-01/power.csv", "time": "time"}
    config = Config.model_validate(
        {
            "sources": sources,
            "preprocessing": {"kind": "windows"},
            "heads": {"kind": "forecast"},
            "extraction": {"kind": "conv1d"},
        }
    )
    (folder / "params.yaml").write_text(params_text(config))
    (folder / "dvc.yaml").write_text("stages: {}\n")
    return folder


def convoy(folder, *words, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "CONVOY"))}
    call = [sys.executable, "-c", "from flows.cli.main import main; main()", "status", *words]
    return subprocess.run(
        call, cwd=folder, env=clean | environment, capture_output=True, text=True, check=False
    )


def status(folder, *words, code=0, **environment):
    """Return what the JSON holds, after its page has said as much."""
    page = convoy(folder, *words, **environment)
    told = convoy(folder, "--json", *words, **environment)
    assert (page.returncode, told.returncode, told.stderr) == (code, code, page.stderr), page.stdout
    content = json.loads(told.stdout)
    assert content["exit_code"] == code
    assert ("nothing needs a person" in page.stdout) == (code == 0)
    assert all(each["what"] in page.stdout and each["mend"] in page.stdout for each in content["wrong"])
    return content


def wrong(folder, *words, **environment):
    [trouble] = status(folder, *words, code=1, **environment)["wrong"]
    return f"{trouble['what']} → {trouble['mend']}"


def ran(folder, number, state="completed", message="", **more):
    """Write the record of a run that this process began."""
    flow = more.pop("flow", "retrain")
    began = f"2026-01-0{number}T03:00:00.000+00:00"
    record = Record(
        f"2026010{number}-030000-run", identity(), "project", f"id-{flow}-{number}", state, message
    )
    record = replace(record, began=began, ended=began, flow=flow, by_schedule=True, **more)
    write_record(run_folder(folder, f"{record.run}-{flow}"), record)


def refused(folder):
    (folder / ".convoy" / "rejected" / "power-2026-01-02T0300Z").mkdir(parents=True)


def compared(**more):
    entry = Entry(kind="predict", model="v1.0.0", data="abc", name="new.csv", rows=100, drift=True, tests=3)
    return entry.model_copy(update={"time": "2026-01-03T03:00:00+00:00", "columns": ("a", "b"), **more})


def test_a_fresh_project_needs_nobody_and_says_what_comes_next(power):
    found = status(power)

    assert [found[name] for name in ("run", "champion", "challenger", "prediction", "drift")] == [None] * 5
    assert found["data"]["accepted"] == "data/raw/power/2026-01-01"
    page = convoy(power).stdout
    assert "none yet (`convoy run`)" in page
    assert "no Prefect server answers" in page
    assert len(page.splitlines()) < 15


def test_outside_of_a_project_it_is_one_sentence(tmp_path):
    done = convoy(tmp_path)

    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {tmp_path} has no params.yaml; go to a project's folder")
    assert (len(done.stderr.splitlines()), done.stdout) == (1, "")


def test_nothing_heavy_is_imported(power):
    append(power, compared(drift=False))
    code = (
        "import sys\nfrom pathlib import Path\nfrom flows.commands.status import show_status\n"
        f"show_status(Path({str(power)!r}))\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert not set(HEAVY) & set(done.stderr.split())


def test_the_last_run_that_failed_is_told_with_its_reason_and_one_that_went_well_after_it_is_not(power):
    ran(power, 2, "failed", "ingest: the file\nis empty", exit_code=3)
    assert wrong(power) == "the last run failed: ingest: the file is empty → convoy run"

    ran(power, 3, "failed", "held by `convoy run`", exit_code=75)
    assert status(power)["run"]["state"] == "failed"  # the next one finds its turn

    ran(power, 4)
    assert status(power)["run"]["began"].startswith("2026-01-04")


def test_a_run_whose_process_is_gone_has_crashed(power):
    gone = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    ran(power, 2, "running", process=identity(gone.pid))
    assert status(power)["run"]["state"] == "running"

    gone.kill()
    gone.wait()

    assert wrong(power).startswith("the last run crashed: its process was killed")


def test_newer_data_that_were_refused_stand_beside_those_in_use(power):
    (power / "data" / "raw" / "power").mkdir(parents=True)
    (power / "data" / "raw" / "power" / "2026-01-01.dvc").write_text(
        f"outs:\n- md5: {'ab' * 16}.dir\n  path: x\n"
    )
    refused(power)
    ran(power, 2, "failed", REFUSED, exit_code=4)

    told = wrong(power)

    assert told.startswith("the last run failed: validate: 3 rows are wrong")
    assert told.endswith("mend the source or quality.yaml")
    data = status(power, code=1)["data"]
    assert (data["version"], data["refused"]) == (
        f"{'ab' * 16}.dir",
        ".convoy/rejected/power-2026-01-02T0300Z",
    )
    assert data["refused_why"] == "validate: 3 rows are wrong"


def test_data_that_were_refused_before_those_in_use_came_are_the_past(power):
    refused(power)
    text = (power / "params.yaml").read_text()
    (power / "params.yaml").write_text(text.replace("power/2026-01-01/", "power/2026-01-03T0300Z/"))

    assert status(power)["data"]["refused"] is None


def test_the_champion_stands_with_score_floor_and_the_last_challenger(power):
    promoted(power, "v1.0.0")
    lead = {"challenger": 0.9, "interval": [0.1, 0.2]}
    floors = [
        {"other": "far", "score": 0.1, "ahead": 0.8, **lead},
        {"other": "majority", "score": 0.7, "ahead": 0.2, **lead},
    ]
    bundle = champion_folder(power)
    (bundle / "blessing.json").write_text(json.dumps({"floors": floors}))
    decision = {"blessed": False, "reason": "accuracy 0.8 against 0.9", "forced": None}
    (registry_folder(power) / "blessing.json").write_text(json.dumps(decision))

    found = status(power)

    champion = found["champion"]
    assert (champion["version"], champion["floor"], champion["floor_score"]) == ("v1.0.0", "majority", 0.7)
    assert (found["challenger"]["promoted"], found["challenger"]["why"]) == (
        False,
        "accuracy 0.8 against 0.9",
    )
    assert "accuracy 0.900; floor majority 0.700" in convoy(power).stdout
    (bundle / "weights.txt").write_text("changed")
    assert wrong(power).endswith("→ convoy rollback v1.0.0")


def test_an_alarm_of_drift_is_open_until_a_run_after_it_went_well(power):
    append(power, compared(drift=False, columns=()))
    assert status(power)["drift"]["alarm"] is False

    append(power, compared())
    assert wrong(power).startswith("new data are not like those of the champion → ")
    found = status(power, code=1)["drift"]
    assert (found["columns"], found["open"]) == (2, True)

    ran(power, 4)
    found = status(power)["drift"]
    assert (found["alarm"], found["open"]) == (True, False)


def test_the_last_prediction_is_that_of_the_schedule_or_the_one_by_hand(power):
    append(power, compared(drift=False))
    assert status(power)["prediction"]["told"] == "new.csv, by v1.0.0: 100 rows"

    ran(power, 4, message="8 samples scored", flow="predict")
    assert status(power)["prediction"]["told"] == "8 samples scored"

    ran(power, 5, "failed", "new.csv does not exist", flow="predict")
    assert wrong(power).startswith("the last prediction failed: new.csv does not exist")


def test_what_stands_in_the_way_is_told_with_the_way_out(power):
    keep(power, "failed", [Delivery("json://host/…", False, "it answered 500")])
    assert wrong(power).endswith("it answered 500 → correct CONVOY_NOTIFY, then: convoy notify --test")
    keep(power, "failed", [Delivery("json://host/…", True)])

    (power / ".dvc" / "tmp").mkdir(parents=True)
    lock = power / ".dvc" / "tmp" / "rwlock"
    lock.write_text(json.dumps({"write": {"data/first": {"pid": 1, "cmd": "dvc repro"}}}))
    assert wrong(power).endswith("a process that is no DVC → convoy doctor --repair")
    lock.unlink()

    (power / "params.yaml").write_text("version: 1\ntraning: {}\n")
    assert wrong(power).endswith("did you mean training? → correct params.yaml")


def test_a_damaged_registry_is_told_and_the_rest_of_the_page_is_there(tmp_path):
    project = begin(tmp_path / "p").project
    (project / "params.yaml").write_text(params_text(Config()))
    registry_folder(project).mkdir(parents=True)
    (registry_folder(project) / "registry.json").write_text("{")

    assert "registry.json is damaged" in wrong(project)


def test_a_server_that_is_named_and_does_not_answer_needs_somebody(power):
    told = wrong(power, PREFECT_API_URL="http://me:secret@127.0.0.1:9/api")

    assert told.startswith("no Prefect server answers at PREFECT_API_URL=http://127.0.0.1:9/api → ")
    assert "secret" not in told


def test_hostile_text_does_nothing_to_a_terminal_and_forges_no_line(power):
    ran(power, 2, "failed", "\x1b]0;pwn\x07\nwrong  forged")
    append(power, compared(name="\x1b[2J\nprediction forged", columns=("\x1b[31m",)))

    for words in ((), ("--json",)):
        done = convoy(power, *words)
        assert done.returncode == 1
        assert not {"\x1b", "\a"} & set(done.stdout)
        assert not [
            line for line in done.stdout.splitlines() if line.startswith(("wrong  forged", "prediction f"))
        ]


def test_who_wants_it_served_is_told_that_nothing_serves_it(power):
    assert status(power)["schedule"]["served"] == []

    assert wrong(power, "--served") == "nothing serves the project → convoy serve --cron LINE"


@pytest.mark.e2e
def test_a_schedule_is_told_while_it_is_served_and_after_it_was_killed(mini):
    words = ["--cron", "0 3 * * 1-5", "--timezone", "Europe/Berlin", "--retrain-on-drift", "6h"]
    process = subprocess.Popen(
        [CONVOY, "serve", *words],
        cwd=mini.folder,
        env=mini.environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until(lambda: [each for each in status_of(mini)["schedule"]["times"] if each["next"]])
        began = time.monotonic()
        found = status_of(mini, "--served")
        seconds = time.monotonic() - began
        append(mini.folder, compared())
        asked = status_of(mini)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    [served], [times] = found["schedule"]["served"], found["schedule"]["times"]
    assert (served["pid"], served["state"]) == (process.pid, "lives")
    assert (times["title"], times["when"], times["timezone"]) == (
        "retrain/mini",
        "at '0 3 * * 1-5'",
        "Europe/Berlin",
    )
    assert times["next"][11:16] in ("01:00", "02:00")  # three in Berlin, in summer and winter
    assert found["exit_code"] == 0
    assert seconds < 30  # 0.8 s on an idle machine
    assert asked["drift"]["open"] and asked["schedule"]["retrains_on_drift"] and asked["exit_code"] == 0
    wait_until(lambda: not mini.processes())

    [trouble, *_] = status_of(mini)["wrong"]

    assert "was killed" in trouble["what"] and str(process.pid) in trouble["what"]
    assert mini.convoy("doctor", "--repair").stdout.count(f"forgot that process {process.pid}") == 1
    assert servings(mini.folder) == []


@pytest.mark.e2e
def test_a_schedule_that_ended_as_it_should_is_told_and_needs_nobody(mini):
    process = subprocess.Popen(
        [CONVOY, "serve", "--every", "1d"], cwd=mini.folder, env=mini.environment, stdout=subprocess.DEVNULL
    )
    wait_until(lambda: list((mini.folder / SERVING).glob("*.json")))
    process.terminate()
    process.wait(60)

    found = status_of(mini)

    assert [each["state"] for each in found["schedule"]["served"]] == ["ended"]
    assert found["wrong"] == []
    assert [each["what"] for each in status_of(mini, "--served")["wrong"]] == ["nothing serves the project"]


def status_of(mini, *words):
    return json.loads(mini.convoy("status", "--json", *words).stdout)
