"""HPKE of RFC 9180 as ../wire.md uses it, and HKDF: base mode, DHKEM(X25519), HKDF-SHA256, ChaCha20-Poly1305."""
import hmac
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from log_format import Refused

_KEM, _SUITE = b"KEM" + struct.pack(">H", 0x20), b"HPKE" + struct.pack(">HHH", 0x20, 1, 3)


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int = 32) -> bytes:
    return _expand(hmac.digest(salt or bytes(32), secret, "sha256"), info, length)


def _expand(key: bytes, info: bytes, length: int) -> bytes:
    out = last = b""
    for count in range(1, 256):
        if len(out) >= length:
            break
        last = hmac.digest(key, last + info + bytes([count]), "sha256")
        out += last
    return out[:length]


def _extracted(suite: bytes, salt: bytes, label: bytes, value: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + value, "sha256")


def _expanded(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    return _expand(key, struct.pack(">H", length) + b"HPKE-v1" + suite + label + info, length)


def _schedule(exchanged: bytes, sent: bytes, receiver: bytes, info: bytes) -> tuple[ChaCha20Poly1305, bytes]:
    shared = _expanded(_KEM, _extracted(_KEM, b"", b"eae_prk", exchanged), b"shared_secret", sent + receiver, 32)
    context = b"\0" + _extracted(_SUITE, b"", b"psk_id_hash", b"") + _extracted(_SUITE, b"", b"info_hash", info)
    secret = _extracted(_SUITE, shared, b"secret", b"")
    key, nonce = (_expanded(_SUITE, secret, label, context, size) for label, size in ((b"key", 32), (b"base_nonce", 12)))
    return ChaCha20Poly1305(key), nonce


def public_half(key: X25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def seal(plain: bytes, receiver: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Encapsulated key (32), and ciphertext with its tag."""
    ephemeral = X25519PrivateKey.generate()
    sent = public_half(ephemeral)
    cipher, nonce = _schedule(ephemeral.exchange(X25519PublicKey.from_public_bytes(receiver)), sent, receiver, info)
    return sent, cipher.encrypt(nonce, plain, b"")


def unseal(sent: bytes, sealed: bytes, receiver: X25519PrivateKey, info: bytes) -> bytes:
    try:
        exchanged = receiver.exchange(X25519PublicKey.from_public_bytes(sent))
        cipher, nonce = _schedule(exchanged, sent, public_half(receiver), info)
        return cipher.decrypt(nonce, sealed, b"")
    except (InvalidTag, ValueError) as error:
        raise Refused("it does not open") from error
