"""Messages of envoy.extensions.path.rewrite.uri_template.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class UriTemplateRewriteConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig"
    path_template_rewrite: str
    SPEC = """\
path_template_rewrite Text"""
