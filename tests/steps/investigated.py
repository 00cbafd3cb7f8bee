"""A small warehouse with an offset that fails, called margins, collateral and a late correction."""

import csv
import shutil
from pathlib import Path

import pytest

from pipeline.cli.app import run
from pipeline.settings import Settings
from pipeline.steps.investigations import find_investigation
from pipeline.steps.query import open_analyst, run_query
from pipeline.warehouse.known_at import NOW, Moment
from tests.deliveries import declare_test_model, write, write_positions
from tests.steps.trial import BACKTEST, DAYS, deliver_move

LAST = DAYS[43]
CORRECTED = DAYS[40]
KNOWN = DAYS[44]
TEST_MODELS = "short,challenger"


def make_warehouse(home: Path, folder: Path) -> Settings:
    """Load, compute and publish; then correct a price late, compute and publish again.

    The snapshot before the correction stays under the name ``before``.
    """
    declare_test_model(home)
    text = (home / "models" / "short.toml").read_text(encoding="utf-8")
    (home / "models" / "challenger.toml").write_text(
        text.replace('"short"', '"challenger"').replace("95.0", "90.0"), encoding="utf-8"
    )
    first = deliver_move(folder / "first")
    days = [day for day in BACKTEST if day <= LAST]
    write_positions(first, days)
    for name in ("prices-after.csv",):
        rows = (first / name).read_text().splitlines()
        kept = [row for row in rows if not row.startswith(str(KNOWN))]
        (first / name).write_text("\n".join(kept) + "\n")
    write(
        first,
        "margin_called.csv",
        "business_date,account_id,called_amount",
        [f"{day},one,400" for day in days],
    )
    write(
        first,
        "collateral.csv",
        "business_date,account_id,asset,amount,haircut_pct",
        [f"{day},{account},bond,1000,10" for day in days for account in ("one", "two")],
    )
    succeed("load", str(first))
    succeed("backfill", "--from", str(days[0]), "--to", str(LAST))
    settings = Settings(home=home, memory_limit="1GB", models=("short", "challenger"))
    succeed("report", "--as-of", str(LAST), "--output", str(folder / "reported.pdf"))
    shutil.copy(settings.snapshot_path, settings.snapshots / "before.duckdb")
    late = folder / "late"
    prices = {row[1]: float(row[2]) for row in read_prices(first) if row[0] == str(CORRECTED)}
    write(
        late,
        "prices.csv",
        "business_date,instrument_id,settlement_price",
        [f"{CORRECTED},AA,{prices['AA'] + 6}", f"{CORRECTED},BB,{prices['BB']}"],
    )
    succeed("load", str(late), "--known-at", str(KNOWN))
    succeed("backfill", "--from", str(days[0]), "--to", str(LAST))
    return settings


def succeed(*arguments: str) -> None:
    assert run(list(arguments)) == 0


def read_prices(folder: Path) -> list[list[str]]:
    rows: list[list[str]] = []
    for path in sorted(folder.glob("prices*.csv")):
        rows += list(csv.reader(path.read_text().splitlines()))[1:]
    return rows


@pytest.fixture(scope="module")
def investigated(tmp_path_factory):
    """Settings and folder of deliveries of the warehouse, made once a module."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("in")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MARGINPROOF_HOME", str(home))
        patch.setenv("MARGINPROOF_MODELS", TEST_MODELS)
        yield make_warehouse(home, folder), folder


def ask(settings, name, *, moment: Moment = NOW, snapshot=None, **given):
    """Rows of a named question."""
    asked = find_investigation(name)
    texts = {key: str(value) for key, value in given.items()}
    with open_analyst(settings, snapshot, moment) as analyst:
        return run_query(analyst, asked.text, texts, asked.parameters).to_dicts()


def query(settings, text, *, moment: Moment = NOW, snapshot=None, **given):
    """Rows of a query."""
    with open_analyst(settings, snapshot, moment) as analyst:
        return run_query(analyst, text, {k: str(v) for k, v in given.items()}).to_dicts()
