"""Progress for people: a bar on a terminal, plain lines elsewhere, nothing in machine output."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


def say(sentence: str) -> None:
    """Write one line for the person who runs the command, to stderr."""
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


@contextmanager
def track_progress(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Show the progress of ``total`` equal pieces of work.

    Yields
    ------
    callable
        To be called after each piece.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        say(f"{what}: {total}")
        yield lambda: None
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    ) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)
