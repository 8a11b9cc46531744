"""Which process is meant, whether it still lives, and how a whole group of them is ended."""

import os
import platform
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from pipeline.foundation.errors import MachineError

KILL_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Identity:
    """One process for good: a process id alone is given to another one sooner or later."""

    host: str
    boot: str
    pid: int
    started: str


def identity(pid: int | None = None) -> Identity | None:
    """Return who the process ``pid`` is (without one: this process), or None if there is none."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return Identity(platform.node(), _boot(), process.pid, _started(process))
    except psutil.NoSuchProcess:
        return None


def is_alive(who: Identity) -> bool:
    """Return whether that very process still runs; one on another machine is taken to run."""
    if who.host != platform.node():
        return True
    return who == identity(who.pid)


def end_group(leader: subprocess.Popen[bytes], *, grace_seconds: float) -> None:
    """End every process of the group that ``leader`` leads, and return once none is left.

    A member can outlive its leader by seconds (measured: 1.96 s), and would be a second writer
    beside the next try; so the group is asked, then killed, and watched until it is empty.

    Raises:
        MachineError: A member cannot be killed (it hangs in the kernel, on a dead network disk).
    """
    ask_until = time.monotonic() + grace_seconds
    give_up = ask_until + KILL_PATIENCE_SECONDS
    _signal_group(leader.pid, signal.SIGTERM)
    pause = 0.02
    while group_lives(leader):
        if time.monotonic() > ask_until:
            _signal_group(leader.pid, signal.SIGKILL)
        if time.monotonic() > give_up:
            raise MachineError(
                f"process group {leader.pid} does not end, not even killed; a disk or a device it waits for "
                f"does not answer: look with `ps -o pid,stat,cmd -g {leader.pid}`"
            )
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)


def group_lives(leader: subprocess.Popen[bytes]) -> bool:
    """Return whether the group that ``leader`` leads has a member that is more than a zombie."""
    leader.poll()
    try:
        os.killpg(leader.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return any(_in_group(process, leader.pid) for process in psutil.process_iter(["status"]))


def _in_group(process: psutil.Process, group: int) -> bool:
    try:
        return os.getpgid(process.pid) == group and process.info["status"] != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, PermissionError):
        return False


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


def _boot() -> str:
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else str(int(psutil.boot_time()))


def _started(process: psutil.Process) -> str:
    """Return the start in kernel ticks where there are any: a clock that is set cannot move those."""
    stat = Path(f"/proc/{process.pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return f"{process.create_time():.1f}"
