"""The command runner: exit codes, output, and no process left behind, whatever happens."""

import os
import shlex
import signal
import stat
import sys
import time
from pathlib import Path

import pytest
from run_command import CommandOutcome, run_command


def run(
    *arguments: str, time_limit_seconds: float = 30.0, stop_after_seconds: float = 1e9
) -> tuple[CommandOutcome, list[str]]:
    lines: list[str] = []
    started = time.monotonic()
    outcome = run_command(
        arguments,
        time_limit_seconds=time_limit_seconds,
        log=lines.append,
        should_stop=lambda: time.monotonic() - started > stop_after_seconds,
    )
    return outcome, lines


def run_python(code: str, **limits: float) -> tuple[CommandOutcome, list[str]]:
    return run(sys.executable, "-c", code, **limits)


def is_running(pid: int) -> bool:
    """Whether a process is alive; one that waits for init to collect it is not.

    A killed process needs a moment to die.
    """
    for _ in range(40):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        if state == "Z":
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny marginproof on the PATH that prints its arguments and ends with a chosen code."""
    program = tmp_path / "bin" / "marginproof"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        "print('arguments', sys.argv[1:])\n"
        "print('reading', file=sys.stderr)\n"
        "print('The file is empty.', file=sys.stderr)\n"
        "print(file=sys.stderr)\n"
        "sys.exit(int(sys.argv[1]))\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    return program


@pytest.mark.parametrize(
    ("exit_code", "is_success", "is_worth_retrying"),
    [(0, True, False), (1, False, False), (2, False, False), (3, False, True), (9, False, False)],
)
@pytest.mark.usefixtures("stand_in")
def test_exit_codes(exit_code: int, is_success: bool, is_worth_retrying: bool) -> None:
    outcome, lines = run("marginproof", str(exit_code))
    assert outcome.exit_code == exit_code
    assert outcome.is_success is is_success
    assert outcome.is_worth_retrying is is_worth_retrying
    assert outcome.failure == "The file is empty."
    assert {f"arguments ['{exit_code}']", "reading", "The file is empty."} <= set(lines)


@pytest.mark.usefixtures("stand_in")
def test_arguments_reach_the_command_as_they_are(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    attack = f"2026-01-05; touch {shlex.quote(str(victim))} $(id) `id` | & ' \" * ~"
    _, lines = run("marginproof", "0", attack)
    assert f"arguments {['0', attack]!r}" in lines
    assert not victim.exists()


def test_silent_failure_still_gets_a_sentence() -> None:
    outcome, _ = run_python("raise SystemExit(4)")
    assert outcome.failure.endswith("-c failed with exit code 4.")


def test_command_that_is_not_installed() -> None:
    outcome, _ = run("marginproof-nowhere", "load")
    assert outcome.failure == (
        "The command marginproof-nowhere is not installed where this task runs."
    )
    assert not outcome.is_success
    assert not outcome.is_worth_retrying


def test_death_by_signal_is_the_environment() -> None:
    outcome, _ = run_python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert outcome.exit_code == -signal.SIGKILL
    assert outcome.failure.endswith("was ended by signal SIGKILL.")
    assert outcome.is_worth_retrying


def test_output_arrives_whole_and_in_order() -> None:
    code = (
        "import sys\n"
        "for i in range(20000): print('line', i)\n"
        "sys.stdout.flush()\n"
        "sys.stderr.buffer.write(b'\\xff broken\\r50 %\\r100 %\\nno line end')\n"
    )
    outcome, lines = run_python(code)
    assert outcome.is_success
    assert [line for line in lines if line.startswith("line")] == [
        f"line {i}" for i in range(20000)
    ]
    assert [line for line in lines if not line.startswith("line")] == [
        "\ufffd broken",
        "50 %",
        "100 %",
        "no line end",
    ]
    assert outcome.sentence == "no line end"


def test_lines_are_passed_on_while_the_command_runs() -> None:
    seen: list[float] = []
    run_command(
        [sys.executable, "-c", "import time; print('now', flush=True); time.sleep(1.5)"],
        time_limit_seconds=30,
        log=lambda _: seen.append(time.monotonic()),
    )
    assert time.monotonic() - seen[0] > 1.0


def test_input_is_empty() -> None:
    # In a task stdin is the channel to Airflow's supervisor: a command must not read from it.
    outcome, lines = run_python("import sys; print(repr(sys.stdin.read()))")
    assert outcome.is_success
    assert lines == ["''"]


# A command that ignores SIGTERM and has a child that does so too, both asleep.
_STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child:
    print(os.getpid(), child, os.getpgid(0), flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("limits", [{"time_limit_seconds": 1.0}, {"stop_after_seconds": 1.0}])
def test_limit_and_stop_end_the_whole_group(limits: dict[str, float]) -> None:
    started = time.monotonic()
    outcome, lines = run_python(_STUBBORN, **limits)
    took = time.monotonic() - started
    leader, child, group = map(int, lines[0].split())
    assert group == leader
    assert group != os.getpgid(0)
    assert not is_running(leader)
    assert not is_running(child)
    # A second, three of grace, then SIGKILL: before Airflow's supervisor would kill this task.
    assert 1.0 <= took < 8.0
    assert not outcome.is_success
    assert outcome.is_timed_out is ("time_limit_seconds" in limits)
    assert outcome.is_stopped is ("stop_after_seconds" in limits)


def test_time_limit_says_so_and_is_not_retried() -> None:
    outcome, _ = run_python("import time; time.sleep(600)", time_limit_seconds=0.5)
    assert outcome.failure.endswith(
        "passed its time limit of 0.5 seconds and was ended with all its processes."
    )
    assert not outcome.is_worth_retrying


def test_stopped_command_may_run_again() -> None:
    outcome, _ = run_python("import time; time.sleep(600)", stop_after_seconds=0.5)
    assert outcome.failure.endswith("was asked to stop before it was done.")
    assert outcome.is_worth_retrying


def test_command_may_tidy_up_at_its_limit() -> None:
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    print('rolled back', flush=True)\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)\n"
    )
    outcome, lines = run_python(code, time_limit_seconds=1.0)
    assert lines == ["ready", "rolled back"]
    assert outcome.is_timed_out
    assert not outcome.is_success


def test_child_that_outlives_its_command_is_ended() -> None:
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True)\n"
    )
    started = time.monotonic()
    outcome, lines = run_python(code)
    assert outcome.is_success
    assert not is_running(int(lines[0]))
    assert time.monotonic() - started < 10.0


def test_exception_while_waiting_ends_the_group() -> None:
    pids: list[int] = []

    def interrupt(line: str) -> None:
        pids.append(int(line))
        raise InterruptedError

    with pytest.raises(InterruptedError):
        run_command(
            [
                sys.executable,
                "-c",
                "import os, time; print(os.getpid(), flush=True); time.sleep(600)",
            ],
            time_limit_seconds=30,
            log=interrupt,
        )
    assert not is_running(pids[0])
