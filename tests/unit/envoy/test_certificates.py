"""Certificates are read with cryptography, whose patterns for what is not asked are left for when they are."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import re
compile_ = re.compile
from meshctl.envoy import certificates
assert certificates.parse(b"none") is None
from cryptography import x509
assert re.compile is compile_
names = x509.Name.from_rfc4514_string("CN=a\\\\,b,O=\u00e9+OU=c")
print(ascii([name.value for name in names]))
"""


def test_names_are_read_with_the_patterns_that_were_left_for_later() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == "['\\xe9', 'c', 'a,b']\n"
