import SyncEngine

/// A sender with bulk without end, TCP with a window that opens as in slow start, and a line that sends at one rate from a queue
/// without end, in steps of a millisecond.
struct QueueingLine {
    var bytesPerSecond: Double
    var latencyMilliseconds: Int
    /// One piece of bulk; entries of attachments can not be cut.
    var pieceBytes = 16 * 1024
    /// One in so many acknowledgements is lost; 0: none.
    var acknowledgementsPerLoss = 0
    /// Bytes TCP may have on the line beyond what has arrived; grows by what arrives.
    var tcpWindowBytes = 14_480.0
    /// More than this the kernel does not take of what it can not send; nil: it takes everything.
    var kernelBytes: Double? = 64 * 1024
    /// There is nothing to send.
    var isIdle = false
    /// What goes out in one go where nothing holds it back.
    var piecesPerMillisecond = 64

    private(set) var pace = DeliveryPace()
    private(set) var now = 1
    private(set) var handed = 0.0
    private(set) var left = 0.0
    private(set) var arrived = 0.0
    private(set) var acknowledged = 0.0
    private(set) var looks = 0
    private var sent = 0.0
    private var ways: [(at: Int, bytes: Double)] = []
    private var returns: [(at: Int, bytes: Double)] = []
    private var departures: [(at: Int, bytes: Double)] = []
    private var recent: Double?
    private var shortest: Double?
    private var nextLook = 0
    private var acknowledgements = 0
    private var unsaid = 0.0

    init(bytesPerSecond: Double, latencyMilliseconds: Int) {
        self.bytesPerSecond = bytesPerSecond
        self.latencyMilliseconds = latencyMilliseconds
        // Of the handshake.
        shortest = Double(2 * latencyMilliseconds)
    }

    /// How long what is handed over now would take to leave.
    var waitSeconds: Double { (handed - left) / bytesPerSecond }

    private var look: LineLook {
        LineLook(
            acknowledgedBytes: UInt64(acknowledged),
            waitingBytes: UInt64(handed - acknowledged),
            roundTripNanoseconds: shortest.map { UInt64($0 * 1e6) },
            recentRoundTripNanoseconds: recent.map { UInt64($0 * 1e6) }
        )
    }

    /// Lets time pass; `each` sees every millisecond.
    mutating func run(milliseconds: Int, _ each: (borrowing QueueingLine) -> Void = { _ in }) {
        for _ in 0..<milliseconds {
            now += 1
            move()
            if !isIdle { offer() }
            each(self)
        }
    }

    private mutating func offer() {
        let nanoseconds = UInt64(now) * 1_000_000
        for _ in 0..<piecesPerMillisecond {
            if let kernelBytes, handed - sent > kernelBytes { return pace.heldBack(at: nanoseconds) }
            guard now >= nextLook else { return }
            if pace.needsLook(at: nanoseconds) {
                looks += 1
                let wait = pace.looked(look, at: nanoseconds)
                if wait > 0 { return nextLook = now + max(1, Int(wait / 1_000_000)) }
            }
            handed += Double(pieceBytes)
            pace.handedOver(pieceBytes, at: nanoseconds)
        }
    }

    private mutating func move() {
        // What the window lets out of the kernel.
        let free = max(0, acknowledged + tcpWindowBytes - sent)
        let end = sent + min(free, handed - sent)
        while sent < end {
            sent = min(sent + 1448, end)
            departures.append((now, sent))
        }
        let leaving = min(bytesPerSecond / 1000, sent - left)
        if leaving > 0 {
            left += leaving
            ways.append((now + latencyMilliseconds, left))
        }
        while let first = ways.first, first.at <= now {
            ways.removeFirst()
            arrived = first.bytes
            // One for two full packets.
            guard arrived - unsaid >= 2896 || ways.isEmpty else { continue }
            unsaid = arrived
            acknowledgements += 1
            if acknowledgementsPerLoss > 0, acknowledgements % acknowledgementsPerLoss == 0 { continue }
            returns.append((now + latencyMilliseconds, arrived))
        }
        while let first = returns.first, first.at <= now {
            returns.removeFirst()
            tcpWindowBytes = min(tcpWindowBytes + max(0, first.bytes - acknowledged), 4e6)
            acknowledged = max(acknowledged, first.bytes)
            while let departure = departures.first, departure.bytes <= acknowledged {
                departures.removeFirst()
                let taken = Double(now - departure.at)
                shortest = min(shortest ?? taken, taken)
                recent = (recent ?? taken) * 0.875 + taken * 0.125
            }
        }
    }
}
