"""A report of one member or account shows nothing of any other, in its text and in its annex."""

import json

import pytest

from pipeline.errors import WrongUse
from pipeline.steps.report_scope import ReportLevel, ReportScope, safe_name
from tests.deliveries import write
from tests.rendering.pdf import attachments_of, flat_text_of
from tests.steps.trial import BACKTEST, backfill, deliver_move, read_rows


@pytest.fixture
def two_members(short_model, marginproof, tmp_path):
    folder = deliver_move(tmp_path / "in")
    write(
        folder,
        "accounts.csv",
        "account_id,member_id,account_type",
        ["one,ALPHA MEMBER/1,house", "two,BETA-MEMBER,client_individual"],
    )
    positions = next(folder.glob("positions*.csv"))
    text = positions.read_text(encoding="utf-8")
    text = text.replace(",one,", ",acct-alpha,").replace(",two,", ",acct-beta,")
    positions.write_text(text, encoding="utf-8")
    accounts = folder / "accounts.csv"
    accounts.write_text(
        accounts.read_text(encoding="utf-8")
        .replace("one,", "acct-alpha,")
        .replace("two,", "acct-beta,"),
        encoding="utf-8",
    )
    assert marginproof("load", folder)[0] == 0
    backfill(marginproof)
    return marginproof


def written(marginproof, *options):
    code, out, err = marginproof("report", "--as-of", BACKTEST[-1], "--json", *options)
    assert code == 0, err
    return json.loads(out)


def test_member_and_account_reports_show_their_own_accounts_alone(two_members, home):
    firm = written(two_members)
    totals = []
    for options, own, other in (
        (("--scope", "member", "--id", "ALPHA MEMBER/1"), "acct-alpha", "beta"),
        (("--scope", "account", "--id", "acct-beta"), "acct-beta", "alpha"),
    ):
        answer = written(two_members, *options)
        path = home / "reports" / answer["pdf"].rsplit("/", 1)[-1]
        assert str(path) == answer["pdf"]
        text = flat_text_of(path)
        assert own in text
        assert other not in text.lower()
        for name, content in attachments_of(path).items():
            assert other.encode() not in content.lower(), name
        totals.append(answer["verdict"])
    assert sum(v["observations"] for v in totals) == firm["verdict"]["observations"]
    assert sum(v["exceedances"] for v in totals) == firm["verdict"]["exceedances"] > 0


def test_an_unknown_scope_is_one_sentence(two_members):
    code, _, err = two_members(
        "report", "--as-of", BACKTEST[-1], "--scope", "member", "--id", "nobody"
    )
    assert code == 2
    assert "knows no member 'nobody'" in err
    assert "Traceback" not in err


def test_a_scope_names_somebody_and_the_firm_nobody():
    with pytest.raises(WrongUse, match="needs --id"):
        ReportScope(ReportLevel.MEMBER)
    with pytest.raises(WrongUse, match="takes no --id"):
        ReportScope(ReportLevel.FIRM, "x")


def test_file_names_are_safe_and_different():
    hostile = ["../../etc/passwd", "a/b", "a_b", "a b", "x" * 300, "клиент", ""]
    names = [safe_name(text) for text in hostile]
    assert len(set(names)) == len(names)
    assert all(len(name) < 60 and not set(name) & set("/\\. :") for name in names)


def test_one_exceedance_is_told_in_a_report_of_its_own(two_members, home):
    row = read_rows(
        two_members,
        "FROM out_exceptions WHERE track = 'core_model' AND mpor_days = 1 AND is_exceedance"
        " AND account_id = 'acct-alpha' ORDER BY shortfall_amount DESC LIMIT 1",
    )[0]
    code, out, err = two_members(
        "report", "--as-of", BACKTEST[-1], "--exception", row["exception_id"], "--json"
    )
    assert code == 0, err
    answer = json.loads(out)
    assert answer["pages"] <= 5
    path = home / "reports" / f"exception-{row['exception_id']}.pdf"
    text = flat_text_of(path)
    for shown in (row["exception_id"], "acct-alpha", f"{row['shortfall_amount']:,.0f}"):
        assert shown in text
    for heading in ("What happened", "Netting tree", "Positions", "Realised path", "Status"):
        assert heading in text
    assert "beta" not in text
    code, _, err = two_members("report", "--as-of", BACKTEST[-1], "--exception", "none")
    assert code == 2
    assert "no exception 'none'" in err
