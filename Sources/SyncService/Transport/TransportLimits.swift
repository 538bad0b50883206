import LogFormat

/// How much a connection may take of time and memory.
package struct TransportLimits: Hashable, Sendable {
    /// From the first byte of TCP to both keys proven, in milliseconds.
    package var handshakeMilliseconds: Int64 = 1000 * Int64(Limits.handshakeSeconds)
    /// Connections that were accepted and still live, whatever their state.
    package var acceptedConnections = 1_280
    /// Of these, connections that have not proven a member's key.
    package var unknownConnections = 64
    /// Store calls and deliveries of keys a session may have under way before it is read from no further.
    package var storeCallsUnderWay = 8
    /// Unsent bytes above which the session is not asked for more, and below which it is again.
    package var unsentBytes = 2 * 1024...4 * 1024
    /// How long sent data may stay unacknowledged before TCP gives up, in milliseconds.
    package var unacknowledgedMilliseconds: Int32 = 60_000
    /// How long nothing may be heard before TCP asks whether the peer is there, and how long it waits for the answer, in
    /// seconds. Two ends that ask every half hour spend 10 KB a day.
    package var keepAliveSeconds: Int32 = 1_800
    package var keepAliveAnswerSeconds: Int32 = 30
    /// How long a last word may take to leave, in milliseconds.
    package var farewellMilliseconds: Int64 = 2_000

    package init() {}
}
