"""The page of a fleet: the planted numbers stand on it, drawings stay within their bounds, a browser shows it."""

from __future__ import annotations

import pathlib
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from meshctl.render.fleet_html import Bar, Chart, FleetPage, render
from tests import cli
from tests.unit.fleet.conftest import PROXIES
from tests.unit.trace.test_page import browser

pytest.importorskip("duckdb")


@pytest.fixture(scope="module")
def page(place) -> str:
    done = cli.run("fleet", "report", "--from", place)
    assert done.rc == 0, done.err
    return done.out


def tiles(page: str) -> dict[str, str]:
    return {
        words: number for number, words in re.findall(r'class="tile [^"]*"><b>([^<]+)</b><span>([^<]+)', page)
    }


def test_what_was_planted_is_counted(page):
    found = tiles(page)
    assert found["proxies"] == str(PROXIES)
    assert found["workloads"] == str(PROXIES // 5)
    assert found["certificates that end within 7 days"] == "1"
    assert found["workloads whose replicas differ"] == "2"
    assert found["refused updates"] == "1"
    assert "duplicate listener address: planted" in page
    assert "app8-v1-7c79c4bf97-00000.team8" in page


def test_the_page_needs_nothing_from_outside(page):
    assert not re.search(r"(?:src|href)=|url\(|<script|@import", page)


def test_drawings_are_well_formed_and_within_their_bounds(page):
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) >= 4
    for text in drawings:
        root = ElementTree.fromstring(text)
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        for box in root.iter("rect"):
            x, y, w, h = (float(box.attrib[key]) for key in ("x", "y", "width", "height"))
            assert x >= 0 and y >= 0 and x + w <= width and y + h <= height
        assert all(
            float(one.attrib["x"]) <= width and float(one.attrib["y"]) <= height for one in root.iter("text")
        )


def test_bars_are_as_long_as_their_numbers():
    chart = Chart("t", "w", (Bar("a", 100), Bar("b", 50), Bar("c", 0)))
    found = re.findall(r'<rect [^>]*width="([0-9.]+)"', render(FleetPage("t", "w", (), (chart,), ())))
    whole, half, none = map(float, found)
    assert half == pytest.approx(whole / 2, abs=0.1)
    assert none == 0


def test_names_from_a_dump_are_text_and_no_markup():
    chart = Chart("t", "w", (Bar("<script>alert(1)</script>", 1),))
    assert "<script" not in render(FleetPage("<b>", "&", (), (chart,), ()))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_browser_shows_it_light_and_dark(page, tmp_path: pathlib.Path, dark: bool):
    html, picture = tmp_path / "fleet.html", tmp_path / "fleet.png"
    html.write_text(page)
    scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
    run = [browser(), "--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,1600", *scheme]
    run += [f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={picture}", html.as_uri()]
    subprocess.run(run, check=True, timeout=120, capture_output=True)
    assert picture.stat().st_size > 50_000  # an empty page of this size has a few kilobytes


def test_a_place_that_cannot_be_written_is_told(place, tmp_path):
    done = cli.run("fleet", "report", "--from", place, "-f", str(tmp_path / "nowhere" / "page.html"))
    assert done.rc == 1
    assert "cannot be written" in done.err
