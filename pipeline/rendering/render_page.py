"""Renders a page in a process of its own; the caller's never imports the layout library."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from pipeline.rendering.page import Page
from pipeline.rendering.process import run_worker

TIME_LIMIT_SECONDS = 120


def render_page(page: Page) -> bytes:
    """Return a page as PDF, the same bytes for the same page.

    Raises
    ------
    EnvironmentFault
        When the layout libraries are missing or the process was ended.
    """
    request = json.dumps(asdict(page), ensure_ascii=False).encode("utf-8")
    with tempfile.TemporaryDirectory(prefix="page-") as folder:
        target = Path(folder) / "page.pdf"
        run_worker(
            "pipeline.rendering.page_worker",
            request,
            target,
            subject="the page",
            limit_seconds=TIME_LIMIT_SECONDS,
        )
        return target.read_bytes()
