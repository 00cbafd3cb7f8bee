"""Electronic signatures on a finished report: putting one on, and saying what one is worth.

A signature is appended to the file, so that the rendered bytes stay at its beginning and the PDF
stays archival; nothing is shown on a page. Whether a signatory may sign is not decided here.
"""

import logging
import os
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from pathlib import Path

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigFieldSpec
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import ValidationContext

from pipeline.errors import EnvironmentFault

_FIELD = "Signature"


class SignatureState(StrEnum):
    """What a report's signature is worth."""

    ABSENT = "absent"
    VALID = "valid"
    INVALID = "invalid"


@dataclass(frozen=True)
class SignatureFinding:
    """One signature of a report, or that there is none.

    Attributes
    ----------
    state : SignatureState
        Whether the signature belongs to these bytes and to the certificate it carries.
    sentence : str
        The same for a reader, with the name on the certificate.
    """

    state: SignatureState
    sentence: str


def sign_report(path: Path, signer: SimpleSigner) -> str:
    """Sign a report in its place.

    Parameters
    ----------
    path : Path
        The report; it is replaced at once by the signed one.
    signer : SimpleSigner
        Key and certificate, from `load_signer`.

    Returns
    -------
    str
        Name on the certificate.

    Raises
    ------
    EnvironmentFault
        The signed report cannot be written. The unsigned report stays as it was.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.stem[:80]}-", dir=path.parent)
    part = Path(name)
    try:
        os.fchmod(handle, 0o644)
        with path.open("rb") as unsigned, os.fdopen(handle, "wb") as signed:
            writer = IncrementalPdfFileWriter(unsigned)
            # Certified: other signatures may follow, any other change breaks it.
            metadata = PdfSignatureMetadata(
                field_name=_FIELD, certify=True, docmdp_permissions=MDPPerm.FILL_FORMS
            )
            field = SigFieldSpec(_FIELD)
            result = sign_pdf(writer, metadata, signer, new_field_spec=field)
            signed.write(result.getbuffer())
        part.replace(path)
    except OSError as error:
        msg = f"the signed report cannot be written to {path}: {error.strerror or error}"
        raise EnvironmentFault(msg) from error
    except (SigningError, PdfError) as error:
        msg = f"the report {path} cannot be signed: {error}"
        raise EnvironmentFault(msg) from error
    finally:
        part.unlink(missing_ok=True)
    return str(signer.subject_name)


def load_signer(certificate: Path, passphrase: str | None) -> SimpleSigner:
    """Read key and certificate from a PKCS#12 file.

    Parameters
    ----------
    certificate : Path
        The file.
    passphrase : str or None
        What opens it; None where it has none.

    Raises
    ------
    EnvironmentFault
        The file is missing, is no PKCS#12 file or is not opened by the passphrase.
    """
    try:
        content = certificate.read_bytes()
    except OSError as error:
        msg = f"the certificate file {certificate} cannot be read: {error.strerror or error}"
        raise EnvironmentFault(msg) from error
    secret = passphrase.encode("utf-8") if passphrase else None
    logger = logging.getLogger("pyhanko")
    level = logger.level
    # What it would log is said below, without anything that was handed to it.
    logger.setLevel(logging.CRITICAL + 1)
    try:
        signer: SimpleSigner | None = SimpleSigner.load_pkcs12_data(
            content, other_certs=[], passphrase=secret
        )
    except (ValueError, TypeError, SigningError):
        signer = None
    finally:
        logger.setLevel(level)
    if signer is None:
        msg = (
            f"the certificate file {certificate} is no PKCS#12 file that the passphrase in"
            " MARGINPROOF_SIGNING_PASSPHRASE opens"
        )
        raise EnvironmentFault(msg)
    return signer


def check_signatures(content: bytes) -> tuple[SignatureFinding, ...]:
    """Say what the signatures of a report are worth.

    Parameters
    ----------
    content : bytes
        The PDF.

    Returns
    -------
    tuple of SignatureFinding
        One for each signature, or one that says there is none. Valid means that the signature
        belongs to the certificate it carries and that nothing it covers was changed; whether an
        authority vouches for the certificate is not asked, since no network is used.
    """
    try:
        signatures = list(PdfFileReader(BytesIO(content), strict=False).embedded_signatures)
    except (PdfError, ValueError) as error:
        return (
            SignatureFinding(SignatureState.INVALID, f"the signatures cannot be read: {error}"),
        )
    if not signatures:
        return (SignatureFinding(SignatureState.ABSENT, "the report carries no signature"),)
    return tuple(_check(signature) for signature in signatures)


def _check(signature: EmbeddedPdfSignature) -> SignatureFinding:
    try:
        certificate = signature.signer_cert
        name = certificate.subject.native.get("common_name", certificate.subject.human_friendly)
        context = ValidationContext(trust_roots=[certificate], allow_fetching=False)
        status = validate_pdf_signature(signature, signer_validation_context=context)
        is_sound = status.intact and status.valid and status.docmdp_ok is not False
        is_whole = signature.coverage is not None and status.bottom_line
    except (SignatureValidationError, PdfError, ValueError) as error:
        return SignatureFinding(SignatureState.INVALID, f"the signature cannot be checked: {error}")
    if is_sound and is_whole:
        return SignatureFinding(SignatureState.VALID, f"the signature of {name} is valid")
    why = (
        "the signed bytes were changed" if not status.intact else "the report was changed after it"
    )
    if not status.valid:
        why = "it does not belong to its certificate"
    return SignatureFinding(SignatureState.INVALID, f"the signature of {name} is invalid: {why}")
