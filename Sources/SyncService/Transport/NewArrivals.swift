import NIOCore
import Synchronization

/// Connections that were accepted and have not proven a member's key: there is room for so many, and no address can keep
/// the others out.
///
/// When there are too many, the oldest of the address that has most of them goes. So who opens many at once pushes out
/// its own; and behind an address that somebody floods, an honest site has as long for its handshake as the flood takes to
/// open as many again.
final class NewArrivals: Sendable {
    private struct Arrival: Sendable {
        let channel: any Channel
        let host: String
    }

    /// In the order they came.
    private let arrivals = Mutex<[Arrival]>([])

    /// Takes note of a connection.
    ///
    /// - Parameters:
    ///   - channel: Told with ``MakeRoom`` when it has to go.
    ///   - host: The other end's address, without its port.
    ///   - limit: How many there may be.
    /// - Complexity: O(`limit`).
    func enter(_ channel: any Channel, from host: String, atMost limit: Int) {
        let surplus: (any Channel)? = arrivals.withLock { arrivals in
            arrivals.append(Arrival(channel: channel, host: host))
            guard arrivals.count > limit else { return nil }
            var counts: [String: Int] = [:]
            for arrival in arrivals { counts[arrival.host, default: 0] += 1 }
            let most = counts.values.max() ?? 0
            guard let index = arrivals.firstIndex(where: { counts[$0.host] == most }) else { return nil }
            return arrivals.remove(at: index).channel
        }
        surplus?.pipeline.fireUserInboundEventTriggered(MakeRoom())
    }

    /// A member's key was proven, or the connection has ended.
    func leave(_ channel: any Channel) {
        arrivals.withLock { arrivals in arrivals.removeAll { $0.channel === channel } }
    }
}

/// Told to a connection that has to go because too many are waiting.
struct MakeRoom: Sendable {}
