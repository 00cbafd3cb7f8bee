"""The `marginproof` command from a process that has its libraries loaded already.

Importing Great Expectations takes most of the time of a command on small data; a backfill of twenty
days starts a hundred and more. The server imports once and forks for each command; the command that
Airflow starts is a thin client, which hands over its arguments, environment and output and ends
with the exit code. Everything else is as with the command itself: a process for each, the same
code, the same locks and files.

``python tests/dags/warm_command.py SOCKET``, from the top of the checkout, is the server.
"""

import array
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path

CLIENT = """#!{python} -SE
import array, json, os, signal, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({socket!r})
task = json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode()
outputs = array.array("i", [1, 2])
server.sendmsg([len(task).to_bytes(8, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, outputs)])
server.sendall(task)
answer = server.recv(16)
code = int(answer) if answer else 70
os.kill(os.getpid(), -code) if code < 0 else sys.exit(code)
"""


def write_client(path: Path, server: Path) -> Path:
    """Write the thin client that stands in for the command."""
    path.write_text(CLIENT.format(python=sys.executable, socket=str(server)))
    path.chmod(0o755)
    return path


def receive(connection: socket.socket) -> tuple[list[str], dict[str, str], str, list[int]]:
    handles = array.array("i")
    header, ancillary, _, _ = connection.recvmsg(8, socket.CMSG_LEN(2 * handles.itemsize))
    for _, _, content in ancillary:
        handles.frombytes(content)
    wanted = int.from_bytes(header, "big")
    body = b""
    while len(body) < wanted:
        body += connection.recv(wanted - len(body))
    arguments, environment, folder = json.loads(body)
    return arguments, environment, folder, list(handles)


def run_here(connection: socket.socket) -> None:
    """Run the command in this forked process and end with its exit code."""
    arguments, environment, folder, handles = receive(connection)
    connection.close()
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for target, handle in enumerate(handles, start=1):
        os.dup2(handle, target)
        os.close(handle)
    from pipeline.cli.app import run

    code = 70
    try:
        code = run(arguments)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def is_gone(connection: socket.socket) -> bool:
    """Whether the other end has closed; what the command has not read yet stays for it."""
    try:
        return not connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def import_everything() -> None:
    import great_expectations

    assert great_expectations
    for module in sorted(Path("pipeline").rglob("*.py")):
        name = ".".join(module.with_suffix("").parts).removesuffix(".__init__")
        if not name.endswith("__main__"):
            __import__(name)


def serve(path: str) -> None:
    import_everything()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    running: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([listener, *running.values()], [], [], 0.02)
        for source in ready:
            if source is listener:
                connection, _ = listener.accept()
                pid = os.fork()
                if pid == 0:
                    listener.close()
                    run_here(connection)
                running[pid] = connection
        for pid, connection in list(running.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                connection.send(str(os.waitstatus_to_exitcode(status)).encode())
            elif connection in ready and is_gone(connection):
                # The client is gone: its command ends with it, as at the time limit.
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            else:
                continue
            connection.close()
            del running[pid]


if __name__ == "__main__":
    serve(sys.argv[1])
