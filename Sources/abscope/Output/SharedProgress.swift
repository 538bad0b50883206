/// A ``Progress`` for callbacks that outlive the scope they are made in, where the total is known only on the way.
final class SharedProgress {
    private let what: Message
    private let console: Console
    private var progress: Progress?

    init(_ what: Message, on console: Console) {
        self.what = what
        self.console = console
    }

    /// - Parameters:
    ///   - doneBytes: since the beginning.
    ///   - totalBytes: 0 where it is not known.
    func advance(to doneBytes: UInt64, of totalBytes: UInt64) {
        if progress == nil { progress = Progress(what, totalBytes: totalBytes, on: console) }
        progress?.advance(to: doneBytes)
    }

    /// Takes the line away; may be called again.
    func finish() {
        progress?.finish()
        progress = nil
    }
}
