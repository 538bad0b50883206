import Glibc
import Synchronization

/// Ctrl-C during long work: the first asks the work to stop between two steps, a second one ends the process at once.
///
/// Nothing is lost either way, for the log acknowledges only what is durable; stopping between steps lets the command
/// say how far it came.
enum Interruption {
    private static let wasAsked = Atomic<Bool>(false)

    /// From now on the first SIGINT and SIGTERM only set ``isAsked``.
    static func watch() {
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { _ in Interruption.wasAsked.store(true, ordering: .relaxed) }
        action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
        for number in [SIGINT, SIGTERM] { _ = unsafe sigaction(number, &action, nil) }
    }

    static var isAsked: Bool { wasAsked.load(ordering: .relaxed) }
}
