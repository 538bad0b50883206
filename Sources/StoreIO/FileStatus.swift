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

    package init(kind: Kind, sizeBytes: UInt64, inode: UInt64, device: UInt64, ownerID: UInt32, mode: UInt32) {
        self.kind = kind
        self.sizeBytes = sizeBytes
        self.inode = inode
        self.device = device
        self.ownerID = ownerID
        self.mode = mode
    }
}
