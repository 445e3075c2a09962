"""Messages of envoy.extensions.filters.http.file_server.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_common_async_files_v3


class FileServerConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.file_server.v3.FileServerConfig"

    class DirectoryBehavior(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.file_server.v3.FileServerConfig.DirectoryBehavior"

        class List(Message):
            __slots__ = ()
            TYPE = "envoy.extensions.filters.http.file_server.v3.FileServerConfig.DirectoryBehavior.List"

        default_file: str
        list: FileServerConfig.DirectoryBehavior.List | None
        SPEC = """\
default_file Text
list One extensions_filters_http_file_server_v3:FileServerConfig.DirectoryBehavior.List"""

    class PathMapping(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.file_server.v3.FileServerConfig.PathMapping"
        request_path_prefix: str
        file_path_prefix: str
        SPEC = """\
request_path_prefix Text
file_path_prefix Text"""

    manager_config: extensions_common_async_files_v3.AsyncFileManagerConfig | None
    path_mappings: tuple[FileServerConfig.PathMapping, ...]
    content_types: dict[str, str]
    default_content_type: str
    directory_behaviors: tuple[FileServerConfig.DirectoryBehavior, ...]
    SPEC = """\
manager_config One extensions_common_async_files_v3:AsyncFileManagerConfig
path_mappings *One extensions_filters_http_file_server_v3:FileServerConfig.PathMapping
content_types %Text
default_content_type Text
directory_behaviors *One extensions_filters_http_file_server_v3:FileServerConfig.DirectoryBehavior"""
