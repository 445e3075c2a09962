"""TLS settings from certificates and keys that are in memory, without leaving them in a file.

Python's ``ssl`` takes a CA as text, but a client certificate and its key only by the name of a file. Linux has files
that are memory alone (``memfd_create``); elsewhere it is a file that only we may read and that is gone before
anything is sent. What is accepted follows Go's crypto/tls: any certificate of the CA bundle is a trust anchor,
names stand in the SAN alone, and what X.509 says beyond that is not insisted on.
"""

from __future__ import annotations

import os
import ssl

import msgspec

from meshctl.errors import MeshctlError


class Trust(msgspec.Struct, frozen=True):
    """What a server and its client prove themselves with; ``ca`` None is the system's CAs."""

    ca: bytes | None = None
    certificate: bytes = b""
    key: bytes = b""
    insecure: bool = False

    def __repr__(self) -> str:
        return "Trust(…)"  # never the key


def context_of(trust: Trust, title: str) -> ssl.SSLContext:
    """The settings for a connection; ``title`` names the kubeconfig in errors."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.hostname_checks_common_name = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if trust.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif trust.ca is None:
        context.load_default_certs()
    else:
        _load_ca(context, trust.ca, title)
    if trust.certificate:
        _load_client(context, trust, title)
    return context


def _load_ca(context: ssl.SSLContext, ca: bytes, title: str) -> None:
    try:
        context.load_verify_locations(cadata=ca.decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        raise MeshctlError(
            f"the CA certificate of {title} cannot be used: it holds no PEM certificate",
            "certificate-authority-data is base64 of a PEM file.",
            "Fetch a fresh kubeconfig.",
        ) from error


def _load_client(context: ssl.SSLContext, trust: Trust, title: str) -> None:
    try:
        _load_chain(context, trust.certificate.rstrip() + b"\n" + trust.key)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        reason = "they do not belong together" if "MISMATCH" in str(error) else "no usable PEM"
        raise MeshctlError(
            f"the client certificate and key of {title} cannot be used: {reason}",
            "The key may also be encrypted, which no Kubernetes client reads.",
            "Fetch a fresh kubeconfig.",
        ) from error


def _load_chain(context: ssl.SSLContext, pem: bytes) -> None:
    """Load a certificate with its key; nothing of them is in a file afterwards."""
    if hasattr(os, "memfd_create"):
        memory = os.memfd_create("client", os.MFD_CLOEXEC)
        try:
            os.write(memory, pem)
            context.load_cert_chain(f"/proc/self/fd/{memory}", password=_no_password)
        finally:
            os.close(memory)
        return
    import tempfile

    handle, path = tempfile.mkstemp()  # mode 0600
    try:
        os.write(handle, pem)
        context.load_cert_chain(path, password=_no_password)
    finally:
        os.close(handle)
        os.unlink(path)


def _no_password() -> str:
    """An encrypted key is refused; OpenSSL would ask on the terminal."""
    return ""
