"""Messages of envoy.extensions.http.ext_proc.response_processors.save_processing_response.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class SaveProcessingResponse(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.http.ext_proc.response_processors.save_processing_response.v3.SaveProcessingResponse"

    class SaveOptions(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.http.ext_proc.response_processors.save_processing_response.v3.SaveProcessingResponse.SaveOptions"
        save_response: bool
        save_on_error: bool
        SPEC = """\
save_response Flag
save_on_error Flag"""

    filter_state_name_suffix: str
    save_request_headers: SaveProcessingResponse.SaveOptions | None
    save_response_headers: SaveProcessingResponse.SaveOptions | None
    save_request_trailers: SaveProcessingResponse.SaveOptions | None
    save_response_trailers: SaveProcessingResponse.SaveOptions | None
    save_immediate_response: SaveProcessingResponse.SaveOptions | None
    SPEC = """\
filter_state_name_suffix Text
save_request_headers One extensions_http_ext_proc_response_processors_save_processing_response_v3:SaveProcessingResponse.SaveOptions
save_response_headers One extensions_http_ext_proc_response_processors_save_processing_response_v3:SaveProcessingResponse.SaveOptions
save_request_trailers One extensions_http_ext_proc_response_processors_save_processing_response_v3:SaveProcessingResponse.SaveOptions
save_response_trailers One extensions_http_ext_proc_response_processors_save_processing_response_v3:SaveProcessingResponse.SaveOptions
save_immediate_response One extensions_http_ext_proc_response_processors_save_processing_response_v3:SaveProcessingResponse.SaveOptions"""
