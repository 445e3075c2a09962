"""A session of Spark, quiet on stderr, and what goes wrong with it as an error for people.

The master is whose address is given (``spark://``, ``k8s://``, ``local[*]``), or the one that ``spark-submit`` chose. Settings
beside those that make both engines mean the same (UTC) are Spark's own: ``spark-defaults.conf``, ``--conf`` of spark-submit.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from meshctl.errors import MeshctlError, UsageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_LOGGING = pathlib.Path(__file__).with_name("log4j2.properties")
_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}

_SHUFFLE = "spark.sql.shuffle.partitions"


@contextlib.contextmanager
def session(master: str | None) -> Iterator[SparkSession]:
    """A session; it ends with the context, unless somebody else had begun it."""
    os.environ.setdefault(
        "PYSPARK_PYTHON", sys.executable if (master or "").startswith("local") else "python3"
    )
    import logging
    import warnings

    warnings.filterwarnings("ignore", module="pyspark")
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL + 1)  # the error itself is told
    from pyspark.sql import SparkSession

    known = SparkSession.getActiveSession()
    with told(master):
        builder: Any = SparkSession.builder.appName("meshctl fleet")
        if master:
            builder = builder.master(master)
        for key, value in _SETTINGS.items():
            builder = builder.config(key, value)
        builder = builder.config(
            "spark.driver.extraJavaOptions", f"-Dlog4j2.configurationFile={_LOGGING.as_uri()}"
        )
        found = builder.getOrCreate()
        if found.conf.get(_SHUFFLE) == "200":  # Spark's own default, made for other amounts
            found.conf.set(_SHUFFLE, str(max(4, 2 * found.sparkContext.defaultParallelism)))
    try:
        yield found
    finally:
        if known is None:
            with contextlib.suppress(Exception):
                found.stop()


@contextlib.contextmanager
def told(master: str | None) -> Iterator[None]:
    """What Spark says as an error in three lines."""
    try:
        yield
    except (MeshctlError, KeyboardInterrupt):
        raise
    except Exception as error:
        raise _told(error, master) from error


def _told(error: Exception, master: str | None) -> MeshctlError:
    text = str(error)
    kind = type(error).__name__
    if "JAVA_GATEWAY_EXITED" in text or "JAVA_HOME" in text:
        return MeshctlError(
            "Spark could not be started", "It needs Java 17 or later.", "Install it, and set JAVA_HOME."
        )
    if "unresponsive" in text or "Cannot call methods on a stopped SparkContext" in text:
        return MeshctlError(
            f"the Spark master {master or ''} does not answer",
            "It is not there, or it was stopped.",
            "Check --master.",
        )
    if kind in ("ParseException", "AnalysisException"):
        return UsageError(_first(text), "", "docs/fleet-schema.md has the tables and their columns.")
    if "Could not parse Master URL" in text:
        return UsageError(
            f"--master {master!r} is no master", "", "Use spark://HOST:7077, k8s://… or local[*]."
        )
    if "No space left" in text:
        return MeshctlError(
            "no space left on a disk that Spark writes to", "", "Free space and run the same command again."
        )
    return MeshctlError(
        f"Spark failed: {_first(text)}", "Nothing of this run is visible.", "Spark's own log says more."
    )


def _first(text: str) -> str:
    """The telling line of Spark's long message: what Python on an executor said, else Spark's own summary."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    raised = [line for line in lines if re.match(r"(?:[a-z_]+\.)*[A-Z]\w*(?:Error|Exception): ", line)]
    summary = next((line for line in lines if line.startswith("[")), lines[0] if lines else "no reason given")
    return (raised[-1] if raised and "Python worker" in text else summary)[:300]
