"""The rendering process of a report: reads its data from stdin, writes one PDF, and ends.

``python -m pipeline.rendering.worker TARGET``. How it is asked and answers is in ``process``.
"""

from pathlib import Path

from pipeline.errors import EnvironmentFault
from pipeline.rendering.codec import decode
from pipeline.rendering.document import write_document
from pipeline.rendering.process import answer_request, fixed_environment
from pipeline.resources import resource_path


def _render(text: str, target: Path) -> int:
    data, reports = decode(text), resource_path("reports")
    try:
        with fixed_environment(data.as_of_date, reports / "fonts"):
            return write_document(data, reports, target)
    except OSError as error:
        msg = f"the report could not be written to {target}: {error.strerror or error}"
        raise EnvironmentFault(msg) from error


if __name__ == "__main__":
    answer_request(_render)
