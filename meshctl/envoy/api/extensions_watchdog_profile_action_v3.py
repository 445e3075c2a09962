"""Messages of envoy.extensions.watchdog.profile_action.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class ProfileActionConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.watchdog.profile_action.v3.ProfileActionConfig"
    profile_duration: float | None
    profile_path: str
    max_profiles: int
    SPEC = """\
profile_duration Seconds
profile_path Text
max_profiles Int"""
