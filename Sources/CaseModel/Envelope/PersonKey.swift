import Crypto

/// The key that seals the identifying fields of one person. Destroying it erases them everywhere.
package struct PersonKey: Hashable, Sendable {
    /// 32 bytes.
    private let bytes: [UInt8]

    package static let lengthBytes = 32

    /// - Returns: nil unless `bytes` are exactly 32.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.lengthBytes else { return nil }
        self.bytes = Array(bytes)
    }

    /// The secret itself, to be wrapped for a site; never shown, never logged.
    package var secretBytes: [UInt8] { bytes }

    /// Says which key without telling anything about it: the first 8 bytes of
    /// SHA-256("abscope person key 1" || key).
    package var id: [UInt8] {
        Array(SHA256.hash(data: Array("abscope person key 1".utf8) + bytes).prefix(8))
    }

    /// Seals an encoded body of identifying fields.
    ///
    /// - Parameters:
    ///   - body: the encoded body; its top-level fields are listed beside the ciphertext.
    ///   - kind: the kind of the record, bound to the ciphertext.
    ///   - person: whose key this is.
    ///   - nonce: 12 random bytes, never used twice with one key.
    /// - Returns: the ciphertext with what a reader needs beside it.
    /// - Throws: `.illFormedEntry` when `body` is no message, `.illFormedValue` when it is empty or `nonce` is not 12
    ///   bytes.
    package func seal(
        body: [UInt8],
        kind: RecordKind,
        person: RecordTarget,
        nonce: [UInt8]
    ) throws(RecordError) -> DraftSealedFields {
        let fields = try WireFields.split(body).map(\.field)
        guard !fields.isEmpty else { throw RecordError(.illFormedValue, "There is nothing to seal.") }
        let box: ChaChaPoly.SealedBox
        do {
            box = try ChaChaPoly.seal(
                body,
                using: SymmetricKey(data: bytes),
                nonce: ChaChaPoly.Nonce(data: nonce),
                authenticating: Self.sealingContext(kind: kind, fields: fields)
            )
        } catch {
            throw RecordError(.illFormedValue, "The identifying fields cannot be sealed: \(error).")
        }
        return DraftSealedFields(
            person: person,
            keyID: id,
            nonce: nonce,
            ciphertext: Array(box.ciphertext) + Array(box.tag),
            fields: fields
        )
    }

    /// The encoded body inside.
    ///
    /// - Throws: `.cannotOpen` when it was sealed with another key, altered, or holds other fields than it lists.
    package func open(_ sealed: SealedFields, kind: RecordKind) throws(RecordError) -> [UInt8] {
        guard sealed.keyID == id else {
            throw RecordError(.cannotOpen, "The identifying fields are sealed with another key.")
        }
        let body: [UInt8]
        do {
            let box = try ChaChaPoly.SealedBox(
                nonce: ChaChaPoly.Nonce(data: sealed.nonce),
                ciphertext: sealed.ciphertext.dropLast(16),
                tag: sealed.ciphertext.suffix(16)
            )
            body = Array(
                try ChaChaPoly.open(
                    box,
                    using: SymmetricKey(data: bytes),
                    authenticating: Self.sealingContext(kind: kind, fields: sealed.fields)
                )
            )
        } catch {
            throw RecordError(.cannotOpen, "The identifying fields were altered: \(error).")
        }
        guard try WireFields.split(body).map(\.field) == sealed.fields else {
            throw RecordError(.cannotOpen, "The identifying fields are not the ones listed beside them.")
        }
        return body
    }

    /// The authenticated data: "abscope sealed body 1" || kind (4, little-endian) || number of fields (4) || fields
    /// (4 each, ascending).
    package static func sealingContext(kind: RecordKind, fields: [UInt32]) -> [UInt8] {
        ([kind.rawValue, UInt32(fields.count)] + fields).reduce(into: Array("abscope sealed body 1".utf8)) {
            bytes,
            number in
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: number >> shift))
            }
        }
    }
}

extension RecordChange {
    /// The same change with its identifying fields readable, so that they can be compared and shown.
    ///
    /// - Throws: as ``PersonKey/open(_:kind:)``. A change without sealed fields is returned as it is.
    package func opened(with key: PersonKey) throws(RecordError) -> RecordChange {
        guard let sealed else { return self }
        let parts = try WireFields.split(key.open(sealed, kind: kind))
        var change = self
        for index in change.fields.indices {
            guard case .sealed = change.fields[index].content else { continue }
            for part in parts where part.field == change.fields[index].field {
                change.fields[index].content = .bytes(part.bytes)
            }
        }
        return change
    }
}
