import Glibc

/// One line on a terminal's standard error that tells how far long work is: how much, rate and time left.
///
/// Appears after a second, is renewed at most five times a second, and leaves nothing behind.
struct Progress {
    /// What is counted.
    enum Unit {
        case bytes, entries, segments

        func text(_ count: UInt64) -> String {
            switch self {
            case .bytes: Quantities.bytes(count)
            case .entries: say(.entryCount(count))
            case .segments: say(.segmentCount(count))
            }
        }
    }

    private let console: Console
    private let what: Message
    private let unit: Unit
    private let total: UInt64
    private let started: UInt64
    private let now: () -> UInt64
    private var shown: UInt64?

    /// * total: 0 where it is not known: then no time left is told.
    /// * now: steady nanoseconds.
    init(
        _ what: Message,
        total: UInt64,
        _ unit: Unit = .bytes,
        on console: Console,
        now: @escaping () -> UInt64 = Self.steadyNanoseconds
    ) {
        self.what = what
        self.unit = unit
        self.total = total
        self.console = console
        self.now = now
        started = now()
    }

    /// - Parameter done: since the beginning.
    mutating func advance(to done: UInt64) {
        guard console.isErrorTerminal, !console.isJSON else { return }
        let moment = now()
        guard moment - started >= 1_000_000_000, moment - (shown ?? 0) >= 200_000_000 else { return }
        shown = moment
        let line = Self.line(what, done, of: total, unit, nanoseconds: moment - started)
        Console.writeError("\r\u{1B}[K" + line)
    }

    /// Takes the line away.
    func finish() {
        if shown != nil { Console.writeError("\r\u{1B}[K") }
    }

    /// `Importing: 3.4 MB of 8.0 MB, 1.1 MB/s, 4 s left`.
    static func line(
        _ what: Message,
        _ done: UInt64,
        of total: UInt64,
        _ unit: Unit,
        nanoseconds: UInt64
    ) -> String {
        let seconds = Double(nanoseconds) / 1e9
        let rate = seconds > 0 ? Double(done) / seconds : 0
        let text = Message.progress(
            what: say(what),
            done: unit.text(done),
            total: total > 0 ? unit.text(total) : nil,
            rate: rate >= 1 ? unit.text(UInt64(rate)) : nil,
            left: total >= done && rate > 0 && total > 0
                ? Quantities.duration(seconds: Int64(Double(total - done) / rate)) : nil
        )
        return say(text)
    }

    static func steadyNanoseconds() -> UInt64 {
        var time = timespec()
        guard unsafe clock_gettime(CLOCK_MONOTONIC, &time) == 0 else { return 0 }
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
