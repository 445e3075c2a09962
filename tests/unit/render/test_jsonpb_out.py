"""The two oddities of golang/protobuf's indenting writer."""

from __future__ import annotations

from meshctl.envoy.schema.convert import Converter
from meshctl.render.jsonpb_out import render


def test_an_empty_message_spans_two_lines_and_a_struct_is_indented_by_three_steps():
    node = {"locality": {}, "metadata": {"A": "x", "L": {"k": [1]}}}
    value = Converter(mark_structs=True).convert("envoy.config.core.v3.Node", node)
    assert render(value).decode() == (
        "{\n"
        '    "metadata": {\n'
        '            "A": "x",\n'
        '            "L": {\n'
        '                        "k": [\n'
        "                                    1\n"
        "                                ]\n"
        "                    }\n"
        "        },\n"
        '    "locality": {\n'
        "\n"
        "    }\n"
        "}\n"
    )
