package import LogFormat

/// An entry as it lies in the log, proven by the chain.
package struct StoredEntry: Hashable, Sendable {
    package var reference: EntryReference
    package var bytes: [UInt8]

    package init(reference: EntryReference, bytes: [UInt8]) {
        self.reference = reference
        self.bytes = bytes
    }
}
