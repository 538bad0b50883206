"""../bundle-format.md: bundles, read and written."""
from __future__ import annotations

import hashlib
import hmac
import os
import struct
from dataclasses import dataclass
from typing import Any, Callable, Optional

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

import sealing
import wire
from log_format import LIMITS, Refused, holds, must, public_bytes, signed_text, site_of

MAGIC = b"AbscBund"
RECIPIENT_BYTES, CODE_AT, RECIPIENTS_AT = 96, 72, 104


def _secret_info(registry: bytes, number: int, sender: bytes, recipient: bytes) -> bytes:
    return b"abscope bundle key 1" + registry + struct.pack("<Q", number) + sender + recipient


def _statement_code(secret: bytes, statement: bytes) -> bytes:
    return hmac.digest(sealing.hkdf(secret, b"", b"abscope bundle statement 1"), statement, "sha256")


def _chunk_key(secret: bytes, header: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(sealing.hkdf(secret, hashlib.sha256(header).digest(), b"abscope bundle chunk 1"))


def _nonce(number: int, last: bool) -> bytes:
    return struct.pack("<B3xQ", last, number)


@dataclass
class Envelope:
    """The header of a bundle, before anything of it is believed."""

    number: int
    registry: bytes
    sender: bytes
    code: bytes
    recipients: dict[bytes, bytes]
    encoded: bytes

    @staticmethod
    def decode(data: bytes) -> Envelope:
        must(len(data) >= RECIPIENTS_AT and data[:8] == MAGIC, "no bundle")
        version, count, zero, number = struct.unpack_from("<HHIQ", data, 8)
        must(version == 0, "a version nobody knows")
        must(1 <= count <= LIMITS["bundleRecipients"] and zero == 0 and number > 0, "the header of a bundle")
        end = RECIPIENTS_AT + RECIPIENT_BYTES * count
        must(len(data) >= end + 64, "ends in its header")
        rows = [data[at:at + RECIPIENT_BYTES] for at in range(RECIPIENTS_AT, end, RECIPIENT_BYTES)]
        sites = [row[:16] for row in rows]
        must(sites == sorted(set(sites)), "recipients that do not ascend")
        return Envelope(number, data[24:56], data[56:72], data[CODE_AT:RECIPIENTS_AT],
                        {row[:16]: row[16:] for row in rows}, data[:end + 64])

    def check_signature(self, key: bytes) -> None:
        text = signed_text("abscope bundle 1", self.registry, self.encoded[:-64])
        must(site_of(key) == self.sender and holds(key, self.encoded[-64:], text), "the signature of a bundle")

    def secret(self, site: bytes, key: X25519PrivateKey) -> bytes:
        must(site in self.recipients, "a bundle for others")
        sealed = self.recipients[site]
        return sealing.unseal(sealed[:32], sealed[32:], key, _secret_info(self.registry, self.number, self.sender, site))


@dataclass
class Contents:
    """What was read of a bundle, and why not all of it, when that is so."""

    hello: Any
    held: wire.Vector
    frames: list[tuple[int, Any, bytes]]
    problem: Optional[str] = None


def opened(data: bytes, envelope: Envelope, secret: bytes) -> Contents:
    """Raises when the statement can not be had; what comes behind it is read as far as it goes."""
    contents = Contents(None, {}, [])
    statement, stated, code = b"", False, b""
    try:
        for kind, payload in _frames(data, envelope, secret):
            raw = wire.frame(kind, payload)
            message = wire.parsed(kind, payload)
            if stated:
                must(kind in (wire.DATA, wire.CHECKPOINT, wire.KEYS, wire.INCIDENT), "a frame that has no place in a bundle")
                if kind != wire.INCIDENT:
                    contents.frames.append((kind, message, raw))
                continue
            statement += raw
            stated = _take_statement(kind, message, contents, envelope)
            if stated:
                code = _statement_code(secret, statement)
                must(hmac.compare_digest(code, envelope.code), "another statement than was signed")
    except (Refused, wire.Violation) as error:
        if not code:
            raise
        contents.problem = str(error)
    must(bool(code), "no statement")
    return contents


def _take_statement(kind: int, message: Any, contents: Contents, envelope: Envelope) -> bool:
    if contents.hello is None:
        must(kind == wire.HELLO, "no HELLO")
        must((message.site, message.registry) == (envelope.sender, envelope.registry), "another sender than in the header")
        must(message.version_minimum <= wire.VERSION <= message.version_maximum, "versions nobody knows")
        contents.hello = message
        return False
    must(kind == wire.HAVE and not message.resend, "no HAVE")
    must(message.full if not contents.held else message.base == wire.vector_digest(contents.held), "no full HAVE")
    rows = dict(wire.rows_of(message))
    must(not rows.keys() & contents.held.keys() and (bool(rows) or not message.more), "a feed twice, or no row")
    contents.held |= rows
    must(wire.vector_digest(contents.held) == message.frontier, "the digest of the vector")
    return not message.more


def _frames(data: bytes, envelope: Envelope, secret: bytes):
    key, offset, number, last = _chunk_key(secret, envelope.encoded), len(envelope.encoded), 0, False
    while not last:
        must(offset + 4 <= len(data), "it was cut")
        prefix = data[offset:offset + 4]
        length = struct.unpack("<I", prefix)[0]
        length, last = length & 0x7FFFFFFF, length >> 31 == 1
        must(1 <= length <= LIMITS["bundleChunkBytes"], "the length of a chunk")
        sealed = data[offset + 4:offset + 20 + length]
        must(len(sealed) == length + 16, "it was cut")
        offset += 20 + length
        try:
            plain = key.decrypt(_nonce(number, last), sealed, prefix)
        except InvalidTag as error:
            raise Refused("a chunk that does not open") from error
        must(not last or offset == len(data), "something behind the last chunk")
        frames = wire.Frames()
        yield from frames.add(plain)
        must(frames.waiting == 0, "a chunk that ends within a frame")
        number += 1


def written(signing: Ed25519PrivateKey, registry: bytes, number: int, recipients: dict[bytes, bytes],
            statement: list[bytes], frames: list[bytes], chunk_ends: Callable[[int], bool] = lambda index: False) -> bytes:
    """A bundle for some sites, whose X25519 keys are given. `chunk_ends(n)`: a chunk ends behind frame n, full or not."""
    sender, secret = site_of(public_bytes(signing)), os.urandom(32)
    rows = b""
    for site, key in sorted(recipients.items()):
        rows += site + b"".join(sealing.seal(secret, key, _secret_info(registry, number, sender, site)))
    header = (MAGIC + struct.pack("<HHIQ", 0, len(recipients), 0, number) + registry + sender
              + _statement_code(secret, b"".join(statement)) + rows)
    header += signing.sign(signed_text("abscope bundle 1", registry, header))
    chunks = [b""]
    for index, frame in enumerate(statement + frames):
        if len(chunks[-1]) + len(frame) > LIMITS["bundleChunkBytes"]:
            chunks.append(b"")
        chunks[-1] += frame
        if chunk_ends(index) and index + 1 < len(statement + frames):
            chunks.append(b"")
    key, out = _chunk_key(secret, header), header
    for count, plain in enumerate(chunks):
        last = count + 1 == len(chunks)
        prefix = struct.pack("<I", len(plain) | last << 31)
        out += prefix + key.encrypt(_nonce(count, last), plain, prefix)
    return out
