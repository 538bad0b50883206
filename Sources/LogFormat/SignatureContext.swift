/// What a signature is for. Every signature of ours covers one of these words and the registry, so that none can be
/// shown as something else or elsewhere.
package enum SignatureContext: String, CaseIterable, Sendable {
    /// An origin's statement of where its feed stands.
    case checkpoint = "abscope checkpoint 1"
    /// A site's statement that an X25519 key is its own.
    case agreementKey = "abscope agreement key 1"
    /// A site asks to be admitted.
    case siteRequest = "abscope site request 1"
    /// The holder of the recovery key takes authority over the roster.
    case recovery = "abscope recovery 1"
    /// The header of a bundle.
    case bundle = "abscope bundle 1"

    /// Puts together what is signed.
    ///
    /// - Parameters:
    ///   - registry: The registry spoken in; nil only for what is signed before there is one (32 zero bytes).
    ///   - content: What is stated, in the layout its type documents.
    /// - Returns: Context, a zero byte, the registry's 32 bytes, the content.
    package func message(registry: RegistryID?, content: [UInt8]) -> [UInt8] {
        var message: [UInt8] = []
        message.reserveCapacity(rawValue.utf8.count + 1 + RegistryID.lengthBytes + content.count)
        message.append(contentsOf: rawValue.utf8)
        message.append(0)
        if let registry { message.append(registry.asDigest) } else { message.append(zeros: RegistryID.lengthBytes) }
        message.append(contentsOf: content)
        return message
    }
}
