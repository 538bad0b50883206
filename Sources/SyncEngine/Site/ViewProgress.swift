/// How far the read model is behind the log. A value without a clock.
struct ViewProgress: Hashable, Sendable {
    /// Entries that the read model lacked when it last followed.
    private(set) var missingEntries: UInt64 = 0
    private var changes: UInt64 = 0
    /// When the oldest change came that is not in the read model, on the steady clock.
    private var behindSince: UInt64?

    /// A round of following, as it began.
    struct Round: Hashable, Sendable {
        fileprivate var changes: UInt64
        fileprivate var beganNanoseconds: UInt64
    }

    /// The log changed.
    mutating func changed(at now: UInt64) {
        changes += 1
        if behindSince == nil { behindSince = now }
    }

    /// The read model begins to follow.
    func begin(at now: UInt64) -> Round { Round(changes: changes, beganNanoseconds: now) }

    /// The read model followed all there was when the round began.
    ///
    /// - Parameters:
    ///   - round: Which.
    ///   - missing: Entries it lacks all the same.
    mutating func followed(_ round: Round, missing: UInt64) {
        missingEntries = missing
        guard missing == 0 else { return }
        behindSince = changes == round.changes ? nil : round.beganNanoseconds
    }

    /// For how long the read model has lacked something, in nanoseconds; 0 when it lacks nothing that is known of.
    func behindNanoseconds(at now: UInt64) -> UInt64 { behindSince.map { now - min($0, now) } ?? 0 }
}
