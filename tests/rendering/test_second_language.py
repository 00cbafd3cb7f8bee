"""A second language is a file: long words, another alphabet and other numbers break no page."""

import re
import shutil
import subprocess
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from pipeline.rendering.document import write_document

from .pdf import flat_text_of, fonts_of
from .sample import make_sample

_CYRILLIC = "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдеёжзийклмнопрстуфхцчшщъыьэюя«»№"
_GERMAN = "ÄÖÜäöüß„“"
_LETTERS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "абцдефгхийклмнопярстуввхузАБЦДЕФГХИЙКЛМНОПЯРСТУВВХУЗ",
)
_KEPT = re.compile(r"(\{[a-z_0-9]+\})")
_LONGER = 1.35  # what German and Russian need beyond English


def stretched(text: str) -> str:
    """Write a text in Cyrillic letters and a third longer, its named places as they were."""
    if not re.search("[A-Za-z]", text):
        return text
    parts = _KEPT.split(text)
    words = "".join(p if _KEPT.fullmatch(p) else p.translate(_LETTERS) for p in parts)
    return words + "н" * min(9, round(len(words) * (_LONGER - 1)))


def as_toml(node: dict[str, object], path: tuple[str, ...] = ()) -> list[str]:
    lines = [f"[{'.'.join(path)}]"] if path else []
    tables = []
    for key, value in node.items():
        if isinstance(value, dict):
            tables += as_toml(value, (*path, key))
        elif isinstance(value, list):
            kept = (*path, key) == ("regulatory", "rules")
            items = [
                v.rsplit("|", 1)[0].translate(_LETTERS) + "|" + v.rsplit("|", 1)[1]
                if kept
                else "|".join(stretched(part) for part in v.split("|"))
                for v in value
            ]
            lines.append(f"{key} = [" + ", ".join(f"'''{i}'''" for i in items) + "]")
        else:
            lines.append(f"{key} = '''{stretched(str(value))}'''")
    return lines + tables


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory, reports: Path) -> Path:
    """Render the sample in a made-up language of Cyrillic letters and decimal commas."""
    folder = tmp_path_factory.mktemp("language")
    copy = folder / "reports"
    shutil.copytree(reports, copy)
    english = tomllib.loads((reports / "wording" / "en.toml").read_text(encoding="utf-8"))
    english["format"] |= {"decimal_point": ",", "thousands_separator": "\u00a0"}
    text = "\n".join(as_toml(english)) + "\n"
    (copy / "wording" / "ru.toml").write_text(text, encoding="utf-8")
    path = folder / "foreign.pdf"
    write_document(replace(make_sample(), language="ru"), copy, path)
    return path


def test_no_word_leaves_its_page(foreign: Path) -> None:
    result = subprocess.run(
        ["pdftotext", "-bbox", str(foreign), "-"], capture_output=True, check=True, text=True
    )
    words = re.findall(
        r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)"',
        result.stdout,
    )
    assert len(words) > 2000
    margin = 20 * 72 / 25.4
    width, height = 595.28, 841.89
    for left, top, right, bottom in (map(float, word) for word in words):
        assert margin - 2 <= left
        assert right <= width - margin + 2
        assert 0 < top < bottom < height


def test_numbers_and_language_are_those_of_the_file(foreign: Path) -> None:
    text = flat_text_of(foreign)
    coverage = f"{make_sample().verdict.coverage_pct:.2f}"
    assert coverage.replace(".", ",") in text
    assert coverage not in text
    assert len(re.findall("[а-яА-Я]{4,}", text)) > 1000
    assert "[U+" not in text.replace("[U+1F600]", "")
    assert all(font.startswith("IBM") for font in fonts_of(foreign))


def test_the_fonts_have_russian_and_german_letters(reports: Path) -> None:
    for path in sorted((reports / "fonts").glob("*.ttf")):
        letters = TTFont(path).getBestCmap()
        assert all(ord(letter) in letters for letter in _CYRILLIC + _GERMAN), path.name
