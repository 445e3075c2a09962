"""Columns as Go's text/tabwriter makes them."""

from __future__ import annotations

from meshctl.render.table import render
from meshctl.views.table import Table


def test_columns_are_as_wide_as_their_widest_cell_and_the_gap():
    table = Table(("A", "B"), [("xxx", "1"), ("y", "22")], padding=5)
    assert render(table) == "A       B\nxxx     1\ny       22\n"


def test_an_empty_last_cell_leaves_its_blanks():
    assert render(Table(("A", "B"), [("x", "")], padding=1)) == "A B\nx \n"


def test_width_counts_code_points():
    assert render(Table(("A", "B"), [("héllo-世界", "1")], padding=1)) == "A        B\nhéllo-世界 1\n"


def test_a_tab_in_a_cell_makes_one_more_cell():
    # recorded from istioctl: the block of columns that only some lines have ends with them
    text = render(Table(("N", "P", "T"), [("aa", "80", "x"), ("b\tc", "-", "y"), ("d", "1", "z")], padding=1))
    assert text == "N  P  T\naa 80 x\nb  c  - y\nd  1  z\n"


def test_a_message_stands_for_an_empty_table():
    assert render(Table(("A",), [], message="Nothing.")) == "Nothing.\n"
