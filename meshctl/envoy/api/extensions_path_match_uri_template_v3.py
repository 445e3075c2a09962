"""Messages of envoy.extensions.path.match.uri_template.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class UriTemplateMatchConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig"
    path_template: str
    SPEC = """\
path_template Text"""
