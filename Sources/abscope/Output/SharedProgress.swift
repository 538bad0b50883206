/// A ``Progress`` for callbacks that outlive the scope they are made in, where the total is known only on the way.
final class SharedProgress {
    private let what: Message
    private let unit: Progress.Unit
    private let console: Console
    private var progress: Progress?

    init(_ what: Message, _ unit: Progress.Unit = .bytes, on console: Console) {
        self.what = what
        self.unit = unit
        self.console = console
    }

    /// - Parameters:
    ///   - done: since the beginning.
    ///   - total: 0 where it is not known.
    func advance(to done: UInt64, of total: UInt64) {
        if progress == nil { progress = Progress(what, total: total, unit, on: console) }
        progress?.advance(to: done)
    }

    /// Takes the line away; may be called again.
    func finish() {
        progress?.finish()
        progress = nil
    }
}
