#!/bin/sh
# Prepare Airflow once before its services start; may be run again at any time.
set -eu

airflow db migrate

# DuckDB lets one process write: one slot, so that no two writing tasks overlap.
airflow pools set duckdb_writer 1 "The one writer of the warehouse"

# The login of the web page, read from the environment and never from an argument.
python - <<'PYTHON'
import json
import os
from pathlib import Path

file = Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
file.touch(mode=0o600)
file.write_text(json.dumps({"admin": os.environ["AIRFLOW_ADMIN_PASSWORD"]}) + "\n")
PYTHON
