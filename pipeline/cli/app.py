"""The command line: its group, and how a run ends. Each command stands in a module by its use.

Heavy libraries are imported by the step that a command calls, not here.
"""

import errno
import os
import sys

import click

from pipeline import __version__
from pipeline.cli import inspection, investigation, reporting, work
from pipeline.errors import EnvironmentFault, MarginproofError, WrongUse

_FULL_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}


@click.group(no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="marginproof", message="%(prog)s %(version)s")
def app() -> None:
    """Is the margin collected after offsets still enough? Backtest it and report it."""


for _command in (
    *work.COMMANDS,
    *reporting.COMMANDS,
    *inspection.COMMANDS,
    *investigation.COMMANDS,
):
    app.add_command(_command)


def main() -> None:
    """Run the command line; never ends with a traceback for what a user can meet."""
    # Nothing that a command writes is for others, however the umask of its caller stands.
    os.umask(0o027)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments : list of str
        What follows the program's name.
    """
    try:
        code = app.main(args=arguments, prog_name="marginproof", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as help_wanted:
        sys.stderr.write(f"{help_wanted.format_message()}\n")
        code = WrongUse.exit_code
    except click.ClickException as error:
        code = _fail(error.format_message(), WrongUse.exit_code)
    except (click.Abort, KeyboardInterrupt):
        code = _fail("stopped", 130)
    except MarginproofError as error:
        code = _fail(str(error), error.exit_code)
    except BrokenPipeError:
        # The reader of our output went away; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        if error.errno not in _FULL_DISK:
            raise
        code = _fail(f"{error.filename or 'a file'}: {error.strerror}", EnvironmentFault.exit_code)
    return code if isinstance(code, int) else 0


def _fail(sentence: str, code: int) -> int:
    sys.stderr.write(f"marginproof: {' '.join(sentence.split())}\n")
    return code
