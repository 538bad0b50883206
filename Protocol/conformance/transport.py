"""../wire.md, "TLS", with the standard library.

Python shows the raw certificate of a peer (`getpeercert(binary_form=True)`) whether it verified it or not, so the dialling
end pins the key itself. A Python server gets a client's certificate only when OpenSSL can verify it; so whoever listens
here has to have seen the dialling end's certificate before, and trusts exactly that one.
"""
from __future__ import annotations

import datetime
import functools
import pathlib
import socket
import ssl
import tempfile
import time
from typing import Any, Optional

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

import wire

ALPN = "abscope"
ED25519_INFO = bytes.fromhex("302a300506032b6570032100")


class Broken(Exception):
    """The other end did what ../wire.md does not allow, or not what it promises."""


class Closed(Exception):
    """The transport ended."""


@functools.lru_cache(maxsize=None)
def certificate(key: Ed25519PrivateKey) -> bytes:
    """A self-signed certificate (DER), one for each key. Nothing of it counts but the key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "conformance")])
    now = datetime.datetime.utcnow()
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
    builder = builder.not_valid_after(now + datetime.timedelta(days=7300))
    return builder.sign(key, None).public_bytes(Encoding.DER)


def context(server: bool, key: Optional[Ed25519PrivateKey], alpn: Optional[str] = ALPN,
            version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.minimum_version = made.maximum_version = version
    if alpn:
        made.set_alpn_protocols([alpn])
    if server:
        made.num_tickets = 0
    if key is not None:
        with tempfile.TemporaryDirectory() as folder:
            chain, private = pathlib.Path(folder, "certificate"), pathlib.Path(folder, "key")
            chain.write_text(ssl.DER_cert_to_PEM_cert(certificate(key)))
            private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            made.load_cert_chain(chain, private)
    return made


def proven_key(der: Optional[bytes]) -> bytes:
    """The Ed25519 key of a certificate, from its SubjectPublicKeyInfo of exactly 44 bytes."""
    if der is None:
        raise Broken("the other end showed no certificate")
    info = x509.load_der_x509_certificate(der).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if len(info) != 44 or not info.startswith(ED25519_INFO):
        raise Broken("the other end's key is no Ed25519 key")
    return info[12:]


class Connection:
    """Frames over TLS, one at a time. `key` is the one the other end proved."""

    def __init__(self, tls: ssl.SSLSocket):
        self.tls = tls
        self.certificate = tls.getpeercert(binary_form=True)
        self.key = proven_key(self.certificate)
        self.received_bytes = 0
        self._frames, self._ready = wire.Frames(), []
        if tls.version() != "TLSv1.3" or tls.selected_alpn_protocol() != ALPN:
            raise Broken(f"not TLS 1.3 with ALPN abscope: {tls.version()}, {tls.selected_alpn_protocol()}")

    def send(self, data: bytes) -> None:
        self.tls.settimeout(20)
        try:
            self.tls.sendall(data)
        except OSError as error:
            raise Closed(str(error)) from error

    def receive(self, seconds: float) -> Optional[tuple[int, Any]]:
        """The next message, well-formed; nothing when none came in that time."""
        deadline = time.monotonic() + seconds
        while not self._ready:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self.tls.settimeout(left)
            try:
                data = self.tls.recv(1 << 16)
            except TimeoutError:
                return None
            except OSError as error:
                raise Closed(str(error)) from error
            if not data:
                raise Closed("its end")
            self.received_bytes += len(data)
            try:
                self._ready = list(self._frames.add(data))
            except wire.Violation as error:
                raise Broken(f"the other end sent {error}") from error
        kind, payload = self._ready.pop(0)
        try:
            return kind, wire.parsed(kind, payload)
        except wire.Violation as error:
            raise Broken(f"the other end sent {wire.NAMES[kind]}: {error}") from error

    def close(self) -> None:
        self.tls.close()


def dial(address: tuple[str, int], key: Ed25519PrivateKey, pinned: Optional[bytes] = None) -> Connection:
    """Connects, and closes unless the other end proves the key expected."""
    plain = socket.create_connection(address, timeout=10)
    try:
        connection = Connection(context(False, key).wrap_socket(plain))
    except OSError as error:
        plain.close()
        raise Closed(str(error)) from error
    if pinned is not None and connection.key != pinned:
        connection.close()
        raise Broken("the other end proved another key")
    return connection


class Listener:
    """Takes connections from the one site whose certificate (DER) is given."""

    def __init__(self, key: Ed25519PrivateKey, host: str, port: int = 0):
        self._context = context(True, key)
        self._socket = socket.create_server((host, port))
        self.address: tuple[str, int] = self._socket.getsockname()

    def trust(self, der: bytes) -> None:
        self._context.load_verify_locations(cadata=der)
        self._context.verify_mode = ssl.CERT_REQUIRED

    def accept(self, seconds: float) -> Connection:
        self._socket.settimeout(seconds)
        plain, _ = self._socket.accept()
        plain.settimeout(10)
        try:
            return Connection(self._context.wrap_socket(plain, server_side=True))
        except OSError as error:
            plain.close()
            raise Closed(str(error)) from error

    def close(self) -> None:
        self._socket.close()
