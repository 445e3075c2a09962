"""Messages of envoy.extensions.matching.actions.transform_stat.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class TransformStat(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.actions.transform_stat.v3.TransformStat"

    class DropStat(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.matching.actions.transform_stat.v3.TransformStat.DropStat"

    class DropTag(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.matching.actions.transform_stat.v3.TransformStat.DropTag"

    class UpdateTag(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.matching.actions.transform_stat.v3.TransformStat.UpdateTag"
        new_tag_value: str
        SPEC = """\
new_tag_value Text"""

    drop_stat: TransformStat.DropStat | None
    drop_tag: TransformStat.DropTag | None
    update_tag: TransformStat.UpdateTag | None
    SPEC = """\
drop_stat One extensions_matching_actions_transform_stat_v3:TransformStat.DropStat
drop_tag One extensions_matching_actions_transform_stat_v3:TransformStat.DropTag
update_tag One extensions_matching_actions_transform_stat_v3:TransformStat.UpdateTag"""
