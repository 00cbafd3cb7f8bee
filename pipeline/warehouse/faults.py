"""What the environment does to the warehouse, said in one sentence.

Which faults a query itself has is decided by whoever wrote the query, not here.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from pipeline.errors import EnvironmentFault
from pipeline.settings import Settings

_DISK = re.compile(
    r"No space left on device|Disk quota exceeded|File too large|Read-only file system"
    r"|Input/output error|Could not write"
)
_SPILL = re.compile(r"max_temp_directory_size|temporary directory|offload data")


@contextmanager
def name_faults(settings: Settings) -> Iterator[None]:
    """Turn a full disk or exhausted memory, wherever a statement meets it, into one sentence.

    Parameters
    ----------
    settings : Settings
        Limits and folders that the sentence names.

    Raises
    ------
    EnvironmentFault
        The disk is full or the memory or spill limit is reached; what was committed stays.
    """
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        spill = f" and {settings.temp_limit} of spill space" if _SPILL.search(str(error)) else ""
        msg = (
            f"the work needs more than the {settings.memory_limit} of memory{spill} it may use;"
            " raise MARGINPROOF_MEMORY_LIMIT or MARGINPROOF_TEMP_LIMIT, or do fewer dates at once;"
            " what was committed before stays"
        )
        raise EnvironmentFault(msg) from error
    except duckdb.Error as error:
        reason = _DISK.search(str(error))
        if reason is None:
            raise
        msg = (
            f"the warehouse in {settings.home} cannot be written ({reason[0]}); free space and run"
            " the command again; what was committed before stays"
        )
        raise EnvironmentFault(msg) from error
