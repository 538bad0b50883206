import Glibc

/// One line on a terminal's standard error that tells how far long work is: bytes, rate and time left.
///
/// Appears after a second, is renewed at most five times a second, and leaves nothing behind.
struct Progress {
    private let console: Console
    private let what: Message
    private let totalBytes: UInt64
    private let started: UInt64
    private let now: () -> UInt64
    private var shown: UInt64?

    /// * totalBytes: 0 where it is not known: then no time left is told.
    /// * now: steady nanoseconds.
    init(_ what: Message, totalBytes: UInt64, on console: Console, now: @escaping () -> UInt64 = Self.steadyNanoseconds)
    {
        self.what = what
        self.totalBytes = totalBytes
        self.console = console
        self.now = now
        started = now()
    }

    /// - Parameter doneBytes: since the beginning.
    mutating func advance(to doneBytes: UInt64) {
        guard console.isErrorTerminal, !console.isJSON else { return }
        let moment = now()
        guard moment - started >= 1_000_000_000, moment - (shown ?? 0) >= 200_000_000 else { return }
        shown = moment
        let line = Self.line(what, doneBytes: doneBytes, totalBytes: totalBytes, nanoseconds: moment - started)
        Console.writeError("\r\u{1B}[K" + line)
    }

    /// Takes the line away.
    func finish() {
        if shown != nil { Console.writeError("\r\u{1B}[K") }
    }

    /// `Importing: 3.4 MB of 8.0 MB, 1.1 MB/s, 4 s left`.
    static func line(_ what: Message, doneBytes: UInt64, totalBytes: UInt64, nanoseconds: UInt64) -> String {
        let seconds = Double(nanoseconds) / 1e9
        let rate = seconds > 0 ? Double(doneBytes) / seconds : 0
        let text = Message.progress(
            what: say(what),
            done: Quantities.bytes(doneBytes),
            total: totalBytes > 0 ? Quantities.bytes(totalBytes) : nil,
            rate: Quantities.bytes(UInt64(rate)),
            left: totalBytes >= doneBytes && rate > 0 && totalBytes > 0
                ? Quantities.duration(seconds: Int64(Double(totalBytes - doneBytes) / rate)) : nil
        )
        return say(text)
    }

    static func steadyNanoseconds() -> UInt64 {
        var time = timespec()
        guard unsafe clock_gettime(CLOCK_MONOTONIC, &time) == 0 else { return 0 }
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
