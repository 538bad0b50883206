/// One way a workload was broken off: before which call, and how.
package struct CrashPoint: Sendable, CustomStringConvertible {
    /// How.
    package enum Cut: Sendable, Hashable, CustomStringConvertible {
        /// Every process is gone, the page cache stays: the same start of the machine goes on.
        case kill
        /// The same in the middle of a write.
        case killHalfway
        /// The machine lost its power.
        case power(CrashPolicy)
        /// The call went wrong; the process may have lived on.
        case fault(DiskFault)

        package var description: String {
            switch self {
            case .kill: "process kill"
            case .killHalfway: "process kill in the middle"
            case .power(let policy): policy.description
            case .fault(let fault): "fault \(fault)"
            }
        }
    }

    /// The call that did not reach the disk any more; nil when the workload had come to its end.
    package var call: DiskCall?
    package var cut: Cut

    package var description: String {
        "\(cut) \(call.map { "before \($0)" } ?? "at the end")"
    }
}

/// A judge found a disk it does not accept.
package struct CrashFailure: Error, CustomStringConvertible {
    /// Where the workload was broken off.
    package var point: CrashPoint
    /// The seed of the disk.
    package var seed: UInt64
    /// What the judge said.
    package var cause: any Error

    package var description: String { "seed \(seed), \(point): \(cause)" }
}
