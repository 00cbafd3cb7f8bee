"""A signed report validates, stays archival, and keeps its secret to itself."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from pipeline.errors import EnvironmentFault
from pipeline.rendering.printed import read_printed
from pipeline.rendering.render import RenderedReport
from pipeline.rendering.signature import (
    SignatureState,
    check_signatures,
    load_signer,
    sign_report,
)
from pipeline.settings import load_settings

SECRET = "only the officer knows"  # noqa: S105


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A. Officer")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("key") / "officer.p12"
    encryption = BestAvailableEncryption(SECRET.encode())
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"x", key, made, None, encryption))
    return path


@pytest.fixture(scope="module")
def signed(
    rendered: RenderedReport, certificate: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("signed") / "adequacy.pdf"
    path.write_bytes(rendered.path.read_bytes())
    assert sign_report(path, load_signer(certificate, SECRET)) == "A. Officer"
    return path


def test_a_signed_report_validates_and_begins_with_the_unsigned_bytes(
    rendered: RenderedReport, signed: Path
) -> None:
    (finding,) = check_signatures(signed.read_bytes())
    assert finding.state is SignatureState.VALID
    assert finding.sentence == "the signature of A. Officer is valid"
    assert signed.read_bytes().startswith(rendered.path.read_bytes())
    assert read_printed(signed) == read_printed(rendered.path)


def test_an_independent_reader_accepts_the_signature(signed: Path) -> None:
    result = subprocess.run(["pdfsig", str(signed)], capture_output=True, text=True, check=False)
    assert "Signature is Valid." in result.stdout
    assert "Total document signed" in result.stdout


def test_a_signed_report_stays_archival(signed: Path) -> None:
    with pikepdf.open(signed) as pdf:
        assert b'pdfaid:part="3"' in pdf.Root.Metadata.read_bytes()
        assert "/StructTreeRoot" in pdf.Root
        assert len(pdf.Root.AF) == len(pdf.attachments)
        (field,) = pdf.Root.AcroForm.Fields
        # No picture is needed where nothing is shown, and the archival rule asks for Print.
        assert [float(x) for x in field.Rect] == [0, 0, 0, 0]
        assert int(field.F) & 4
        assert "/NeedAppearances" not in pdf.Root.AcroForm


def test_an_unsigned_report_says_so(rendered: RenderedReport) -> None:
    (finding,) = check_signatures(rendered.path.read_bytes())
    assert finding.state is SignatureState.ABSENT


def test_changed_bytes_and_later_changes_break_the_signature(signed: Path, tmp_path: Path) -> None:
    content = bytearray(signed.read_bytes())
    content[content.index(b"stream") + 100] ^= 1
    (finding,) = check_signatures(bytes(content))
    assert finding.state is SignatureState.INVALID
    assert finding.sentence.endswith("the signed bytes were changed")
    with pikepdf.open(signed) as pdf:
        pdf.save(tmp_path / "saved.pdf")
    (finding,) = check_signatures((tmp_path / "saved.pdf").read_bytes())
    assert finding.state is SignatureState.INVALID


def test_a_file_appended_after_the_signature_breaks_it(signed: Path) -> None:
    content = signed.read_bytes()
    appended = content + content[content.rindex(b"xref") :].replace(b"/Root", b"/Info", 1)
    states = {finding.state for finding in check_signatures(appended)}
    assert SignatureState.VALID not in states


@pytest.mark.parametrize("passphrase", ["wrong", None])
def test_a_key_that_does_not_open_is_one_sentence_without_the_passphrase(
    certificate: Path, passphrase: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(EnvironmentFault, match="MARGINPROOF_SIGNING_PASSPHRASE opens") as caught:
        load_signer(certificate, passphrase)
    assert "wrong" not in str(caught.value)
    assert not caplog.records


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match=r"none\.p12 cannot be read"):
        load_signer(tmp_path / "none.p12", None)


def test_the_passphrase_shows_nowhere(
    signed: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARGINPROOF_SIGNING_P12", str(certificate))
    monkeypatch.setenv("MARGINPROOF_SIGNING_PASSPHRASE", SECRET)
    settings = load_settings()
    assert settings.signing_passphrase == SECRET
    assert settings.signing_p12 == certificate
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings)
    assert SECRET.encode() not in signed.read_bytes()
