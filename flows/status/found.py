"""What was found out about a project: the same for a person's page and, as JSON, for programs."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Trouble:
    """Something that needs a person."""

    what: str
    mend: str
    """The next command, or what to do."""


@dataclass(frozen=True)
class Served:
    """A process that serves the project, or did."""

    pid: int
    since: str
    what: str
    state: str
    """``lives``, ``ended`` or ``killed``."""

    ended: str = ""


@dataclass(frozen=True)
class Times:
    """A deployment, as Prefect's server has it."""

    title: str
    when: str
    timezone: str
    next: str | None
    pool: str | None
    """Work pool whose workers run it; None: `convoy serve` does."""

    is_asked_for: bool
    """Whether a process or a worker has asked for its runs lately."""

    late: int
    """Times that passed more than two minutes ago and did not begin."""


@dataclass(frozen=True)
class Schedule:
    """What runs by itself."""

    served: tuple[Served, ...]
    server: str | None
    """Page of the Prefect server that answers; None: none does."""

    told: str
    """Of the server, in one line."""

    times: tuple[Times, ...] = ()
    retrains_on_drift: bool = False


@dataclass(frozen=True)
class Run:
    """The last run of a flow."""

    run: str
    by_schedule: bool
    began: str
    ended: str
    state: str
    """``running``, ``completed``, ``failed``, ``stopped``, ``crashed``."""

    why: str
    """In one line."""

    exit_code: int


@dataclass(frozen=True)
class Data:
    """The data in use, and newer ones that were refused."""

    accepted: str
    version: str | None
    """MD5 that DVC knows them by, as far as it does."""

    told: str
    """Of the gate, in one line; empty: it has not seen them."""

    refused: str | None = None
    """Folder of newer data that did not pass; None: there are none."""

    refused_why: str = ""


@dataclass(frozen=True)
class Champion:
    """The model that is served."""

    version: str
    since: str
    how: str
    model: str
    metric: str
    score: float
    interval: tuple[float, float] | None
    floor: str | None
    """The floor that comes nearest; None: an earlier release wrote none down."""

    floor_score: float | None


@dataclass(frozen=True)
class Challenger:
    """The last model that was held against it."""

    at: str
    promoted: bool
    why: str


@dataclass(frozen=True)
class Prediction:
    """The last prediction."""

    at: str
    told: str
    went_well: bool


@dataclass(frozen=True)
class Drift:
    """The last comparison of new data with those of a model."""

    at: str
    of: str
    model: str
    columns: int
    names: tuple[str, ...]
    alarm: bool
    worse: bool
    open: bool
    """Whether it alarmed, and no model was made since."""


@dataclass(frozen=True)
class Status:
    """All of it."""

    project: str
    path: str
    at: str
    schedule: Schedule
    run: Run | None
    data: Data | None
    champion: Champion | None
    challenger: Challenger | None
    prediction: Prediction | None
    drift: Drift | None
    wrong: tuple[Trouble, ...] = field(default=())
