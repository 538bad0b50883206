/// Keeps what is under way to a peer at what its line delivers in a round trip and a fifth of a second. A value without a
/// clock.
///
/// What is urgent has to wait for everything that was handed over before it. The kernel takes more than a thin line carries in
/// seconds, so that "it takes more" says nothing of the line; what the other end acknowledges over time does. The next piece
/// goes when no more is under way than this rate brings through in the shortest round trip seen and ``slackNanoseconds``:
/// so the line never stands idle, and what waits in front of it is the slack and one piece. Behind a pause nothing is under
/// way, and what fills a long line would wait in front of it at once: so the pieces go at the rate too, a quarter faster, or
/// twice as fast while rates grow.
///
/// Of the measured rates of the last seconds the best counts: acknowledgements come in bursts, late, or not at all. One that
/// was measured while the line was not full says only that the line is at least as fast, and what was handed over before bulk
/// began says nothing of it. As long as rates grow and nothing waits on the line, each byte that arrives lets another one more
/// be under way, up to half as much again as the rate brings through.
package struct DeliveryPace: Hashable, Sendable {
    /// A rate, and when it was measured.
    private struct Sample: Hashable {
        var bytesPerSecond: Double
        var nanoseconds: UInt64
    }

    private struct Start: Hashable {
        var bytes: UInt64
        var nanoseconds: UInt64
    }

    private var samples: [Sample] = []
    /// So many rates in a row were not more than those before.
    private var flatSamples = 0
    private var isGrowing: Bool { flatSamples < Self.flatSamplesMaximum }
    /// What is measured now: from where, and when that was acknowledged. nil until something is, after a pause.
    private var began: Start?
    /// Since then there was more than fills the line.
    private var wasFull = false
    /// What had been handed over at the last pause. That it is acknowledged says nothing of what follows.
    private var formerBytes: UInt64 = 0
    /// When something last went out, or waited for its turn.
    private var busyNanoseconds: UInt64 = 0
    /// Something waits for its turn now.
    private var isHeldBack = false
    private var roundTripNanoseconds: UInt64 = 0
    /// What waits on the line makes the way longer.
    private var isQueueing = false
    /// What may be under way while the line is not known to be full: for each byte that arrives another one more, as in TCP.
    private var grownBytes = Self.firstBytesMaximum
    private var acknowledgedBytes: UInt64 = 0
    /// As of the last look, with what was handed over since.
    private var waitingBytes: UInt64 = 0
    /// What was in front of the line when it was last counted, by the measured rate.
    private var queuedBytes = 0.0
    private var queuedNanoseconds: UInt64 = 0
    private var lookedNanoseconds: UInt64?
    /// When a look last found more acknowledged than the one before.
    private var newsNanoseconds: UInt64?

    /// What may wait in front of the line beyond what fills it, so that late and bundled acknowledgements leave no gap.
    package static let slackNanoseconds: UInt64 = 200_000_000
    /// So much may always be under way.
    package static let leastBytes: UInt64 = 8 * 1024
    /// What may be under way before anything was acknowledged: about what TCP sends without an answer.
    package static let firstBytesMaximum: UInt64 = 16 * 1024
    /// How long a rate counts when later ones are less.
    private static let memoryNanoseconds: UInt64 = 5_000_000_000
    /// A rate is measured over a round trip at least, and over so much...
    private static let firstSampleBytes: UInt64 = 16 * 1024
    private static let sampleBytes: UInt64 = 64 * 1024
    private static let sampleNanosecondsMinimum: UInt64 = 10_000_000
    /// ...or so long.
    private static let sampleNanosecondsMaximum: UInt64 = 1_000_000_000
    /// Data and acknowledgements come in bursts, so that a single rate may be that of half a burst.
    private static let flatSamplesMaximum = 3
    /// Who has bulk to send hands over pieces that follow each other this closely, or is held back.
    private static let pauseNanoseconds: UInt64 = 100_000_000
    /// How often a line is looked at that takes whatever it is given.
    private static let lookNanoseconds: UInt64 = 250_000_000
    /// How often one is looked at that has too much under way.
    private static let waits: ClosedRange<UInt64> = 1_000_000...50_000_000
    private static let longestWaitNanoseconds: UInt64 = 1_000_000_000

    package init() {}

    /// What the line delivers; nil before that was measured.
    package var bytesPerSecond: UInt64? { best.map { UInt64($0) } }

    private var best: Double? { samples.map(\.bytesPerSecond).max() }

    /// What may be under way for another piece to follow.
    package var fittingBytes: UInt64 {
        guard let best else { return isQueueing ? Self.firstBytesMaximum : grownBytes }
        let roundTripBytes = UInt64(min(best * Double(roundTripNanoseconds) / 1e9, 1e15))
        let fitting = max(Self.leastBytes, roundTripBytes + UInt64(slackBytes(best)))
        // Where what waits does so in this machine, nothing tells of a full line but rates that grow no more.
        return isGrowing && !isQueueing ? max(fitting, min(grownBytes, fitting + roundTripBytes / 2)) : fitting
    }

    private func slackBytes(_ bytesPerSecond: Double) -> Double {
        min(bytesPerSecond * Double(Self.slackNanoseconds) / 1e9, 1e15)
    }

    /// A piece was handed over.
    ///
    /// - Parameters:
    ///   - bytes: About how long it is on the wire.
    ///   - now: A steady count of nanoseconds.
    package mutating func handedOver(_ bytes: Int, at now: UInt64) {
        noticePause(at: now)
        waitingBytes += UInt64(bytes)
        (queuedBytes, queuedNanoseconds) = (bytesInFront(at: now) + Double(bytes), now)
    }

    /// What is in front of the line, if it delivers as measured: part of what is under way.
    private func bytesInFront(at now: UInt64) -> Double {
        guard let best else { return 0 }
        let passed = Double(now - min(now, queuedNanoseconds)) / 1e9
        return max(0, queuedBytes - passed * best * (isGrowing ? 2 : 1.25))
    }

    /// How many bytes went out earlier than at the rate.
    private func hurriedBytes(at now: UInt64) -> UInt64 {
        guard let best else { return 0 }
        return UInt64(max(0, bytesInFront(at: now) - max(Double(Self.leastBytes), slackBytes(best))))
    }

    /// Something was to be handed over, and the transport does not take it now.
    ///
    /// - Parameter now: A steady count of nanoseconds.
    package mutating func heldBack(at now: UInt64) { (isHeldBack, wasFull, busyNanoseconds) = (true, true, now) }

    /// Whether ``looked(_:at:)`` has to come before the next piece.
    ///
    /// - Parameter now: A steady count of nanoseconds.
    /// - Returns: true where the last look is too old, or too much has gone out since.
    package func needsLook(at now: UInt64) -> Bool {
        guard let lookedNanoseconds else { return true }
        return waitingBytes > fittingBytes || hurriedBytes(at: now) > 0
            || now - min(now, lookedNanoseconds) >= Self.lookNanoseconds
    }

    /// Takes what the transport says.
    ///
    /// - Parameters:
    ///   - look: Of this connection.
    ///   - now: A steady count of nanoseconds.
    /// - Returns: How many nanoseconds from now it has to be looked again before a piece is handed over; 0: the next piece may
    ///   go.
    package mutating func looked(_ look: LineLook, at now: UInt64) -> UInt64 {
        noticePause(at: now)
        take(look.roundTripNanoseconds, isPause: look.waitingBytes == 0 && !isHeldBack)
        isQueueing = (look.recentRoundTripNanoseconds ?? 0) > roundTripNanoseconds + Self.slackNanoseconds / 2
        // What was acknowledged at the first look is the handshake.
        let known = lookedNanoseconds == nil ? look.acknowledgedBytes : acknowledgedBytes
        lookedNanoseconds = now
        acknowledgedBytes = max(known, look.acknowledgedBytes)
        let news = acknowledgedBytes - known
        // Not for what was never made use of.
        if isGrowing, !isQueueing, waitingBytes + news >= grownBytes / 2 {
            grownBytes += acknowledgedBytes - min(acknowledgedBytes, max(known, formerBytes))
        }
        if news > 0 || newsNanoseconds == nil { newsNanoseconds = now }
        waitingBytes = look.waitingBytes
        // However slow the line seemed: what has arrived is not in front of it.
        (queuedBytes, queuedNanoseconds) = (min(bytesInFront(at: now), Double(waitingBytes)), now)
        measure(isNew: news > 0, at: now)
        let fitting = fittingBytes
        let surplus = max(waitingBytes - min(waitingBytes, fitting), hurriedBytes(at: now))
        isHeldBack = surplus > 0
        guard isHeldBack else { return 0 }
        if waitingBytes > fitting { wasFull = true }
        let wait = waitNanoseconds(for: surplus, at: now)
        busyNanoseconds = now + wait
        return wait
    }

    /// What went out before nothing was left to send tells how much there was, not what the line delivers.
    private mutating func noticePause(at now: UInt64) {
        let silence = now - min(now, busyNanoseconds)
        busyNanoseconds = max(busyNanoseconds, now)
        // Who was held back looks again soon, unless nothing was left to send.
        let longest = isHeldBack ? Self.longestWaitNanoseconds : max(Self.pauseNanoseconds, roundTripNanoseconds)
        guard silence > longest else { return }
        (formerBytes, began, isHeldBack) = (acknowledgedBytes + waitingBytes, nil, false)
        // What may be under way beyond the rate grows anew, as in TCP.
        grownBytes = Self.firstBytesMaximum
    }

    /// The kernel forgets what was minutes ago; over minutes of bulk the shortest is then one with what waits on the line, and
    /// to let that much more wait each time would have no end. So the shortest stays, but for pauses.
    private mutating func take(_ roundTrip: UInt64?, isPause: Bool) {
        guard let roundTrip else { return }
        let known = isPause || roundTripNanoseconds == 0 ? roundTrip : roundTripNanoseconds
        roundTripNanoseconds = min(known, roundTrip)
    }

    /// When to look again: about when the surplus has arrived; seldom where nothing arrives any more.
    private func waitNanoseconds(for surplus: UInt64, at now: UInt64) -> UInt64 {
        let expected = best.map { Double(surplus) / max($0, 1) * 1e9 } ?? Double(roundTripNanoseconds) / 8
        let wait = min(max(expected, Double(Self.waits.lowerBound)), Double(Self.waits.upperBound))
        let silence = now - min(now, newsNanoseconds ?? now)
        return max(UInt64(wait), min(silence / 8, Self.longestWaitNanoseconds))
    }

    private mutating func measure(isNew: Bool, at now: UInt64) {
        // All has arrived and nothing had to wait: what follows a pause is measured from its own first acknowledgement on.
        if waitingBytes == 0, !isHeldBack {
            (began, grownBytes) = (nil, Self.firstBytesMaximum)
            return
        }
        guard let began else {
            if isNew, acknowledgedBytes >= formerBytes { restart(at: now) }
            return
        }
        let bytes = acknowledgedBytes - began.bytes
        let nanoseconds = now - min(now, began.nanoseconds)
        let enough = samples.isEmpty ? Self.firstSampleBytes : Self.sampleBytes
        guard nanoseconds >= max(roundTripNanoseconds, Self.sampleNanosecondsMinimum),
            bytes >= enough || nanoseconds >= Self.sampleNanosecondsMaximum
        else { return }
        // One that is known to be too low is better than none, but for that of a drop.
        let counts = wasFull || samples.isEmpty && bytes >= enough
        add(Sample(bytesPerSecond: Double(bytes) * 1e9 / Double(nanoseconds), nanoseconds: now), counts: counts)
        restart(at: now)
    }

    private mutating func restart(at now: UInt64) {
        began = Start(bytes: acknowledgedBytes, nanoseconds: now)
        wasFull = false
    }

    private mutating func add(_ sample: Sample, counts: Bool) {
        let known = best ?? 0
        guard counts || known > 0 && sample.bytesPerSecond > known else { return }
        flatSamples = sample.bytesPerSecond > known * 1.2 ? 0 : flatSamples + 1
        samples.removeAll { $0.nanoseconds + Self.memoryNanoseconds < sample.nanoseconds }
        // A slower one from before will never count again.
        samples.removeAll { $0.bytesPerSecond <= sample.bytesPerSecond }
        samples.append(sample)
    }
}
