/// What the transport knows of its line at one moment.
package struct LineLook: Hashable, Sendable {
    /// Bytes the other end has said it has, since the connection began.
    package var acknowledgedBytes: UInt64
    /// Bytes handed over and not acknowledged, wherever they are: in this program, in the kernel, or on the line.
    package var waitingBytes: UInt64
    /// The shortest time from sending to acknowledgement that was seen; nil before one was.
    package var roundTripNanoseconds: UInt64?
    /// The same lately. What waits for its turn in this machine is not counted, what waits on the line is.
    package var recentRoundTripNanoseconds: UInt64?

    package init(
        acknowledgedBytes: UInt64,
        waitingBytes: UInt64,
        roundTripNanoseconds: UInt64? = nil,
        recentRoundTripNanoseconds: UInt64? = nil
    ) {
        self.acknowledgedBytes = acknowledgedBytes
        self.waitingBytes = waitingBytes
        self.roundTripNanoseconds = roundTripNanoseconds
        self.recentRoundTripNanoseconds = recentRoundTripNanoseconds
    }
}
