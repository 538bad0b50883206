import Glibc

/// Runs `body` on a thread of its own: for work that blocks or computes beside the caller, which must never be done on the
/// cooperative pool.
///
/// - Parameters:
///   - inBackground: The thread computes only while no other wants to (see `standBack`).
///   - body: What it does.
package func onOwnThread(inBackground: Bool = false, _ body: @escaping @Sendable () -> Void) {
    let run: @Sendable () -> Void = {
        if inBackground { standBack() }
        body()
    }
    let box = unsafe Unmanaged.passRetained(Body(run: run))
    var thread = pthread_t()
    let made = unsafe pthread_create(
        &thread,
        nil,
        { argument in
            if let argument = unsafe argument {
                unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
            }
            return nil
        },
        box.toOpaque()
    )
    precondition(made == 0, "a thread could not be made")
    pthread_detach(thread)
}

/// Has the calling thread compute only while nobody else wants to, and step aside at once when somebody does, until it ends.
///
/// Linux's policy `SCHED_IDLE` (sched(7)), which glibc's header shows only to those who define `_GNU_SOURCE`. A thread of the
/// ordinary policy, of whatever niceness, keeps its core up to a tick of the clock, 4 ms, from one that wakes. Who holds a
/// lock for which others wait must not stand back. Where the system refuses, nothing changes.
private func standBack() {
    var parameters = sched_param()
    _ = unsafe sched_setscheduler(0, 5, &parameters)
}

private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(run: @escaping @Sendable () -> Void) { self.run = run }
}
