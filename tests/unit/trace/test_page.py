"""The page and the drawing in a real browser: they open, nothing is cut off, the picture is not empty."""

from __future__ import annotations

import html
import os
import pathlib
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from meshctl.cli import main
from tests.corpus import ROOT

STORY = str(ROOT / "examples" / "story")


def browser() -> str:
    found = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
    if found is None:
        reason = "no chromium: install it to look at the drawing"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def page(form: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["trace", "test-pod", "http://nginx.test/", "--dir", STORY, "-o", form]) == 0
    return capsys.readouterr().out


def test_the_drawing_is_well_formed_and_within_its_bounds(capsys: pytest.CaptureFixture[str]) -> None:
    root = ElementTree.fromstring(page("svg", capsys))
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    assert "…" not in page("svg", capsys)
    for box in root.iter("{http://www.w3.org/2000/svg}rect"):
        x, y = float(box.attrib.get("x", 0)), float(box.attrib.get("y", 0))
        assert x + float(box.attrib["width"]) <= width
        assert y + float(box.attrib["height"]) <= height


def test_the_page_needs_nothing_from_outside(capsys: pytest.CaptureFixture[str]) -> None:
    text = page("html", capsys)
    assert "<script" not in text
    assert "src=" not in text and "<link" not in text


def chromium_says(tmp_path: pathlib.Path, file: pathlib.Path, *what: str) -> str:
    """What a browser prints of a page."""
    options = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--window-size=1700,1400",
    ]
    run = [browser(), *options, f"--user-data-dir={tmp_path / 'profile'}", *what, file.as_uri()]
    return subprocess.run(run, check=True, timeout=120, capture_output=True, text=True).stdout


def test_the_page_in_a_browser(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, picture = tmp_path / "page.html", tmp_path / "page.png"
    file.write_text(page("html", capsys))
    chromium_says(tmp_path, file, f"--screenshot={picture}")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 50_000  # an empty page of this size has a few kilobytes
    shown = chromium_says(tmp_path, file, "--dump-dom")
    assert "ISTIO_REDIRECT" in shown
    assert "DELIVERED" in shown


def test_nothing_is_wider_than_the_page_from_a_phone_to_a_wide_screen(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No window of a browser is as narrow as a phone; a frame of the page's own width is."""
    inner = html.escape(page("html", capsys), quote=True)
    widths = (400, 768, 1600)
    frames = "".join(f'<iframe style="width:{w}px;border:0" srcdoc="{inner}"></iframe>' for w in widths)
    measure = (
        "<script>onload = () => document.title = [...document.querySelectorAll('iframe')]"
        ".map(f => f.contentDocument.documentElement.scrollWidth).join(' ')</script>"
    )
    file = tmp_path / "frames.html"
    file.write_text(f"<title>-</title>{frames}{measure}")
    shown = chromium_says(tmp_path, file, "--dump-dom")
    title = re.search(r"<title>([\d ]+)</title>", shown)
    assert title is not None, shown[:300]
    assert [int(width) for width in title[1].split()] == list(widths)


def test_what_was_not_seen_is_dashed(capsys: pytest.CaptureFixture[str]) -> None:
    dump = str(ROOT / "examples" / "story" / "test-pod" / "config_dump.json")
    assert main(["trace", "-f", dump, "http://nginx.test/", "-o", "svg"]) == 3
    drawn = capsys.readouterr().out
    # the two assumed captures, the pod that was not given and its box
    assert len(re.findall('class="[a-z]+ dash"', drawn)) == 4
    assert "not given" in drawn
    assert main(["trace", "-f", dump, "http://nginx.test/", "-o", "mermaid"]) == 3
    assert capsys.readouterr().out.count("stroke-dasharray") == 3
