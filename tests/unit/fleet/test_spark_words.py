"""What goes wrong with Spark, as an error in three lines: by the texts that it really prints."""

from __future__ import annotations

import pytest

from meshctl.fleet.spark_session import _told

WORKER = """An exception was thrown from the Python worker. Please see the stack trace below.
Traceback (most recent call last):
  File "worker.py", line 1, in main
meshctl.errors.InputError: /shared/fleet holds no fleet data
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "[JAVA_GATEWAY_EXITED] Java gateway process exited before sending its port number.",
            "could not be started",
        ),
        ("org.apache.spark.SparkException: All masters are unresponsive! Giving up.", "does not answer"),
        ("Could not parse Master URL: 'nonsense'", "is no master"),
        ("java.io.IOException: No space left on device", "no space left"),
        (WORKER, "/shared/fleet holds no fleet data"),
        ("[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column cannot be resolved.", "UNRESOLVED_COLUMN"),
    ],
)
def test_the_telling_part_is_told(text: str, told: str):
    error = _told(RuntimeError(text), "spark://127.0.0.1:7077")
    assert told in " ".join(error.lines())
    assert len(error.lines()) <= 3
