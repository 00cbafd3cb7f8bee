"""Back-test results as ISO 20022 messages: definition (auth.065) and results (auth.066).

Finished numbers become XML here; what they are is decided by the caller. The schemas that describe
the messages are in ``reports/schemas``.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from pipeline.errors import CheckFailed

DEFINITION = "auth.065.001.01"
RESULT = "auth.066.001.01"
_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:{}"
_RATE, _AMOUNT = 10, 5  # decimals
_MOST_DIGITS = 18
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


@dataclass(frozen=True)
class Methodology:
    """One back-tested model.

    Attributes
    ----------
    model_id, issuer : str
        Proprietary identification of the type of model, at most 35 characters each.
    confidence : float
        Confidence that the model is held to, 0 to 1.
    is_clean : bool
        Whether losses leave out trades and payments after the date of the positions.
    description : str
        For the reader, at most 2,000 characters.
    """

    model_id: str
    issuer: str
    confidence: float
    is_clean: bool
    description: str


@dataclass(frozen=True)
class MonthlyResult:
    """Results of one model in one month; amounts in reporting currency, at least 0."""

    observations: int
    exceedances: int
    largest_amount: float
    average_amount: float
    largest_id: str = ""
    largest_description: str = ""


def write_definition(methodologies: Sequence[Methodology]) -> bytes:
    """Write which models are back-tested, and against what.

    Parameters
    ----------
    methodologies : sequence of Methodology
        At least one.

    Returns
    -------
    bytes
        The message auth.065.001.01; the same for the same models.

    Raises
    ------
    CheckFailed
        There is no model.
    """
    if not methodologies:
        raise CheckFailed("the message auth.065 needs at least one model")
    root, report = _start(DEFINITION, "CCPBckTstgDefRpt")
    for method in methodologies:
        node = ET.SubElement(report, "Mthdlgy")
        kind = ET.SubElement(ET.SubElement(node, "RskMdlTp"), "Prtry")
        _add(kind, "Id", _cut(method.model_id, 35))
        _add(kind, "Issr", _cut(method.issuer, 35))
        _add(node, "MdlCnfdncLvl", _decimal(method.confidence, _RATE))
        _add(node, "VartnMrgnCleanInd", "true" if method.is_clean else "false")
        _add(node, "Desc", _cut(method.description, 2000))
    return _finish(root)


def write_results(months: Sequence[MonthlyResult], currency: str, issuer: str) -> bytes:
    """Write the results of one model by month.

    Parameters
    ----------
    months : sequence of MonthlyResult
        Months with observations, ascending; at least one.
    currency : str
        ISO 4217 code of the amounts.
    issuer : str
        Who gave the identifier of the largest exception.

    Returns
    -------
    bytes
        The message auth.066.001.01. Coverage is 1 less exceptions over observations.

    Raises
    ------
    CheckFailed
        There is no month, a month has no observation, or an amount does not fit the message.
    """
    if not months or any(month.observations < 1 for month in months):
        raise CheckFailed("the message auth.066 needs at least one observation in every month")
    if not re.fullmatch("[A-Z]{3}", currency):
        msg = f"the message auth.066 needs an ISO 4217 currency; the reporting one is {currency!r}"
        raise CheckFailed(msg)
    root, report = _start(RESULT, "CCPBckTstgRsltRpt")
    for month in months:
        node = ET.SubElement(report, "MnthlyRslt")
        _add(node, "NbOfObsrvtns", str(month.observations))
        _add(node, "NbOfXcptns", str(month.exceedances))
        _add(node, "Cvrg", _decimal(1.0 - month.exceedances / month.observations, _RATE))
        for name, amount in (
            ("LrgstXcptn", month.largest_amount),
            ("AvrgXcptn", month.average_amount),
        ):
            _add(node, name, _decimal(amount, _AMOUNT)).set("Ccy", currency)
        if month.largest_id:
            largest = ET.SubElement(node, "LrgstXcptnId")
            _add(largest, "Id", _cut(month.largest_id, 256))
            if month.largest_description:
                _add(largest, "Desc", _cut(month.largest_description, 140))
            _add(largest, "Issr", _cut(issuer, 35))
    return _finish(root)


def _start(message: str, name: str) -> tuple[ET.Element, ET.Element]:
    root = ET.Element("Document", xmlns=_NAMESPACE.format(message))
    return root, ET.SubElement(root, name)


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    child = ET.SubElement(parent, name)
    child.text = text
    return child


def _decimal(value: float, decimals: int) -> str:
    """Write a number that is at least 0 with as many decimals as the message has room for."""
    number = Decimal(repr(float(value)))
    room = _MOST_DIGITS - len(f"{number:.0f}")
    if number < 0 or room < 0:
        msg = f"the value {value!r} does not fit an ISO 20022 message"
        raise CheckFailed(msg)
    step = Decimal(1).scaleb(-min(decimals, room))
    rounded = number.quantize(step, ROUND_HALF_EVEN)
    return f"{rounded.normalize():f}"


def _cut(text: str, length: int) -> str:
    """Return a text without characters that XML forbids, no longer than the message allows."""
    return _FORBIDDEN.sub("", text)[:length] or "-"


def _finish(root: ET.Element) -> bytes:
    ET.indent(root)
    body: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return body + b"\n"
