"""Drawings by their structure: every branch at its fork with its share and its own verdict, nothing cut, nothing outside."""

from __future__ import annotations

import pathlib
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest

from tests import pictures

SVG = "{http://www.w3.org/2000/svg}"


def texts(root: ElementTree.Element, css: str) -> list[str]:
    return [
        text.text or "" for text in root.iter(f"{SVG}text") if css in text.attrib.get("class", "").split()
    ]


ENDS = [
    ("split", ["DELIVERED 200", "NO_CLUSTER 503 NC"], ["51 %", "49 %"]),
    ("denial", ["DIRECT_RESPONSE 403"], []),
    ("mirror", ["DELIVERED 200"], ["10 %", "copied"]),
    ("retry", ["DELIVERED 200"], []),
    ("twelve", ["DELIVERED 200", *["NO_CLUSTER 503 NC"] * 11], ["34 %", *["6 %"] * 11]),
    ("long", ["NO_CLUSTER 503 NC"], []),
]


@pytest.mark.parametrize(("case", "verdicts", "shares"), ENDS, ids=[end[0] for end in ENDS])
def test_every_branch_has_its_share_and_ends_in_its_own_verdict(
    case: str, verdicts: list[str], shares: list[str], tmp_path: pathlib.Path
):
    root = ElementTree.fromstring(pictures.drawn(case, "svg", tmp_path))
    assert texts(root, "v") == verdicts
    assert [text for text in texts(root, "n") if text.endswith("%") or text == "copied"] == shares
    page = pictures.drawn(case, "html", tmp_path).split('<div class="print">')[0]
    assert re.findall(r'verdict end \w+"><b>([^<]+)', page) == verdicts
    assert re.findall('class="share">([^<]+)', page) == ([" ".join(shares)] if case == "mirror" else shares)
    chart = pictures.drawn(case, "mermaid", tmp_path)
    assert len(re.findall(r"^  verdict[0-9]*\(", chart, re.M)) == len(verdicts)


@pytest.mark.parametrize("case", pictures.CASES)
def test_a_drawing_stays_within_its_bounds_and_cuts_nothing(case: str, tmp_path: pathlib.Path):
    text = pictures.drawn(case, "svg", tmp_path)
    root = ElementTree.fromstring(text)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for box in root.iter(f"{SVG}rect"):
        x, y = float(box.attrib.get("x", 0)), float(box.attrib.get("y", 0))
        assert x + float(box.attrib["width"]) <= width
        assert y + float(box.attrib["height"]) <= height
    assert all(float(t.attrib["y"]) <= height for t in root.iter(f"{SVG}text"))
    assert "\N{HORIZONTAL ELLIPSIS}" not in text


@pytest.mark.parametrize("case", pictures.CASES)
def test_boxes_do_not_overlap(case: str, tmp_path: pathlib.Path):
    root = ElementTree.fromstring(pictures.drawn(case, "svg", tmp_path))
    found = [group.find(f"{SVG}rect") for group in root.iter(f"{SVG}g")]
    places = [
        tuple(float(r.attrib[k]) for k in ("x", "y", "width", "height")) for r in found if r is not None
    ]
    for index, (x, y, w, h) in enumerate(places):
        for x2, y2, w2, h2 in places[index + 1 :]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def test_a_name_of_eighty_characters_breaks_at_its_joints_only(tmp_path: pathlib.Path):
    assert len(pictures.LONG) == 80
    root = ElementTree.fromstring(pictures.drawn("long", "svg", tmp_path))
    lines = [line for line in texts(root, "t") if line in pictures.LONG]
    assert "".join(lines) == pictures.LONG
    assert all(line[-1] in ".-|" for line in lines[:-1])
    page = pictures.drawn("long", "html", tmp_path)
    assert "a-<wbr>very-<wbr>long-<wbr>cluster" in page


def test_the_denied_branch_is_red_and_the_split_is_open(tmp_path: pathlib.Path):
    root = ElementTree.fromstring(pictures.drawn("split", "svg", tmp_path))
    ends = [
        g.find(f"{SVG}rect").attrib["class"]
        for g in root.iter(f"{SVG}g")
        if g.attrib.get("class") == "verdict"
    ]
    assert ends == ["good", "bad"]


def test_light_and_dark_and_paper(tmp_path: pathlib.Path):
    assert "prefers-color-scheme:dark" in pictures.drawn("split", "svg", tmp_path)
    page = pictures.drawn("split", "html", tmp_path)
    for rule in ("prefers-color-scheme:dark", "@media print", "max-width:520px", 'name="viewport"'):
        assert rule in page


def test_the_page_is_well_formed(tmp_path: pathlib.Path):
    class Balance(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in ("meta", "wbr"):
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    parser = Balance()
    parser.feed(pictures.drawn("twelve", "html", tmp_path))
    assert parser.open == []
