/// The transport beneath a ``SessionDriver``: one connection whose two ends have proven their keys.
///
/// Everything happens in one place, one thing after the other: an event loop, or the events of a simulation.
package protocol SessionChannel: AnyObject {
    /// Whether what was written and has not left is little enough for more.
    var isWritable: Bool { get }
    /// What the line has delivered so far; nil where that can not be known.
    func look() -> LineLook?
    /// Hands over bytes, in order.
    func write(_ bytes: [UInt8])
    /// Reading was held back and goes on.
    func read()
    /// Closes once all that was written has left, or when that takes too long.
    func closeWhenWritten()
    /// Runs something later; after the connection closed too.
    func schedule(afterNanoseconds nanoseconds: UInt64, _ body: @escaping () -> Void)
    /// Runs what may block on a disk, each after the one before, and brings the answer back; after the connection closed
    /// too.
    ///
    /// - Parameters:
    ///   - work: What may block.
    ///   - answer: Gets what `work` gave; nil when the program is ending and `work` was not done.
    func callStore<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value,
        then answer: @escaping (Value?) -> Void
    )
}
