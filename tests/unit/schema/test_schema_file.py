"""The committed schema is what the build step makes of the pinned packages."""

from __future__ import annotations

import importlib.util
import pathlib
import subprocess
import sys

import pytest
from google.protobuf import descriptor_pb2

from meshctl.envoy.schema import pool

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.mark.skipif(
    importlib.util.find_spec("envoy_data_plane") is None,
    reason="envoy-data-plane is not installed (dev extra)",
)
def test_the_committed_schema_is_up_to_date():
    run = subprocess.run(
        [sys.executable, ROOT / "tools" / "build_schema.py", "--check"], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr


def test_the_files_are_cut_out_of_the_set_as_protobuf_reads_them():
    data = pathlib.Path(pool._SCHEMA).read_bytes()
    files = descriptor_pb2.FileDescriptorSet.FromString(data).file
    assert list(pool._files(data)) == [file.SerializeToString() for file in files]
    assert all(pool.pool().FindFileByName(file.name) is not None for file in files)
