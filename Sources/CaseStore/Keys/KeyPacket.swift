import CaseModel
import Crypto
import LogFormat

/// Person keys on their way to one site: sealed to its agreement key with HPKE (RFC 9180, X25519, HKDF-SHA256,
/// ChaCha20-Poly1305), so that whoever carries them reads nothing.
///
/// Layout: 1 byte version (0), 32 bytes encapsulated key, ciphertext of one or more 32-byte keys.
enum KeyPacket {
    /// Binds a packet to sender and receiver.
    private static func info(from sender: SiteID, to receiver: SiteID) -> [UInt8] {
        Array("abscope keys 1".utf8) + sender.bytes + receiver.bytes
    }

    static func seal(
        _ keys: [PersonKey],
        from sender: SiteID,
        to receiver: SiteID,
        agreementKey: [UInt8]
    ) throws(CaseStoreError) -> [UInt8] {
        do throws(FormatError) {
            let sealed = try KeySealing.seal(
                keys.flatMap(\.secretBytes),
                to: agreementKey,
                info: info(from: sender, to: receiver)
            )
            return [0] + sealed.encapsulated + sealed.ciphertext
        } catch {
            throw CaseStoreError(.keys, "Keys can not be sealed to site \(receiver): what the roster has is no key.")
        }
    }

    /// - Throws: ``CaseStoreError`` with `.keys` when the packet is not for this site, altered, or of another version.
    static func open(
        _ packet: [UInt8],
        from sender: SiteID,
        to receiver: SiteID,
        with key: Curve25519.KeyAgreement.PrivateKey
    ) throws(CaseStoreError) -> [PersonKey] {
        guard packet.first == 0, packet.count > 33 else {
            throw CaseStoreError(.keys, "A packet of keys is of a version this program does not know.")
        }
        let plain: [UInt8]
        do throws(FormatError) {
            plain = try KeySealing.open(
                encapsulated: Array(packet[1..<33]),
                ciphertext: Array(packet[33...]),
                with: key,
                info: info(from: sender, to: receiver)
            )
        } catch {
            throw CaseStoreError(.keys, "A packet of keys is not for this site, or was altered.")
        }
        guard !plain.isEmpty, plain.count.isMultiple(of: PersonKey.lengthBytes) else {
            throw CaseStoreError(.keys, "A packet of keys is cut.")
        }
        return stride(from: 0, to: plain.count, by: PersonKey.lengthBytes).compactMap {
            PersonKey(plain[$0..<$0 + PersonKey.lengthBytes])
        }
    }
}
