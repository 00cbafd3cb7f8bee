"""Run one command in a process group of its own, under a time limit that ends the whole group.

Only process handling belongs here: no Airflow, no knowledge of what the command does beyond the
exit codes that Marginproof documents. The arguments are a list and no shell is involved. The
command's output is read by the calling thread itself, so nothing of ours holds a lock when Airflow
forks or signals.
"""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

EXIT_ENVIRONMENT = 3
"""Exit code of a fault of the environment (lock held, disk full), the only one worth a retry."""

EXIT_NOT_FOUND = 127

_POLL_SECONDS = 0.2
_READ_BYTES = 65536
# Airflow's supervisor kills a task five seconds after asking it to end: be done before that.
_GRACE_SECONDS = 3.0
# An escaped grandchild can hold the output open after the command ended: do not wait for it.
_DRAIN_SECONDS = 2.0


@dataclass(frozen=True)
class CommandOutcome:
    """How a command ended.

    Attributes
    ----------
    name : str
        The command as a reader knows it, for messages: program and first argument.
    exit_code : int
        The exit code; negative for the signal that ended the command.
    sentence : str
        The last line the command wrote to stderr, empty if it wrote none.
    time_limit_seconds : float
        The limit the command ran under.
    is_timed_out : bool
        Whether the time limit ended it.
    is_stopped : bool
        Whether a stop request ended it.
    answer : str
        The last line the command wrote to stdout, empty if it wrote none.
    """

    name: str
    exit_code: int
    sentence: str
    time_limit_seconds: float
    is_timed_out: bool = False
    is_stopped: bool = False
    answer: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the command did its work."""
        return self.exit_code == 0 and not self.is_timed_out and not self.is_stopped

    @property
    def is_worth_retrying(self) -> bool:
        """Whether the same command may succeed later without anybody changing anything."""
        if self.is_timed_out:
            return False
        return self.is_stopped or self.exit_code == EXIT_ENVIRONMENT or self.exit_code < 0

    @property
    def failure(self) -> str:
        """One sentence that says why the command failed."""
        if self.is_timed_out:
            return (
                f"{self.name} passed its time limit of {self.time_limit_seconds:g} seconds and was "
                "ended with all its processes."
            )
        if self.is_stopped:
            return f"{self.name} was asked to stop before it was done."
        if self.exit_code < 0:
            return f"{self.name} was ended by signal {_signal_name(-self.exit_code)}."
        return self.sentence or f"{self.name} failed with exit code {self.exit_code}."


def run_command(
    arguments: Sequence[str],
    *,
    time_limit_seconds: float,
    log: Callable[[str], None],
    should_stop: Callable[[], bool] = lambda: False,
    environment: Mapping[str, str] | None = None,
) -> CommandOutcome:
    """Run a command to its end, its time limit or a stop request, and pass on what it prints.

    Whatever way it ends, every process left in its group has been killed when this returns or
    raises.

    Parameters
    ----------
    arguments : sequence of str
        Program and arguments; handed to the system as they are, never to a shell.
    time_limit_seconds : float
        Wall time after which the whole process group is ended.
    log : callable
        Receives each line of stdout and stderr, without its line end.
    should_stop : callable, optional
        Asked several times a second; when it says yes, the command is ended as at the time limit.
    environment : mapping, optional
        The command's environment; by default that of this process.

    Returns
    -------
    CommandOutcome
        Exit code, last line of stderr, and whether the limit or a stop request ended it.
    """
    name = " ".join([os.path.basename(arguments[0]), *arguments[1:2]])  # noqa: PTH119
    try:
        process = subprocess.Popen(
            list(arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=None if environment is None else dict(environment),
            start_new_session=True,
        )
    except FileNotFoundError:
        missing = f"The command {arguments[0]} is not installed where this task runs."
        return CommandOutcome(name, EXIT_NOT_FOUND, missing, time_limit_seconds)

    sentence = ""
    answer = ""

    def answered(line: str) -> None:
        nonlocal answer
        answer = line.strip() or answer
        log(line)

    def keep(line: str) -> None:
        nonlocal sentence
        sentence = line.strip() or sentence
        log(line)

    output = _Output()
    try:
        output.add(process.stdout, answered)
        output.add(process.stderr, keep)
        is_timed_out, is_stopped = _wait(process, output, time_limit_seconds, should_stop)
    finally:
        _end_group(process, output)
        output.close()
    return CommandOutcome(
        name,
        process.returncode,
        sentence,
        time_limit_seconds,
        is_timed_out,
        is_stopped,
        answer,
    )


def _wait(
    process: subprocess.Popen[bytes],
    output: "_Output",
    time_limit_seconds: float,
    should_stop: Callable[[], bool],
) -> tuple[bool, bool]:
    """Pass output on until the command ends; say whether the limit or a stop request came first."""
    deadline = time.monotonic() + time_limit_seconds
    while process.poll() is None:
        if should_stop():
            return False, True
        if time.monotonic() >= deadline:
            return True, False
        output.pass_on(_POLL_SECONDS)
    return False, False


def _end_group(process: subprocess.Popen[bytes], output: "_Output") -> None:
    """End what is left of the group, politely first, and read the output to its end."""
    if process.poll() is None:
        _signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            output.pass_on(_POLL_SECONDS)
    # Also after a good end: a child that outlives its command would keep the warehouse locked.
    _signal_group(process, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + _DRAIN_SECONDS
    while output.is_open and time.monotonic() < deadline:
        output.pass_on(_POLL_SECONDS)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal the command's group, whose id is the command's own since it leads its session."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def _signal_name(number: int) -> str:
    """Return the name of a signal, or its number where it has none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


class _Output:
    """The command's two streams, read as bytes arrive and passed on by whole lines."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._pending: dict[int, bytes] = {}

    @property
    def is_open(self) -> bool:
        """Whether a stream may still bring something."""
        return bool(self._selector.get_map())

    def add(self, stream: IO[bytes] | None, receive: Callable[[str], None]) -> None:
        """Read a stream from now on and hand its lines to a receiver."""
        if stream is None:
            msg = "the command was started without a pipe for its output"
            raise RuntimeError(msg)
        os.set_blocking(stream.fileno(), False)
        self._selector.register(stream, selectors.EVENT_READ, receive)
        self._pending[stream.fileno()] = b""

    def pass_on(self, timeout_seconds: float) -> None:
        """Wait for output at most so long and pass on the lines that are complete."""
        if not self.is_open:
            time.sleep(timeout_seconds)
            return
        for key, _ in self._selector.select(timeout_seconds):
            chunk = os.read(key.fd, _READ_BYTES)
            if not chunk:
                self._finish(key)
                continue
            *lines, rest = (self._pending[key.fd] + chunk).replace(b"\r", b"\n").split(b"\n")
            for line in lines:
                key.data(line.decode("utf-8", errors="replace"))
            self._pending[key.fd] = rest

    def close(self) -> None:
        """Pass on what is pending and close both streams."""
        for key in list(self._selector.get_map().values()):
            self._finish(key)
        self._selector.close()

    def _finish(self, key: selectors.SelectorKey) -> None:
        rest = self._pending.pop(key.fd)
        self._selector.unregister(key.fileobj)
        if not isinstance(key.fileobj, int):
            key.fileobj.close()  # type: ignore[attr-defined]
        if rest:
            key.data(rest.decode("utf-8", errors="replace"))
