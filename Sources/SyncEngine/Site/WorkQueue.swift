/// Where work goes that may block on a disk: one piece after the other, in order, on a thread that is not the caller's.
package protocol WorkQueue: Sendable {
    /// Takes work. What comes after the program began to end may be left out.
    func submit(_ work: @escaping @Sendable () -> Void)

    /// Takes work a while from now.
    func submit(afterMilliseconds milliseconds: Int, _ work: @escaping @Sendable () -> Void)
}
