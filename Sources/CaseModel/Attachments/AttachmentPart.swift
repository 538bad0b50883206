import Schema

/// Which piece of which attachment an entry of lane 3 says that it is; whether it is so only the person's key can tell.
package struct AttachmentPart: Hashable, Sendable {
    /// Names the attachment: ``AttachmentCipher/idBytes`` bytes.
    package var attachment: [UInt8]
    /// From 0; below ``AttachmentCipher/mostChunks``.
    package var number: UInt64

    /// nil for what can be no piece.
    ///
    /// - Parameter entry: The bytes of an entry of lane 3.
    /// - Complexity: Linear in the entry.
    package init?(entry: [UInt8]) {
        let message: AttachmentChunk
        do throws(RecordError) {
            message = try AttachmentChunk(encodedBytes: entry)
        } catch {
            return nil
        }
        guard message.attachment.count == AttachmentCipher.idBytes, message.number < AttachmentCipher.mostChunks else {
            return nil
        }
        attachment = Array(message.attachment)
        number = message.number
    }
}
