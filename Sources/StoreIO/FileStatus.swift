/// What the file system says of a file.
package struct FileStatus: Sendable, Hashable {
    package enum Kind: Sendable, Hashable { case file, directory, symbolicLink, other }
    package var kind: Kind
    package var sizeBytes: UInt64
    package var inode: UInt64
    package var device: UInt64
    package var ownerID: UInt32
    /// The permission bits, for example 0o600.
    package var mode: UInt32

    /// When the file was made, in nanoseconds since 1970; nil where the file system does not know.
    package var bornNanoseconds: UInt64?

    package init(
        kind: Kind,
        sizeBytes: UInt64,
        inode: UInt64,
        device: UInt64,
        ownerID: UInt32,
        mode: UInt32,
        bornNanoseconds: UInt64? = nil
    ) {
        self.bornNanoseconds = bornNanoseconds
        self.kind = kind
        self.sizeBytes = sizeBytes
        self.inode = inode
        self.device = device
        self.ownerID = ownerID
        self.mode = mode
    }
}
