"""Where a request begins and ends outside: a gateway by its public name, a host that is nobody's in the mesh."""

from __future__ import annotations

import json
import pathlib
import shutil

import pytest

from tests.cli import dump_path, run

STORY = "examples/story"


def traced(*argv: str, directory: object = STORY) -> tuple[int, dict]:
    done = run("trace", *argv, "--dir", str(directory), "-o", "json")
    assert done.rc in (0, 1, 3), done.err
    return done.rc, json.loads(done.out)


@pytest.mark.parametrize("host", ["api.github.com", "example.org", "shop.example.de"])
def test_a_public_name_leaves_by_the_rule_that_takes_it(host: str) -> None:
    code, answer = traced("test-pod", f"https://{host}/")
    assert code == 0
    assert any(
        f"that {host} is outside of the mesh (192.0.2.1 stands in" in said for said in answer["assumed"]
    )
    assert "PassthroughCluster" in json.dumps(answer["steps"])


def test_strictly_the_address_of_a_public_name_is_open() -> None:
    code, _ = traced("test-pod", "https://api.github.com/", "--strict")
    assert code == 3


# Misspelt services, and names that may be those of pods of a StatefulSet.
@pytest.mark.parametrize(
    "host",
    [
        "ngnix",
        "ngnix.test",
        "nginx.tset",
        "web-0.web.dev",
        "nginx.test.svc.cluster.lcoal",
        "a.b.qa",
        "nginx.test.svc",
    ],
)
def test_a_misspelt_service_is_no_host_outside(host: str) -> None:
    done = run("trace", "test-pod", f"http://{host.replace('nginx.test.svc', 'x.test.svc')}/", "--dir", STORY)
    assert (done.rc, done.out) == (2, "")
    assert "is not known" in done.err


def changed_story(tmp_path: pathlib.Path, old: str, new: str, file: str) -> pathlib.Path:
    shutil.copytree(STORY, tmp_path / "story")
    path = tmp_path / "story" / "test-pod" / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return tmp_path / "story"


def test_an_excluded_public_range_makes_the_address_decide(tmp_path: pathlib.Path) -> None:
    """With --excludeOutboundIPRanges the request may pass the proxy by."""
    rule = "-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN"
    story = changed_story(
        tmp_path, rule, f"{rule}\n-A ISTIO_OUTPUT -d 140.82.0.0/16 -j RETURN", "iptables-save.txt"
    )
    done = run("trace", "test-pod", "https://api.github.com/", "--dir", str(story))
    assert done.rc == 2
    assert "its address decides: a capture rule asks for -d 140.82.0.0/16" in done.err
    done = run(
        "trace", "test-pod", "https://api.github.com/", "--to", "140.82.121.6:443", "--dir", str(story)
    )
    assert done.rc == 0, done.err


def test_an_excluded_private_range_does_not(tmp_path: pathlib.Path) -> None:
    rule = "-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN"
    story = changed_story(
        tmp_path, rule, f"{rule}\n-A ISTIO_OUTPUT -d 10.0.0.0/8 -j RETURN", "iptables-save.txt"
    )
    assert traced("test-pod", "https://api.github.com/", directory=story)[0] == 0


def test_a_listener_for_a_public_address_makes_it_decide(tmp_path: pathlib.Path) -> None:
    dump = pathlib.Path(STORY, "test-pod", "config_dump.json").read_text("utf-8")
    assert '"10.102.168.134"' in dump
    story = tmp_path / "story"
    shutil.copytree(STORY, story)
    (story / "test-pod" / "config_dump.json").write_text(
        dump.replace('"10.102.168.134"', '"140.82.121.6"'), "utf-8"
    )
    done = run("trace", "test-pod", "http://api.github.com/", "--dir", str(story))
    assert done.rc == 2
    assert "is for public addresses" in done.err


SERVICE = """apiVersion: v1
kind: Service
metadata: {{name: istio-ingressgateway, namespace: {namespace}}}
spec:
  selector: {{istio: ingressgateway}}
  ports:
  - {{name: first, port: {port}, targetPort: {to}}}
"""


# What the Service says of port 80, and what is assumed of the way to the container.
@pytest.mark.parametrize(
    ("service", "said"),
    [
        (None, "that port 80 of the gateway's service leads to port 8080 of its pods"),
        (SERVICE.format(namespace="istio-system", port=80, to=8080), None),
        (
            SERVICE.format(namespace="istio-system", port=80, to="http"),
            "that port 'http' of its pods, where service istio-ingressgateway leads 80, is 8080",
        ),
        (
            SERVICE.format(namespace="istio-system", port=8000, to=8080),
            "that port 8080 is reached past service istio-ingressgateway, which has no port 80 (it has 8000)",
        ),
        (
            SERVICE.format(namespace="elsewhere", port=80, to=9999),
            "that port 80 of the gateway's service leads to port 8080 of its pods",
        ),
    ],
    ids=["no service", "mapped", "mapped by name", "no such port", "another namespace's"],
)
def test_a_gateways_port_is_the_one_its_service_leads_to(
    service: str | None, said: str | None, tmp_path: pathlib.Path
) -> None:
    files = ["-f", dump_path("gateway.config_dump")]
    if service is not None:
        (tmp_path / "service.yaml").write_text(service, "utf-8")
        files += ["-f", str(tmp_path / "service.yaml")]
    done = run("trace", *files, "http://shop.example.com/", "-o", "json")
    assert done.rc == 1, done.err  # a redirect to https: no application was reached
    answer = json.loads(done.out)
    outside = "that the client is outside, at 203.0.113.1 (give another with --from)"
    assert answer["assumed"] == [outside, *([said] if said else [])]
    assert "0.0.0.0_8080" in json.dumps(answer["steps"])


def test_the_service_may_lead_to_another_listener(tmp_path: pathlib.Path) -> None:
    (tmp_path / "service.yaml").write_text(
        SERVICE.format(namespace="istio-system", port=443, to=9443), "utf-8"
    )
    files = ("-f", dump_path("gateway.config_dump"), "-f", str(tmp_path / "service.yaml"))
    answer = json.loads(run("trace", *files, "https://shop.example.com/", "-o", "json").out)
    assert "0.0.0.0_9443" in json.dumps(answer["steps"])
