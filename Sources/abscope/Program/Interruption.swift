import Glibc
import Synchronization

/// Ctrl-C, and SIGTERM.
///
/// Whenever they come the store is whole, for an append holds them back until it is done. What they end says so, in the
/// words that are true at the moment, and leaves the terminal as it was.
enum Interruption {
    /// Where the words are that are written before the process ends: a length in bytes, and the bytes. 0 while the work
    /// looks at ``isAsked`` itself.
    private static let words = Atomic<UInt>(0)
    private static let wasAsked = Atomic<Bool>(false)

    /// Somebody pressed Ctrl-C since ``onlyAsks()``.
    static var isAsked: Bool { wasAsked.load(ordering: .relaxed) }

    /// From now on a signal ends the process at once: with these words and status 130.
    static func ends(saying message: Message, on console: Console) {
        let failure = Failure(.interrupted, message)
        // Takes a line of progress or a question away first, with the ^C that the terminal shows in it.
        let text = (console.isErrorTerminal && !console.isJSON ? "\r\u{1B}[K" : "") + console.line(of: failure)
        let bytes = Array(text.utf8)
        let header = MemoryLayout<Int>.size
        // Never given back: a signal may be reading the words before.
        let place = UnsafeMutableRawPointer.allocate(
            byteCount: header + bytes.count,
            alignment: MemoryLayout<Int>.alignment
        )
        unsafe place.storeBytes(of: bytes.count, as: Int.self)
        for (index, byte) in bytes.enumerated() {
            unsafe place.storeBytes(of: byte, toByteOffset: header + index, as: UInt8.self)
        }
        words.store(UInt(bitPattern: place), ordering: .releasing)
        watch()
    }

    /// From now on the first signal only sets ``isAsked``, for work that stops between two steps and says how far it
    /// came; a second one ends the process at once.
    static func onlyAsks() {
        words.store(0, ordering: .releasing)
        watch()
    }

    private static func watch() {
        for number in [SIGINT, SIGTERM] {
            var action = sigaction()
            // Who was started with a signal ignored, as `nohup` and scripts do, goes on ignoring it.
            guard unsafe sigaction(number, nil, &action) == 0,
                unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) != 1
            else { continue }
            action = sigaction()
            unsafe action.__sigaction_handler.sa_handler = { number in Interruption.arrived(number) }
            action.sa_flags = SA_RESTART
            _ = unsafe sigaction(number, &action, nil)
        }
    }

    /// In the signal's handler: only calls that are allowed there.
    private static func arrived(_ number: Int32) {
        guard let words = unsafe UnsafeRawPointer(bitPattern: words.load(ordering: .acquiring)) else {
            wasAsked.store(true, ordering: .relaxed)
            _ = signal(number, nil)
            return
        }
        let count = unsafe words.load(as: Int.self)
        _ = unsafe write(STDERR_FILENO, words + MemoryLayout<Int>.size, count)
        _exit(ExitStatus.interrupted.rawValue)
    }
}
