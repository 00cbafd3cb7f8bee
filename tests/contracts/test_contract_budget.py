"""Five years of the demonstration pass the contracts within a minute and 1.5 GB."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.demo.inputs import write_demo_inputs

SCRIPT = """
import json, resource, sys, time
from pathlib import Path
from pipeline.contracts import examine
from pipeline.landing import find_files, read_file

started = time.perf_counter()
delivery = [read_file(file) for file in find_files([Path(sys.argv[1])])]
examination = examine(delivery, {}, "USD")
print(json.dumps({
    "findings": [finding.message for finding in examination.findings],
    "rows": {kind: frame.height for kind, frame in examination.accepted.items()},
    "seconds": time.perf_counter() - started,
    "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
}))
"""


@pytest.mark.slow
def test_five_years_pass_within_the_budget(tmp_path: Path) -> None:
    folder = tmp_path / "inputs"
    written = write_demo_inputs(folder, "standard").row_counts
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    measured = json.loads(done.stdout)
    assert measured["findings"] == []
    assert sum(measured["rows"].values()) == sum(written.values())
    assert measured["seconds"] < 60
    assert measured["gigabytes"] < 1.5
    assert done.stderr == ""
