"""Example and self-test:  pytest test_fake_kube.py   (needs kubernetes, PyYAML, openssl)"""

import http.client
import http.server
import threading
import time

import pytest
from kubernetes import client, config
from kubernetes.stream import portforward

from tests.live.kube.fake_kube import serve

BODY = b'{"configs": []}' * 2000


class Admin(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *a):
        pass


@pytest.fixture(scope="module")
def admin():
    s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Admin)
    threading.Thread(target=s.serve_forever, daemon=True).start()
    yield s.server_port
    s.shutdown()


@pytest.fixture(scope="module")
def kube(tmp_path_factory, admin):
    with serve(out=tmp_path_factory.mktemp("kube")) as k:
        for i in range(3):
            k.store.add(
                {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "metadata": {"name": f"web-{i}", "namespace": "test", "labels": {"app": "web"}},
                    "spec": {"nodeName": "n" if i else "", "containers": [{"name": "istio-proxy"}]},
                    "status": {"phase": "Running" if i else "Pending"},
                }
            )
        k.forward("test", "web-1", 15000, to=admin)
        yield k


@pytest.fixture(autouse=True)
def no_faults(kube):
    kube.faults()


def core(kube, context=None):
    return client.CoreV1Api(config.new_client_from_config(kube.kubeconfig, context=context))


def get(kube, pod="web-1", context=None):
    f = portforward(core(kube, context).connect_get_namespaced_pod_portforward, pod, "test", ports="15000")
    try:
        c = http.client.HTTPConnection("pod", 15000)
        c.sock = f.socket(15000)
        c.sock.settimeout(3)
        c.request("GET", "/config_dump")
        return c.getresponse().read()
    except Exception as e:
        time.sleep(0.1)
        e.forward_error = f.error(15000)
        raise
    finally:
        f.close()


def test_list_and_forward(kube):
    assert len(core(kube).list_namespaced_pod("test", label_selector="app in (web)").items) == 3
    assert get(kube) == BODY
    assert ("admin", "GET", "/api/v1/namespaces/test/pods/web-1/portforward?ports=15000") in kube.requests


@pytest.mark.parametrize("context", ["admin-cert", "exec-ok", "insecure"])
def test_auth(kube, context):
    assert get(kube, context=context) == BODY


@pytest.mark.parametrize(
    "context,text",
    [
        ("viewer", "403 Forbidden"),
        ("expired", "401 Unauthorized"),
        ("badca", "CERTIFICATE_VERIFY_FAILED"),
        ("down", "refused"),
    ],
)
def test_denied(kube, context, text):
    with pytest.raises(client.ApiException, match=text):
        get(kube, context=context)


def test_refused(kube):
    with pytest.raises((OSError, http.client.HTTPException)) as e:
        get(kube, "web-2")
    assert "connection refused" in e.value.forward_error


def test_pending(kube):
    with pytest.raises(client.ApiException, match="does not have a host assigned"):
        get(kube, "web-0")


@pytest.mark.parametrize("fault", ["drop", "reset", "close", "error", "stall"])
def test_cut(kube, fault):
    kube.faults({"match": "portforward", "stream": fault, "after": 5000})
    with pytest.raises((OSError, http.client.HTTPException)):
        get(kube)


def test_streams_are_closed(kube):
    get(kube)
    end = time.time() + 5
    while kube.active_streams and time.time() < end:
        time.sleep(0.05)
    assert kube.active_streams == 0
