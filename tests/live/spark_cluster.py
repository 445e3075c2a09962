"""A standalone cluster of Spark on loopback: a master and workers of their own process, which a test may kill."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.unit.fleet import object_store

ENVIRONMENT = {
    "SPARK_LOCAL_IP": "127.0.0.1",
    "PYSPARK_PYTHON": sys.executable,
    "PYSPARK_DRIVER_PYTHON": sys.executable,
    # each of the many Java machines lives for seconds: what is compiled best, and in many threads, is never used
    "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "AWS_ACCESS_KEY_ID": object_store.KEY,
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def require() -> None:
    """Skip where there is no Spark or no Java; under CI both must be there."""
    missing = [] if importlib.util.find_spec("pyspark") else ["pyspark (pip install -e '.[spark]')"]
    missing += [] if shutil.which("java") else ["Java 17 (apt-get install openjdk-17-jre-headless)"]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"CI has no {' and no '.join(missing)}")
    if missing:
        pytest.skip(f"no {' and no '.join(missing)}")


class Cluster:
    """A master and its workers."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self.port = _free_port()
        self.master = self._start("master", "org.apache.spark.deploy.master.Master", "--port", str(self.port))
        self._wait()
        self.workers = [self.worker(number) for number in range(2)]

    @property
    def url(self) -> str:
        return f"spark://127.0.0.1:{self.port}"

    def worker(self, number: int) -> subprocess.Popen[bytes]:
        """Start a worker with one core."""
        work = self._folder / f"work-{number}-{time.monotonic_ns()}"
        return self._start(
            f"worker-{number}",
            "org.apache.spark.deploy.worker.Worker",
            "-c",
            "1",
            "-m",
            "1g",
            "-d",
            str(work),
            self.url,
        )

    def _start(self, name: str, main: str, *arguments: str) -> subprocess.Popen[bytes]:
        import pyspark

        home = pathlib.Path(pyspark.__file__).parent
        log = (self._folder / f"{name}.log").open("ab")
        return subprocess.Popen(
            [home / "bin" / "spark-class", main, "--host", "127.0.0.1", "--webui-port", "0", *arguments],
            stdout=log,
            stderr=log,
            env={**os.environ, **ENVIRONMENT, "SPARK_HOME": str(home), "SPARK_NO_DAEMONIZE": "1"},
            start_new_session=True,
        )

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.1)
        raise RuntimeError((self._folder / "master.log").read_text())

    def stop(self) -> None:
        for process in (*self.workers, self.master):
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9, with what the process has started (a worker's executors)."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def cluster(folder: pathlib.Path) -> Iterator[Cluster]:
    """A cluster for as long as the context lasts."""
    found = Cluster(folder)
    try:
        yield found
    finally:
        found.stop()
