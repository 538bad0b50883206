"""../wire.md, "Enrolment": requests and invitations as text, fingerprints."""
from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from google.protobuf.message import DecodeError

import messages
from log_format import LIMITS, PROTOCOL, Refused, holds, must, public_bytes, signed_text, site_of
from sealing import public_half

WORDS = (PROTOCOL / "fingerprint-words.txt").read_text().split()
NOWHERE = bytes(32)
TEXT_BYTES = 65536


@dataclass
class Keys:
    """A site's two private keys."""

    signing: Ed25519PrivateKey
    agreement: X25519PrivateKey

    @staticmethod
    def generated() -> Keys:
        return Keys(Ed25519PrivateKey.generate(), X25519PrivateKey.generate())

    @property
    def public(self) -> bytes:
        return public_bytes(self.signing)

    @property
    def site(self) -> bytes:
        return site_of(self.public)


def fingerprint(signing_key: bytes, agreement_key: bytes) -> list[int]:
    """The numbers of its words."""
    return list(hashlib.sha256(b"abscope fingerprint 1" + signing_key + agreement_key).digest()[:8])


def armoured(kind: str, value: bytes) -> str:
    digits = base64.b64encode(value).decode()
    lines = [digits[at:at + 64] for at in range(0, len(digits), 64)]
    return "\n".join([f"-----BEGIN ABSCOPE {kind}-----", *lines, "=" + hashlib.sha256(value).hexdigest()[:6],
                      f"-----END ABSCOPE {kind}-----", ""])


def unarmoured(kind: str, text: str) -> bytes:
    must(len(text.encode()) <= TEXT_BYTES, "too long a text")
    form = f"-----BEGIN ABSCOPE {kind}-----(.*?)=([0-9a-fA-F]{{6}})\\s*-----END ABSCOPE {kind}-----"
    found = re.search(form, text, re.DOTALL)
    must(found is not None, f"no {kind} in the text")
    try:
        value = base64.b64decode("".join(found[1].split()), validate=True)
    except binascii.Error as error:
        raise Refused(f"not base64: {error}") from error
    must(hashlib.sha256(value).hexdigest()[:6] == found[2].lower(), "the check digits")
    return value


def message_of(kind: Any, value: bytes) -> Any:
    message = kind()
    try:
        message.ParseFromString(value)
    except DecodeError as error:
        raise Refused(f"not a protocol buffer: {error}") from error
    return message


def _check_site(keys: Any, alias: str, role: str, addresses: Any) -> None:
    must(re.fullmatch("[A-Z]{2,8}", alias) is not None, "an alias that is none")
    must(role in ("hub", "clinic"), "a role nobody has")
    must(len(addresses) <= LIMITS["siteAddresses"] and all(re.fullmatch("[!-~]{1,249}:[0-9]{1,5}", one) for one in addresses), "the addresses")
    check_keys(keys)


def check_keys(keys: Any) -> None:
    must((len(keys.signing_key), len(keys.agreement_key)) == (32, 32), "the length of a key")
    text = signed_text("abscope agreement key 1", NOWHERE, keys.agreement_key)
    must(holds(keys.signing_key, keys.agreement_signature, text), "the signature of the agreement key")


def request(keys: Keys, alias: str, role: str = "clinic", addresses: tuple[str, ...] = ()) -> str:
    agreement = public_half(keys.agreement)
    message = messages.wire.SiteRequest(
        signing_key=keys.public, agreement_key=agreement,
        agreement_signature=keys.signing.sign(signed_text("abscope agreement key 1", NOWHERE, agreement)),
        alias=alias, role=role, addresses=addresses)
    unsigned = message.SerializeToString(deterministic=True)
    message.signature = keys.signing.sign(signed_text("abscope site request 1", NOWHERE, unsigned))
    return armoured("REQUEST", message.SerializeToString(deterministic=True))


def read_request(text: str) -> Any:
    message = message_of(messages.wire.SiteRequest, unarmoured("REQUEST", text))
    _check_site(message, message.alias, message.role, message.addresses)
    unsigned = messages.wire.SiteRequest()
    unsigned.CopyFrom(message)
    unsigned.ClearField("signature")
    unsigned.DiscardUnknownFields()
    signed = signed_text("abscope site request 1", NOWHERE, unsigned.SerializeToString(deterministic=True))
    must(holds(message.signing_key, message.signature, signed), "the signature of the request")
    return message


def read_invitation(text: str) -> Any:
    message = message_of(messages.wire.SiteInvitation, unarmoured("INVITATION", text))
    must((len(message.registry), len(message.admitted_site), len(message.dial_key)) == (32, 16, 32), "a length")
    must(len(message.addresses) <= LIMITS["siteAddresses"], "too many addresses")
    must(hashlib.sha256(message.founding_entry).digest() == message.registry, "another registry than its founding entry's")
    founding(message.founding_entry)
    return message


# The founding entry -------------------------------------------------------------------------------------------------


def founding(entry: bytes) -> Any:
    """What the first entry of a registry says."""
    for change in message_of(messages.record.Entry, entry).changes:
        body = message_of(messages.record.RosterBody, change.body)
        if change.kind == 32 and body.HasField("founding"):
            check_keys(body.founding.administrator)
            return body.founding
    raise Refused("no founding")
