#!/usr/bin/env python3
"""fake_kube: a read-only stand-in for a Kubernetes API server, for tests of an inspection CLI.

It serves, over TLS with its own CA, bearer-token and client-certificate auth and a generated
kubeconfig: /version, discovery (/api, /apis), get/list/watch of every object found in a directory of
YAML manifests (labelSelector, fieldSelector, limit/continue), pods/log and pods/portforward over the
websocket protocol ``v4.channel.k8s.io`` (what the Python kubernetes client uses).  The port-forward
answers byte for byte as the streaming library that containerd and CRI-O run (k8s.io/cri-streaming,
golang.org/x/net/websocket) behind kube-apiserver 1.36; SPDY is not offered.

Needs Python >= 3.9 and PyYAML; the ``openssl`` program for TLS (or ``tls=False``).

pytest::

    from fake_kube import serve

    def test_x(tmp_path):
        with serve("manifests", out=tmp_path) as k:         # k.kubeconfig, k.url, k.requests
            k.forward("test", "test-pod", 15000, to=admin_port)
            k.faults({"match": "portforward", "stream": "drop", "after": 5000})
            run_cli("--kubeconfig", k.kubeconfig, ...)

command line::   python fake_kube.py --manifests DIR --out RUN [--listen 127.0.0.1:16443]

Annotations understood on a Pod
    livelab.test/port-<N>: "<P>"       the pod's port N is 127.0.0.1:P (absent: connection refused)
    livelab.test/log-<container>: text its log (or the file <manifests>/logs/<ns>/<pod>/<container>.log)
    livelab.test/clones: "<N>"         N copies named <name>-00 ...

Contexts in the kubeconfig (kubectl --context / config.load_kube_config(context=...))
    livelab (current, admin), ns-test (namespace: test), admin-cert, viewer (no pods/portforward),
    getonly and creator (one of the two verbs on pods/portforward), nobody (403 on everything),
    expired (401), anonymous (403), exec-ok, exec-missing, exec-fail, badca (CA mismatch),
    insecure, down (connection refused), hang (accepts and never speaks), nohost (DNS),
    no-cluster, no-user (dangling references).

Fault rules: a list of objects; the first whose ``match`` (regexp, searched in "METHOD /path?query") and
``user`` (regexp) hit is applied.  Also PUT as JSON to /livelab/faults.
    times    strike only so often (0 or absent: always)
    delay    seconds before anything is answered          hang    never answer (true)
    abort    close the TCP connection without an answer   status / reason / message   answer a Status
    stream   for port-forward: refuse | error | close | drop | reset | stall | slow
             refuse  connection refused in the pod        error   message on the error channel, then close
             close   the process in the pod hangs up      drop    FIN, no close frame, no TLS close_notify
             reset   TCP RST                              stall   no byte more, connection stays open
             slow    `rate` bytes per second
    after    bytes from the pod before the stream fault strikes
"""

import argparse
import asyncio
import base64
import contextlib
import glob
import hashlib
import json
import os
import re
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import urllib.parse

import yaml

TOKENS = {
    "livelab-admin-token": "admin",
    "livelab-viewer-token": "viewer",
    "livelab-getonly-token": "getonly",
    "livelab-creator-token": "creator",
    "livelab-nobody-token": "nobody",
}
CHUNK = 32 * 1024  # io.Copy's buffer: a data frame never carries more
MAX_MESSAGE = 32 << 20  # x/net/websocket drops the connection above this
LINGER = 1.0  # containerd waits so long for the other direction once one has ended
PREFIX = "livelab.test/"

# group, version, kind, plural, singular, short names, namespaced, categories
_TABLE = [
    ("", "v1", "Namespace", "namespaces", "namespace", ["ns"], False, None),
    ("", "v1", "Node", "nodes", "node", ["no"], False, None),
    ("", "v1", "Pod", "pods", "pod", ["po"], True, ["all"]),
    ("", "v1", "Service", "services", "service", ["svc"], True, ["all"]),
    ("", "v1", "Endpoints", "endpoints", "endpoints", ["ep"], True, None),
    ("", "v1", "ConfigMap", "configmaps", "configmap", ["cm"], True, None),
    ("", "v1", "Secret", "secrets", "secret", None, True, None),
    ("", "v1", "ServiceAccount", "serviceaccounts", "serviceaccount", ["sa"], True, None),
    (
        "",
        "v1",
        "ReplicationController",
        "replicationcontrollers",
        "replicationcontroller",
        ["rc"],
        True,
        ["all"],
    ),
    ("", "v1", "Event", "events", "event", ["ev"], True, None),
    ("apps", "v1", "Deployment", "deployments", "deployment", ["deploy"], True, ["all"]),
    ("apps", "v1", "ReplicaSet", "replicasets", "replicaset", ["rs"], True, ["all"]),
    ("apps", "v1", "StatefulSet", "statefulsets", "statefulset", ["sts"], True, ["all"]),
    ("apps", "v1", "DaemonSet", "daemonsets", "daemonset", ["ds"], True, ["all"]),
    ("batch", "v1", "Job", "jobs", "job", None, True, ["all"]),
    ("batch", "v1", "CronJob", "cronjobs", "cronjob", ["cj"], True, ["all"]),
    ("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", "endpointslice", None, True, None),
    (
        "admissionregistration.k8s.io",
        "v1",
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
        "mutatingwebhookconfiguration",
        None,
        False,
        None,
    ),
    (
        "admissionregistration.k8s.io",
        "v1",
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
        "validatingwebhookconfiguration",
        None,
        False,
        None,
    ),
    (
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        "customresourcedefinition",
        ["crd", "crds"],
        False,
        None,
    ),
    ("gateway.networking.k8s.io", "v1", "Gateway", "gateways", "gateway", ["gtw"], True, None),
    ("networking.istio.io", "v1", "VirtualService", "virtualservices", "virtualservice", ["vs"], True, None),
    (
        "networking.istio.io",
        "v1",
        "DestinationRule",
        "destinationrules",
        "destinationrule",
        ["dr"],
        True,
        None,
    ),
    ("networking.istio.io", "v1", "Gateway", "gateways", "gateway", ["gw"], True, None),
    ("networking.istio.io", "v1", "ServiceEntry", "serviceentries", "serviceentry", ["se"], True, None),
    ("networking.istio.io", "v1", "Sidecar", "sidecars", "sidecar", None, True, None),
    ("networking.istio.io", "v1alpha3", "EnvoyFilter", "envoyfilters", "envoyfilter", None, True, None),
    (
        "security.istio.io",
        "v1",
        "PeerAuthentication",
        "peerauthentications",
        "peerauthentication",
        ["pa"],
        True,
        None,
    ),
    (
        "security.istio.io",
        "v1",
        "AuthorizationPolicy",
        "authorizationpolicies",
        "authorizationpolicy",
        ["ap"],
        True,
        None,
    ),
]


class Res:
    def __init__(self, group, version, kind, plural, singular, short, namespaced, categories):
        self.group, self.version, self.kind, self.plural = group, version, kind, plural
        self.singular, self.short, self.namespaced, self.categories = singular, short, namespaced, categories
        self.gv = f"{group}/{version}" if group else version


class Gone(Exception):
    """The client's connection is to be closed without an answer."""


class Answer(Exception):
    """A Kubernetes Status answer."""

    def __init__(self, code, reason, message, details=None):
        self.code = code
        self.body = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": reason,
            "code": code,
        }
        if details is not None:
            self.body["details"] = details


_PHRASE = {
    101: "Switching Protocols",
    200: "OK",
    201: "Created",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    410: "Gone",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


# --------------------------------------------------------------------------- label selectors


def parse_selector(text):
    """Equality and set-based label selectors -> a predicate over a dict of labels."""
    tests = []
    for part in re.findall(r"[^,(]+(?:\([^)]*\))?", text or ""):
        part = part.strip().strip(",").strip()
        if not part:
            continue
        m = re.fullmatch(r"(\S+)\s+(in|notin)\s*\(([^)]*)\)", part)
        if m:
            vals = {v.strip() for v in m[3].split(",")}
            tests.append(lambda l, k=m[1], v=vals, want=m[2] == "in": (l.get(k) in v) is want)
        elif "!=" in part:
            k, v = (x.strip() for x in part.split("!=", 1))
            tests.append(lambda l, k=k, v=v: l.get(k) != v)
        elif "=" in part:
            k, v = (x.strip() for x in re.split("==?", part, maxsplit=1))
            tests.append(lambda l, k=k, v=v: l.get(k) == v)
        elif part.startswith("!"):
            tests.append(lambda l, k=part[1:].strip(): k not in l)
        elif re.fullmatch(r"[\w./-]+", part):
            tests.append(lambda l, k=part: k in l)
        else:
            raise Answer(400, "BadRequest", f"unable to parse requirement: {part}")
    return lambda labels: all(t(labels or {}) for t in tests)


# --------------------------------------------------------------------------- objects


class Store:
    def __init__(self, manifests=None):
        self.table = [Res(*r) for r in _TABLE]
        self.objs = {}
        self.dir = str(manifests) if manifests else None
        if self.dir:
            for f in sorted(glob.glob(os.path.join(self.dir, "*.y*ml"))):
                with open(f, encoding="utf-8") as fh:
                    for doc in yaml.load_all(fh, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
                        if doc:
                            self.add(json.loads(json.dumps(doc, default=_ts)))
        for ns in ("default", "kube-system"):
            self._namespace(ns)

    def res(self, gv, kind):
        for r in self.table:
            if r.gv == gv and r.kind == kind:
                return r
        group, _, version = gv.rpartition("/")
        low = kind.lower()
        plural = low[:-1] + "ies" if low.endswith("y") else low + ("es" if low.endswith("s") else "s")
        self.table.append(Res(group, version, kind, plural, low, None, True, None))
        return self.table[-1]

    def _namespace(self, ns):
        if not self.get(self.res("v1", "Namespace"), "", ns):
            self.add(
                {
                    "apiVersion": "v1",
                    "kind": "Namespace",
                    "metadata": {"name": ns, "labels": {"kubernetes.io/metadata.name": ns}},
                    "status": {"phase": "Active"},
                }
            )

    def add(self, o):
        """Adds (or replaces) one object, or every item of a List."""
        if o.get("kind", "").endswith("List"):
            for item in o.get("items") or []:
                self.add(item)
            return
        r = self.res(o["apiVersion"], o["kind"])
        m = o.setdefault("metadata", {})
        if r.namespaced:
            m.setdefault("namespace", "default")
        n = int((m.get("annotations") or {}).get(PREFIX + "clones", 0))
        if n:
            for i in range(n):
                c = json.loads(json.dumps(o))
                c["metadata"]["name"] = f"{m['name']}-{i:02d}"
                del c["metadata"]["annotations"][PREFIX + "clones"]
                self.add(c)
            return
        h = hashlib.sha256(f"{o['kind']}/{m.get('namespace', '')}/{m['name']}".encode()).hexdigest()
        m.setdefault("uid", "-".join((h[:8], h[8:12], h[12:16], h[16:20], h[20:32])))
        m.setdefault("resourceVersion", "1000")
        m.setdefault("creationTimestamp", "2026-01-01T00:00:00Z")
        lst = self.objs.setdefault(r.gv + "/" + r.kind, [])
        lst[:] = [x for x in lst if _key(x) != _key(o)] + [o]
        lst.sort(key=_key)
        if r.namespaced:
            self._namespace(m["namespace"])

    def all(self, r):
        return self.objs.get(r.gv + "/" + r.kind, [])

    def get(self, r, ns, name):
        for o in self.all(r):
            if o["metadata"]["name"] == name and (not r.namespaced or o["metadata"].get("namespace") == ns):
                return o
        return None


def _ts(v):  # YAML timestamps become RFC 3339 strings
    return v.strftime("%Y-%m-%dT%H:%M:%SZ") if hasattr(v, "strftime") else str(v)


def _key(o):
    return o["metadata"].get("namespace", "") + "/" + o["metadata"]["name"]


def _field(o, path):
    for k in path.split("."):
        o = o.get(k) if isinstance(o, dict) else None
    return "" if o is None else str(o)


def sandbox_id(uid):
    x = uid.replace("-", "")
    return (x + x)[:64]


# --------------------------------------------------------------------------- server


class FakeKube:
    def __init__(
        self,
        manifests=None,
        *,
        out=None,
        host="127.0.0.1",
        port=0,
        tls=True,
        namespace="",
        version="v1.36.1",
        legacy_rbac=False,
        verbose=False,
    ):
        """namespace: the one the kubeconfig's contexts name.  legacy_rbac: a websocket port-forward needs only
        "get" on pods/portforward, as before Kubernetes 1.35 (since then "create" is checked too)."""
        self.store = Store(manifests)
        self.host, self.port, self.tls, self.namespace = host, port, tls, namespace
        self.version, self.legacy_rbac, self.verbose = version, legacy_rbac, verbose
        self._tmp = None if out else tempfile.TemporaryDirectory(prefix="fake-kube-")
        self.out = str(out or self._tmp.name)
        os.makedirs(self.out, exist_ok=True)
        self.kubeconfig = os.path.join(self.out, "kubeconfig")
        self.requests = []  # ("user", "METHOD", "/path?query") in order of arrival
        self.active_streams = 0  # open port-forward websockets
        self._rules = []
        self._targets = {}

    # -- what tests use

    def faults(self, *rules):
        """Replaces the fault rules (none: no faults)."""
        new = []
        for r in rules:
            r = dict(r)
            r["_m"], r["_u"], r["_left"] = (
                re.compile(r.get("match", "")),
                re.compile(r.get("user", "")),
                r.get("times", 0),
            )
            new.append(r)
        self._rules = new

    def forward(self, ns, pod, pod_port, to):
        """The pod's port is 127.0.0.1:<to>; to=None refuses connections."""
        self._targets[ns, pod, int(pod_port)] = to

    def start(self):
        ready = threading.Event()
        self._error = None
        self._thread = threading.Thread(target=self._run, args=(ready,), name="fake-kube", daemon=True)
        self._thread.start()
        ready.wait()
        if self._error:
            raise self._error
        return self

    def stop(self):
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join(5)
        if self._tmp:
            self._tmp.cleanup()

    # -- life cycle

    def _run(self, ready):
        async def main():
            self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
            self._tasks = set()
            try:
                ctx = self._certificates() if self.tls else None
                kw = {"ssl_handshake_timeout": 10} if ctx else {}
                srv = await asyncio.start_server(
                    self._client, self.host, self.port, ssl=ctx, limit=1 << 20, **kw
                )
                self.port = srv.sockets[0].getsockname()[1]
                self.url = f"{'https' if self.tls else 'http'}://{self.host}:{self.port}"
                silent = await asyncio.start_server(self._silent, self.host, 0)
                self._hang_port = silent.sockets[0].getsockname()[1]
                with open(self.kubeconfig, "w", encoding="utf-8") as fh:
                    yaml.safe_dump(self._kubeconfig(), fh)
                os.chmod(self.kubeconfig, 0o600)
            except Exception as e:
                self._error = e
                return
            finally:
                ready.set()
            await self._stopped.wait()
            srv.close()
            silent.close()
            for t in list(self._tasks):
                t.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

        asyncio.run(main())

    async def _silent(self, r, w):
        self._tasks.add(asyncio.current_task())
        with contextlib.suppress(Exception):
            await self._stopped.wait()

    def _certificates(self):
        d = certificates()
        self._pem = {
            n: open(os.path.join(d, n), "rb").read()
            for n in ("ca.crt", "other.crt", "admin.crt", "admin.key")
        }
        shutil.copy(os.path.join(d, "ca.crt"), os.path.join(self.out, "ca.crt"))
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ctx.load_cert_chain(os.path.join(d, "server.crt"), os.path.join(d, "server.key"))
        ctx.load_verify_locations(os.path.join(d, "ca.crt"))
        ctx.verify_mode = ssl.CERT_OPTIONAL
        return ctx

    def _kubeconfig(self):
        def b64(b):
            return base64.b64encode(b).decode()

        pem = getattr(self, "_pem", None)
        ca = {"certificate-authority-data": b64(pem["ca.crt"])} if pem else {}
        other = {"certificate-authority-data": b64(pem["other.crt"])} if pem else {}
        scheme = "https" if self.tls else "http"
        clusters = {
            "livelab": dict(ca, server=self.url),
            "badca": dict(other, server=self.url),
            "down": dict(ca, server=f"{scheme}://127.0.0.1:1"),
            "hang": dict(ca, server=f"{scheme}://{self.host}:{self._hang_port}"),
            "insecure": {"server": self.url, "insecure-skip-tls-verify": True},
            "nohost": dict(ca, server=f"{scheme}://no-such-host.invalid:6443"),
        }
        users = {u: {"token": t} for t, u in TOKENS.items()}
        users["expired"] = {"token": "livelab-expired-token"}
        users["anonymous"] = {}
        if pem:
            users["admin-cert"] = {
                "client-certificate-data": b64(pem["admin.crt"]),
                "client-key-data": b64(pem["admin.key"]),
            }

        def plugin(command, *args):
            return {
                "exec": {
                    "apiVersion": "client.authentication.k8s.io/v1",
                    "command": command,
                    "args": list(args),
                    "interactiveMode": "Never",
                    "installHint": "Install livelab-no-such-plugin from example.test",
                }
            }

        users["exec-missing"] = plugin("livelab-no-such-plugin")
        users["exec-fail"] = plugin("sh", "-c", "echo 'plugin: session expired, please log in' >&2; exit 1")
        cred = {
            "apiVersion": "client.authentication.k8s.io/v1",
            "kind": "ExecCredential",
            "status": {"token": "livelab-admin-token"},
        }
        users["exec-ok"] = plugin("sh", "-c", f"echo '{json.dumps(cred)}'")
        ctxs = []

        def ctx(name, cluster, user, ns=self.namespace):
            c = {"cluster": cluster, "user": user}
            if ns:
                c["namespace"] = ns
            ctxs.append({"name": name, "context": c})

        ctx("livelab", "livelab", "admin")
        ctx("ns-test", "livelab", "admin", "test")
        for u in users:
            if u != "admin":
                ctx(u, "livelab", u)
        for c in clusters:
            if c != "livelab":
                ctx(c, c, "admin")
        ctx("no-cluster", "missing-cluster", "admin")
        ctx("no-user", "livelab", "missing-user")
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "livelab",
            "contexts": ctxs,
            "clusters": [{"name": n, "cluster": c} for n, c in clusters.items()],
            "users": [{"name": n, "user": u} for n, u in users.items()],
        }

    # -- HTTP/1.1

    async def _client(self, r, w):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            while True:
                try:
                    head = (await r.readuntil(b"\r\n\r\n")).decode("latin-1")
                except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                    return
                line, *rest = head[:-4].split("\r\n")
                method, target, _ = line.split(" ", 2)
                hdr = {}
                for x in rest:
                    k, _, v = x.partition(":")
                    hdr.setdefault(k.strip().lower(), v.strip())  # like Go's Header.Get: the first one counts
                body = await r.readexactly(int(hdr.get("content-length") or 0))
                if await self._request(r, w, method, target, hdr, body) is False:
                    return
                if hdr.get("connection", "").lower() == "close":
                    return
        except (Gone, ConnectionError, ssl.SSLError, asyncio.CancelledError, asyncio.IncompleteReadError):
            pass
        finally:
            self._tasks.discard(task)
            with contextlib.suppress(Exception):
                w.close()

    async def _json(self, w, code, body):
        await self._reply(
            w,
            code,
            "application/json",
            (json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n").encode(),
            "Cache-Control: no-cache, private\r\n",
        )

    async def _text(self, w, code, text):
        await self._reply(
            w, code, "text/plain; charset=utf-8", text.encode() + b"\n", "X-Content-Type-Options: nosniff\r\n"
        )

    async def _reply(self, w, code, ctype, data, extra=""):
        w.write(
            f"HTTP/1.1 {code} {_PHRASE.get(code, 'Status')}\r\n{extra}Content-Type: {ctype}\r\n"
            f"Content-Length: {len(data)}\r\n\r\n".encode()
            + data
        )
        await w.drain()

    def _user(self, w, hdr):
        a = hdr.get("authorization")
        if a:
            return TOKENS.get(a[7:]) if a.startswith("Bearer ") else None
        cert = w.get_extra_info("peercert")
        if cert:
            return dict(x[0] for x in cert["subject"]).get("commonName")
        return "system:anonymous"

    def _hit(self, user, text):
        for r in self._rules:
            if r["_m"].search(text) and r["_u"].search(user or ""):
                if r.get("times"):
                    if not r["_left"]:
                        continue
                    r["_left"] -= 1
                return r
        return {}

    async def _request(self, r, w, method, target, hdr, body):
        url = urllib.parse.urlsplit(target)
        q = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        path = urllib.parse.unquote(url.path)
        if path == "/livelab/faults":
            self.faults(*json.loads(body or b"[]"))
            return await self._text(w, 200, "ok")
        if path == "/livelab/streams":
            return await self._text(w, 200, str(self.active_streams))
        user = self._user(w, hdr)
        self.requests.append((user, method, target))
        if self.verbose:
            print(
                f"{user or '-':18} {method} {target} proto={hdr.get('sec-websocket-protocol', '')!r}",
                file=sys.stderr,
                flush=True,
            )
        rule = self._hit(user, f"{method} {target}")
        if rule.get("delay"):
            await asyncio.sleep(rule["delay"])
        if rule.get("hang"):
            await self._stopped.wait()
        if rule.get("abort"):
            raise Gone
        try:
            if rule.get("status"):
                raise Answer(rule["status"], rule.get("reason", ""), rule.get("message", ""))
            if user is None:
                raise Answer(401, "Unauthorized", "Unauthorized")
            p = path.strip("/").split("/")
            if p[0] == "version":
                major, minor = self.version.lstrip("v").split(".")[:2]
                return await self._json(
                    w,
                    200,
                    {
                        "major": major,
                        "minor": minor,
                        "gitVersion": self.version,
                        "gitCommit": "livelab",
                        "gitTreeState": "clean",
                        "buildDate": "2026-01-01T00:00:00Z",
                        "goVersion": "go1.26",
                        "compiler": "gc",
                        "platform": "linux/amd64",
                    },
                )
            if p[0] in ("healthz", "livez", "readyz"):
                return await self._text(w, 200, "ok")
            if user == "system:anonymous":
                raise Answer(
                    403, "Forbidden", f'forbidden: User "{user}" cannot {method.lower()} path "{path}"', {}
                )
            if path == "/api":
                return await self._json(
                    w, 200, {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
                )
            if path == "/apis":
                return await self._json(
                    w, 200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": self._groups()}
                )
            if p[0] == "apis" and len(p) == 2:
                g = [x for x in self._groups() if x["name"] == p[1]]
                if g:
                    return await self._json(w, 200, dict(g[0], kind="APIGroup", apiVersion="v1"))
            elif p[0] == "api" and len(p) >= 2:
                return await self._resource(r, w, method, user, rule, "", p[1], p[2:], q, hdr, body)
            elif p[0] == "apis" and len(p) >= 3:
                return await self._resource(r, w, method, user, rule, p[1], p[2], p[3:], q, hdr, body)
            return await self._text(w, 404, "404 page not found")
        except Answer as a:
            return await self._json(w, a.code, a.body)

    def _groups(self):
        out = {}
        for r in [*self.store.table, Res("authorization.k8s.io", "v1", "", "", "", None, False, None)]:
            if r.group:
                v = {"groupVersion": r.gv, "version": r.version}
                g = out.setdefault(r.group, {"name": r.group, "versions": [], "preferredVersion": v})
                if v not in g["versions"]:
                    g["versions"].append(v)
        return list(out.values())

    # -- resources

    def allowed(self, user, verb, resource):
        if user == "admin":
            return True
        if user not in ("viewer", "getonly", "creator") or resource == "secrets":
            return False
        if resource == "pods/portforward":
            return (user, verb) in (("getonly", "get"), ("creator", "create"))
        return True

    def _forbid(self, user, verb, resource, group, ns, name):
        subj = resource.split("/")[0]
        what = subj + (f".{group}" if group else "") + (f' "{name}"' if name else "")
        where = f' in the namespace "{ns}"' if ns else " at the cluster scope"
        d = {"kind": subj}
        if name:
            d["name"] = name
        if group:
            d["group"] = group
        raise Answer(
            403,
            "Forbidden",
            f'{what} is forbidden: User "{user}" cannot {verb} resource "{resource}" '
            f'in API group "{group}"{where}',
            d,
        )

    def _missing(self, r, name):
        d = {"name": name, "kind": r.plural}
        if r.group:
            d["group"] = r.group
        raise Answer(404, "NotFound", f'{r.plural}{"." + r.group if r.group else ""} "{name}" not found', d)

    async def _resource(self, rd, w, method, user, rule, group, ver, p, q, hdr, body):
        gv = f"{group}/{ver}" if group else ver
        if not p:
            rs = []
            for r in self.store.table:
                if r.gv == gv:
                    rs.append(
                        {
                            "name": r.plural,
                            "singularName": r.singular,
                            "namespaced": r.namespaced,
                            "kind": r.kind,
                            "verbs": ["get", "list", "watch"],
                            "shortNames": r.short,
                            "categories": r.categories,
                        }
                    )
                    if r.kind == "Pod":
                        rs.append(
                            {
                                "name": "pods/log",
                                "singularName": "",
                                "namespaced": True,
                                "kind": "Pod",
                                "verbs": ["get"],
                            }
                        )
                        rs.append(
                            {
                                "name": "pods/portforward",
                                "singularName": "",
                                "namespaced": True,
                                "kind": "PodPortForwardOptions",
                                "verbs": ["create", "get"],
                            }
                        )
            if group == "authorization.k8s.io":
                rs.append(
                    {
                        "name": "selfsubjectaccessreviews",
                        "singularName": "selfsubjectaccessreview",
                        "namespaced": False,
                        "kind": "SelfSubjectAccessReview",
                        "verbs": ["create"],
                    }
                )
            if not rs:
                return await self._text(w, 404, "404 page not found")
            return await self._json(
                w, 200, {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": gv, "resources": rs}
            )
        if group == "authorization.k8s.io" and p[0] == "selfsubjectaccessreviews" and method == "POST":
            o = json.loads(body)
            a = (o.get("spec") or {}).get("resourceAttributes") or {}
            name = a.get("resource", "") + ("/" + a["subresource"] if a.get("subresource") else "")
            o.update(
                kind="SelfSubjectAccessReview",
                apiVersion="authorization.k8s.io/v1",
                status={"allowed": self.allowed(user, a.get("verb"), name)},
            )
            return await self._json(w, 201, o)
        ns = ""
        if p[0] == "namespaces" and len(p) >= 3:
            ns, p = p[1], p[2:]
        r = next((x for x in self.store.table if x.gv == gv and x.plural == p[0]), None)
        if r is None:
            return await self._text(w, 404, "404 page not found")
        name = p[1] if len(p) > 1 else ""
        subres = p[2] if len(p) > 2 else ""
        full = r.plural + ("/" + subres if subres else "")
        verb = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}.get(
            method, ""
        )
        if method == "GET" and not name:
            verb = "watch" if q.get("watch", [""])[0] in ("true", "1") else "list"
        if not self.allowed(user, verb, full):
            self._forbid(user, verb, full, group, ns, name)
        if subres == "portforward" and r.kind == "Pod":
            return await self._portforward(rd, w, method, user, rule, r, ns, name, q, hdr)
        if subres == "token" and r.kind == "ServiceAccount" and method == "POST":
            asked = json.loads(body)
            asked["status"] = {"token": "secret", "expirationTimestamp": "2126-01-01T00:00:00Z"}
            return await self._json(w, 201, asked)
        if method != "GET":
            raise Answer(
                405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {}
            )
        if not name:
            return await self._list(w, r, ns, q, verb == "watch")
        o = self.store.get(r, ns, name)
        if o is None:
            self._missing(r, name)
        if subres == "log":
            return await self._log(w, o, q)
        if subres:
            raise Answer(404, "NotFound", "the server could not find the requested resource", {})
        return await self._json(w, 200, o)

    async def _list(self, w, r, ns, q, watch):
        def one(k):
            return q.get(k, [""])[0]

        sel = parse_selector(one("labelSelector"))
        items = []
        for o in self.store.all(r):
            m = o["metadata"]
            if (r.namespaced and ns and m.get("namespace") != ns) or not sel(m.get("labels")):
                continue
            ok = True
            for t in filter(None, one("fieldSelector").split(",")):
                k, op, v = re.match(r"([^=!]+)(!=|==?)(.*)", t).groups()
                ok = ok and (_field(o, k) == v) is (op != "!=")
            if ok:
                items.append(o)
        if watch:
            ev = []
            if one("resourceVersion") in ("", "0") or one("sendInitialEvents") == "true":
                ev = [{"type": "ADDED", "object": o} for o in items]
            if one("sendInitialEvents") == "true":
                ev.append(
                    {
                        "type": "BOOKMARK",
                        "object": {
                            "kind": r.kind,
                            "apiVersion": r.gv,
                            "metadata": {
                                "resourceVersion": "9000",
                                "annotations": {"k8s.io/initial-events-end": "true"},
                            },
                        },
                    }
                )
            await self._chunked(w, "application/json", b"".join(json.dumps(e).encode() + b"\n" for e in ev))
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), float(one("timeoutSeconds") or 1800))
            w.write(b"0\r\n\r\n")
            return await w.drain()
        md = {"resourceVersion": "9000"}
        off, lim = int(one("continue") or 0), int(one("limit") or 0)
        items = items[off:]
        if 0 < lim < len(items):
            md.update({"continue": str(off + lim), "remainingItemCount": len(items) - lim})
            items = items[:lim]

        def strip(o):
            return (
                o
                if "istio.io" in r.group
                else {k: v for k, v in o.items() if k not in ("kind", "apiVersion")}
            )

        await self._json(
            w,
            200,
            {"kind": r.kind + "List", "apiVersion": r.gv, "metadata": md, "items": [strip(o) for o in items]},
        )

    async def _chunked(self, w, ctype, data):
        w.write(f"HTTP/1.1 200 OK\r\nContent-Type: {ctype}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        if data:
            w.write(b"%x\r\n%s\r\n" % (len(data), data))
        await w.drain()

    async def _log(self, w, o, q):
        def one(k):
            return q.get(k, [""])[0]

        name, ns, spec = o["metadata"]["name"], o["metadata"]["namespace"], o.get("spec") or {}
        cs = [c["name"] for c in spec.get("containers") or []]
        inits = [c["name"] for c in spec.get("initContainers") or []]

        def bad(msg):
            return Answer(400, "BadRequest", msg)

        c = one("container")
        if not c:
            if len(cs) != 1:
                msg = f"a container name must be specified for pod {name}, choose one of: [{' '.join(cs)}]"
                raise bad(msg + (f" or one of the init containers: [{' '.join(inits)}]" if inits else ""))
            c = cs[0]
        if c not in cs + inits:
            raise bad(f"container {c} is not valid for pod {name}")
        if (o.get("status") or {}).get("phase") == "Pending":
            raise bad(f'container "{c}" in pod "{name}" is waiting to start: ContainerCreating')
        if one("previous") == "true":
            raise bad(f'previous terminated container "{c}" in pod "{name}" not found')
        text = (o["metadata"].get("annotations") or {}).get(PREFIX + "log-" + c)
        if text is None:
            text = ""
            with contextlib.suppress(OSError, TypeError):
                with open(os.path.join(self.store.dir, "logs", ns, name, c + ".log"), encoding="utf-8") as fh:
                    text = fh.read()
        if one("tailLines"):
            n = int(one("tailLines"))
            text = "".join(text.splitlines(True)[-n:] if n else [])
        data = text.encode()
        if one("limitBytes"):
            data = data[: int(one("limitBytes"))]
        if one("follow") == "true":
            await self._chunked(w, "text/plain", data)
            await self._stopped.wait()
            return False
        await self._reply(w, 200, "text/plain", data)

    # -- port-forward

    async def _portforward(self, r, w, method, user, rule, res, ns, name, q, hdr):
        upgrade = "upgrade" in hdr.get("connection", "").lower()
        ws = upgrade and hdr.get("upgrade", "").lower() == "websocket"
        if (
            method == "GET"
            and ws
            and not self.legacy_rbac
            and not self.allowed(user, "create", "pods/portforward")
        ):
            self._forbid(user, "create", "pods/portforward", "", ns, name)
        pod = self.store.get(res, ns, name)
        if pod is None:
            self._missing(res, name)
        if not (pod.get("spec") or {}).get("nodeName"):
            raise Answer(400, "BadRequest", f"pod {name} does not have a host assigned")
        ports = []
        for v in q.get("ports", []):
            for x in v.split(","):
                if not re.fullmatch(r"[0-9]+", x):
                    raise Answer(
                        400,
                        "BadRequest",
                        f'cannot convert to []int32: strconv.ParseUint: parsing "{x}": invalid syntax',
                    )
                if int(x) > 65535:
                    raise Answer(
                        400,
                        "BadRequest",
                        f'cannot convert to []int32: strconv.ParseUint: parsing "{x}": value out of range',
                    )
                ports.append(int(x))
        if not upgrade:
            raise Answer(400, "BadRequest", "Upgrade request required")
        sid = sandbox_id(pod["metadata"]["uid"])
        if (pod.get("status") or {}).get("phase") != "Running":
            return await self._text(
                w, 500, f'rpc error: code = Unknown desc = sandbox container "{sid}" is not running'
            )
        if not ws:
            return await self._text(w, 400, "fake_kube: SPDY is not offered, use a websocket")
        if not ports:
            return await self._text(w, 400, 'query parameter "port" is required')
        if 0 in ports:
            return await self._text(
                w,
                400,
                'port "0" must be > 0'
                if len(ports) == 1
                else f'port "{",".join(map(str, ports))}" must be > 0',
            )
        proto = None
        offered = [x.strip() for x in hdr.get("sec-websocket-protocol", "").split(",")]
        for x in offered:  # the client's order decides; v5 is for exec/attach only
            if x in ("", "v4.channel.k8s.io", "v4.base64.channel.k8s.io"):
                proto = x
                break
        if hdr.get("sec-websocket-version") != "13":
            w.write(
                b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nSec-Websocket-Version: 13\r\n\r\nmissing or bad WebSocket Version"
            )
        elif not hdr.get("sec-websocket-key"):
            w.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nmismatch challenge/response")
        elif proto is None:
            w.write(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n")
        else:
            key = hdr["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            acc = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
            w.write(
                f"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {acc}\r\n"
                f"Sec-WebSocket-Protocol: {proto}\r\nUpgrade: websocket\r\n\r\n".encode()
            )
            self.active_streams += 1
            try:
                await _WS(self, r, w, proto, pod, sid, ports, rule).run()
            finally:
                self.active_streams -= 1
            return False
        await w.drain()
        return False

    def target(self, pod, port):
        m = pod["metadata"]
        k = (m["namespace"], m["name"], port)
        return (
            self._targets[k]
            if k in self._targets
            else (m.get("annotations") or {}).get(f"{PREFIX}port-{port}")
        )


class _WS:
    """One upgraded connection: channels 2i (data) and 2i+1 (error) for the i-th port."""

    def __init__(self, kube, r, w, proto, pod, sid, ports, rule):
        self.kube, self.r, self.w, self.pod, self.sid, self.ports, self.rule = (
            kube,
            r,
            w,
            pod,
            sid,
            ports,
            rule,
        )
        self.b64 = "base64" in proto
        self.tail = b""
        w.transport.set_write_buffer_limits(high=CHUNK)
        self.inbox = [asyncio.Queue(1) for _ in ports]  # io.Pipe: at most one message is in flight
        self.eof = [asyncio.Event() for _ in ports]

    def frame(self, op, data):
        n = len(data)
        size = (
            bytes([n])
            if n < 126
            else b"\x7e" + struct.pack(">H", n)
            if n < 65536
            else b"\x7f" + struct.pack(">Q", n)
        )
        out = self.tail + bytes([0x80 | op]) + size + data
        self.tail = b""
        # kube-apiserver copies the kubelet's bytes in blocks that do not respect frames, so TLS records and
        # websocket frames are not aligned while data flows.  Clients depend on that (the Python client's
        # SSLSocket.pending() loop reads on for as long as half a frame is pending), so do the same.
        if op < 3 and n > 16384:
            out, self.tail = out[:-9], out[-9:]
            asyncio.get_running_loop().call_later(0.01, self.flush, self.tail)
        self.w.write(out)

    def flush(self, tail=None):
        if self.tail and (tail is None or tail is self.tail) and not self.w.is_closing():
            self.w.write(self.tail)
            self.tail = b""

    async def send(self, channel, data):
        if self.b64:
            self.frame(1, b"%d" % channel + base64.b64encode(data))
        else:
            self.frame(2, bytes([channel]) + data)
        await self.w.drain()

    async def run(self):
        for i, port in enumerate(self.ports):
            for ch in (2 * i, 2 * i + 1):
                await self.send(ch, struct.pack("<H", port))  # little endian
        reader = asyncio.ensure_future(self.receive())
        work = asyncio.gather(*(self.forward(i, p) for i, p in enumerate(self.ports)), return_exceptions=True)
        try:
            await asyncio.wait([reader, work], return_when=asyncio.FIRST_COMPLETED)
            if reader.done() and not work.done():  # the client left: close now, tidy up after
                await self.close()
                for e in self.eof:
                    e.set()
                await asyncio.wait([work], timeout=LINGER + 0.5)
            await self.close()
        finally:
            for t in (reader, work):
                t.cancel()
            await asyncio.gather(reader, work, return_exceptions=True)

    async def close(self):
        with contextlib.suppress(Exception):
            if not self.w.is_closing():
                self.frame(8, b"\x03\xe8")  # 1000, no reason, whatever had happened
                await self.w.drain()
                self.w.close()

    async def receive(self):
        op = 2
        while True:
            try:
                a, b = await self.r.readexactly(2)
                n = b & 127
                if n > 125:
                    n = int.from_bytes(await self.r.readexactly(2 if n == 126 else 8), "big")
                if not b & 128:
                    self.frame(8, b"\x03\xea")  # 1002: clients must mask
                    return
                key = await self.r.readexactly(4)
                if n > MAX_MESSAGE and a & 15 < 8:
                    return
                data = await self.r.readexactly(n)
            except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
                return
            if n:
                k = (key * (n // 4 + 1))[:n]
                data = (int.from_bytes(data, "big") ^ int.from_bytes(k, "big")).to_bytes(n, "big")
            op = a & 15
            if op == 8:
                return
            if op == 9:
                self.frame(10, data)
            if op > 2 or not data:
                continue
            # binary or text, and each fragment by itself: the library does not reassemble messages
            ch = data[0] - 48 if self.b64 else data[0]
            if ch % 2 or not 0 <= ch < 2 * len(self.ports):
                continue
            data = base64.b64decode(data[1:] + b"==") if self.b64 else data[1:]
            put = asyncio.ensure_future(self.inbox[ch // 2].put(data))
            end = asyncio.ensure_future(self.eof[ch // 2].wait())
            await asyncio.wait([put, end], return_when=asyncio.FIRST_COMPLETED)
            put.cancel()
            end.cancel()

    async def forward(self, i, port):
        msg = await self._forward(i, port)
        self.eof[i].set()
        if msg and not self.w.is_closing():
            await self.send(
                2 * i + 1,
                f"error forwarding port {port} to pod {self.sid}, uid : failed to execute portforward "
                f'in network namespace "/var/run/netns/cni-{self.sid[:8]}-livelab": {msg}'.encode(),
            )

    async def _forward(self, i, port):
        to = self.kube.target(self.pod, port)
        try:
            if not to or self.rule.get("stream") == "refuse":
                raise OSError
            r, w = await asyncio.open_connection("127.0.0.1", int(to))
        except OSError:
            return (
                f'failed to connect to localhost:{port} inside namespace "{self.sid}", '
                f"IPv4: dial tcp4 127.0.0.1:{port}: connect: connection refused "
                f"IPv6: dial tcp6 [::1]:{port}: connect: connection refused"
            )
        w.transport.set_write_buffer_limits(high=0)
        err = None
        down, up = (asyncio.ensure_future(x) for x in (self.down(i, r), self.up(i, w)))
        try:
            done, rest = await asyncio.wait([down, up], return_when=asyncio.FIRST_COMPLETED)
            if rest:
                done |= (await asyncio.wait(rest, timeout=LINGER))[0]
            for t in done:
                if t.exception() and not isinstance(t.exception(), asyncio.CancelledError):
                    err = err or t.exception()
        finally:
            down.cancel()
            up.cancel()
            w.close()
        return f'failed to execute portforward for "{self.sid}" port {port}: {err}' if err else None

    async def up(self, i, w):
        end = asyncio.ensure_future(self.eof[i].wait())
        try:
            while True:
                get = asyncio.ensure_future(self.inbox[i].get())
                await asyncio.wait([get, end], return_when=asyncio.FIRST_COMPLETED)
                if not get.done():
                    get.cancel()
                    return
                w.write(get.result())
                await w.drain()
        finally:
            end.cancel()

    async def down(self, i, r):
        kind, after, n = self.rule.get("stream"), self.rule.get("after", 0), 0
        strikes = kind in ("close", "error", "stall", "drop", "reset")
        rate = max(1, self.rule.get("rate", CHUNK * 10) // 10)
        while True:
            lim = min(CHUNK, after - n) if strikes else min(CHUNK, rate) if kind == "slow" else CHUNK
            if lim > 0:
                data = await r.read(lim)
                if not data:
                    return
                await self.send(2 * i, data)
                n += len(data)
                if kind == "slow":
                    await asyncio.sleep(0.1)
            if strikes and n >= after:
                if kind == "close":
                    return
                if kind == "error":
                    raise OSError(
                        self.rule.get("message")
                        or "read tcp4 127.0.0.1:40000->127.0.0.1:15000: read: connection reset by peer"
                    )
                if kind == "stall":
                    await asyncio.sleep(86400)
                self.flush()
                await asyncio.sleep(0.05)
                if kind == "reset":
                    sock = self.w.get_extra_info("socket")
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.w.transport.abort()
                return


# --------------------------------------------------------------------------- certificates

_certs = None


def certificates():
    """The folder of a CA, another CA, server and admin client certificates: made once a process, for all servers."""
    global _certs
    if _certs:
        return _certs.name
    if not shutil.which("openssl"):
        raise RuntimeError("fake_kube needs the openssl program for TLS; install it or use tls=False")
    tmp = tempfile.TemporaryDirectory(prefix="fake-kube-certs-")
    d = tmp.name

    def at(n):
        return os.path.join(d, n)

    def run(*a):
        p = subprocess.run(("openssl", *a), capture_output=True, text=True)
        if p.returncode:
            raise RuntimeError("openssl " + " ".join(a) + ": " + p.stderr)

    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    for n, cn in (("ca", "livelab-ca"), ("other", "some-other-ca")):
        with open(at(n + ".cnf"), "w") as fh:
            fh.write(
                f"[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\nCN={cn}\n[v3]\n"
                "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,digitalSignature\n"
                "subjectKeyIdentifier=hash\n"
            )
        run(
            "req",
            "-x509",
            *new,
            "-keyout",
            at(n + ".key"),
            "-out",
            at(n + ".crt"),
            "-days",
            "3650",
            "-config",
            at(n + ".cnf"),
        )
    for n, subj, ext in (
        (
            "server",
            "/CN=kubernetes",
            "extendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost",
        ),
        ("admin", "/O=system:masters/CN=admin", "extendedKeyUsage=clientAuth"),
    ):
        with open(at(n + ".ext"), "w") as fh:
            fh.write("basicConstraints=CA:false\nauthorityKeyIdentifier=keyid\n" + ext + "\n")
        run("req", *new, "-keyout", at(n + ".key"), "-out", at(n + ".csr"), "-subj", subj)
        run(
            "x509",
            "-req",
            "-in",
            at(n + ".csr"),
            "-CA",
            at("ca.crt"),
            "-CAkey",
            at("ca.key"),
            "-CAcreateserial",
            "-days",
            "3650",
            "-extfile",
            at(n + ".ext"),
            "-out",
            at(n + ".crt"),
        )
    _certs = tmp
    return d


@contextlib.contextmanager
def serve(manifests=None, **kw):
    """Starts a FakeKube in a thread; see FakeKube.__init__ for the options."""
    k = FakeKube(manifests, **kw)
    k.start()
    try:
        yield k
    finally:
        k.stop()


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--manifests", required=True)
    ap.add_argument("--out", default="run", help="where kubeconfig and ca.crt are written")
    ap.add_argument("--listen", default="127.0.0.1:16443")
    ap.add_argument("--namespace", default="", help="namespace set in the kubeconfig's contexts")
    ap.add_argument("--version", default="v1.36.1")
    ap.add_argument("--faults", help="JSON file of fault rules")
    ap.add_argument("--legacy-rbac", action="store_true")
    ap.add_argument("--no-tls", action="store_true")
    ap.add_argument("--quiet", action="store_true")
    a = ap.parse_args()
    host, _, port = a.listen.rpartition(":")
    with serve(
        a.manifests,
        out=a.out,
        host=host,
        port=int(port),
        tls=not a.no_tls,
        namespace=a.namespace,
        version=a.version,
        legacy_rbac=a.legacy_rbac,
        verbose=not a.quiet,
    ) as k:
        if a.faults:
            with open(a.faults, encoding="utf-8") as fh:
                k.faults(*json.load(fh))
        print(f"fake_kube: {k.url}, kubeconfig {k.kubeconfig}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
