import LogFormat
import LogStore
import StoreIO
import SyncProtocol

/// Another site, asked through the daemon of this store.
///
/// What it gives is proven like what any other source gives. What goes wrong on the way does not end the repair: gaps that
/// were closed stay closed, and ``failure`` says what happened.
final class PeerSource: RepairSource {
    let name: String
    /// Why the site could not be asked for all of it.
    private(set) var failure: Failure?
    private var wasAsked = false
    private let site: SiteID
    private let socket: String

    /// Longer than the daemon waits for the site.
    private static let patienceSeconds = 90

    /// * site: Which.
    /// * name: As people call it.
    /// * socket: The daemon's.
    /// - Throws: ``Failure`` 69 when no daemon runs for this store; what ``ControlClient`` throws.
    init(_ site: SiteID, called name: String, through socket: String) throws {
        self.site = site
        self.name = name
        self.socket = socket
        guard let reply = try ControlClient.ask(ControlRequest(.status), at: socket) else {
            throw Failure(.unavailable, .daemonDown, remedy: .daemonDownRemedy)
        }
        try reply.check()
    }

    func blocks(of feed: FeedID, after head: FeedHead, limitBytes: Int) throws(StorageError) -> [Block] {
        guard failure == nil else { return [] }
        wasAsked = true
        do {
            return try ask(.fetch(peer: site, feed: feed, after: head)).blocks
        } catch let error as Failure {
            failure = error
        } catch {
            failure = Failure(describing: error)
        }
        return []
    }

    /// Tells the daemon that no more is asked for. One that does not hear it finds out by itself.
    func end() {
        guard wasAsked else { return }
        wasAsked = false
        do {
            _ = try ask(.endFetch)
        } catch {
            failure = failure ?? Failure(describing: error)
        }
    }

    private func ask(_ verb: ControlRequest.Verb) throws -> ControlReply {
        let asked = try ControlClient.ask(ControlRequest(verb), at: socket, timeoutSeconds: Self.patienceSeconds)
        guard let reply = asked else { throw Failure(.unavailable, .daemonDown, remedy: .daemonDownRemedy) }
        // A site that is not to be had now is no refusal of the daemon's.
        guard reply.outcome != .timedOut else { throw Failure(.temporary, .daemonSays(reply.message)) }
        try reply.check()
        return reply
    }
}
