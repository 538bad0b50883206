/// How a file is opened.
package enum FileAccess: Sendable {
    /// For reading; the file must exist.
    case read
    /// For reading and writing; the file must exist.
    case readWrite
    /// For reading and writing; the file must not exist and is made with mode 0600.
    case create
    /// For reading and writing; made with mode 0600 when missing.
    case openOrCreate
}
