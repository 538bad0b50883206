import Crypto
import Schema

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
    ///   - place: where it will stand; it opens nowhere else.
    ///   - nonce: 12 random bytes, never used twice with one key.
    /// - Returns: the ciphertext with what a reader needs beside it.
    /// - Throws: `.illFormedEntry` when `body` is no message, `.illFormedValue` when it is empty or `nonce` is not 12
    ///   bytes.
    package func seal(
        body: [UInt8],
        at place: SealingPlace,
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
                authenticating: place.context(fields: fields)
            )
        } catch {
            throw RecordError(.illFormedValue, "The identifying fields cannot be sealed: \(error).")
        }
        return DraftSealedFields(
            person: place.person,
            keyID: id,
            nonce: nonce,
            ciphertext: Array(box.ciphertext) + Array(box.tag),
            fields: fields
        )
    }

    /// The encoded body inside.
    ///
    /// - Parameters:
    ///   - sealed: the ciphertext with what stands beside it.
    ///   - place: where it was found.
    /// - Returns: the body, never empty.
    /// - Throws: `.cannotOpen` when it was sealed with another key or for another place, altered, or holds other fields
    ///   than it lists.
    package func open(_ sealed: SealedFields, at place: SealingPlace) throws(RecordError) -> [UInt8] {
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
                    authenticating: place.context(fields: sealed.fields)
                )
            )
        } catch {
            throw RecordError(.cannotOpen, "The identifying fields were altered, or moved here: \(error).")
        }
        guard try WireFields.split(body).map(\.field) == sealed.fields else {
            throw RecordError(.cannotOpen, "The identifying fields are not the ones listed beside them.")
        }
        return body
    }
}

extension RecordChange {
    /// The same change with its identifying fields readable, so that they can be compared and shown.
    ///
    /// - Throws: as ``PersonKey/open(_:at:)``. A change without sealed fields is returned as it is.
    package func opened(with key: PersonKey) throws(RecordError) -> RecordChange {
        guard let sealed, let sealingPlace else { return self }
        let parts = try WireFields.split(key.open(sealed, at: sealingPlace))
        var change = self
        for index in change.fields.indices {
            guard case .sealed = change.fields[index].content else { continue }
            for part in parts where part.field == change.fields[index].field {
                change.fields[index].content = .bytes(part.bytes)
            }
        }
        return change
    }

    /// The same change for a site that destroyed the key: what identifies the person is gone, and no longer differs.
    package func erased() -> RecordChange {
        var change = self
        for index in change.fields.indices {
            guard case .sealed = change.fields[index].content else { continue }
            change.fields[index].content = .absent(.erased)
        }
        return change
    }

    /// Its identifying fields are those of a key that was destroyed here: see ``erased()``.
    package var isErased: Bool {
        sealed != nil
            && fields.allSatisfy { field in
                if case .absent(.erased) = field.content { true } else { !field.isIdentifying }
            }
    }

    /// Its identifying fields are here and readable.
    package var isOpened: Bool {
        sealed != nil
            && fields.allSatisfy { field in
                if case .bytes = field.content { true } else { !field.isIdentifying }
            }
    }
}
