package import LogFormat
import StoreIO
package import SyncProtocol

/// Where entries come in that this store lost and one other site is asked for.
///
/// One order at a time. The session that carries it is told how much more may come, so that what waits here to be handed
/// out stays below 2 MiB. Nothing is proven here: whoever repairs checks the chain.
package final class RepairDesk: Sendable {
    /// What came of waiting.
    package enum Answer: Hashable, Sendable {
        /// At least one block, and not more than one reply holds.
        case blocks([Block])
        /// The site holds nothing that follows.
        case nothing
        /// The connection ended.
        case lost
        /// Nothing came in time.
        case late
        /// Somebody else asked for something else.
        case replaced
    }

    private struct Order {
        var number: UInt64
        /// The connection that carries it.
        var carrier: ObjectIdentifier
        var feed: FeedID
        /// The end of what was handed out.
        var given: FeedHead
        var waiting: [Block] = []
        var waitingBytes = 0
        /// What the site may still send before it is asked again.
        var creditBytes = 0
        /// The site holds nothing that follows.
        var isOver = false
        /// The connection is gone.
        var isLost = false
        var isEnded: Bool { isOver || isLost }
        /// On the steady clock.
        var usedNanoseconds: UInt64
    }

    private struct State {
        var order: Order?
        var nextNumber: UInt64 = 1
    }

    private let state = Monitor(State())

    package init() {}

    /// Takes an order, or goes on with the one before when it continues what was handed out.
    ///
    /// - Parameters:
    ///   - feed: Of this site or of another.
    ///   - head: What follows it is wanted.
    ///   - carrier: The connection that is asked.
    ///   - now: On the steady clock.
    /// - Returns: The order's number, and what to tell the session; nil while enough is on its way.
    package func order(
        _ feed: FeedID,
        after head: FeedHead,
        from carrier: ObjectIdentifier,
        at now: UInt64
    ) -> (number: UInt64, ask: FetchOrder?) {
        state.withLock { state in
            if var known = state.order, known.feed == feed, known.given == head, known.carrier == carrier,
                !known.waiting.isEmpty || !known.isEnded
            {
                known.usedNanoseconds = now
                let isLow = !known.isEnded && known.waitingBytes + known.creditBytes < Limits.wantBytesMaximum / 2
                if isLow { known.creditBytes = Limits.wantBytesMaximum }
                state.order = known
                return (known.number, isLow ? FetchOrder(number: known.number, feed: feed, after: head) : nil)
            }
            let number = state.nextNumber
            state.nextNumber += 1
            var order = Order(number: number, carrier: carrier, feed: feed, given: head, usedNanoseconds: now)
            order.creditBytes = Limits.wantBytesMaximum
            state.order = order
            return (number, FetchOrder(number: number, feed: feed, after: head))
        }
    }

    /// Takes what a session brought; what belongs to no order that is open is dropped.
    package func take(_ number: UInt64, _ blocks: [Block]) {
        state.withLock { state in
            guard var order = state.order, order.number == number else { return }
            if blocks.isEmpty { order.isOver = true }
            let bytes = blocks.reduce(0) { $0 + $1.header.encodedLengthBytes }
            order.waiting += blocks
            order.waitingBytes += bytes
            order.creditBytes = max(0, order.creditBytes - bytes)
            state.order = order
        }
    }

    /// A connection is gone.
    package func lost(_ carrier: ObjectIdentifier) {
        state.withLock { state in
            if state.order?.carrier == carrier { state.order?.isLost = true }
        }
    }

    /// Waits for what an order brings. Blocks the thread.
    ///
    /// - Parameters:
    ///   - number: Of the order.
    ///   - nanoseconds: How long to wait.
    /// - Returns: Blocks as soon as there are some.
    package func answer(to number: UInt64, waitingNanoseconds nanoseconds: UInt64) -> Answer {
        state.wait(nanoseconds: nanoseconds) { state -> Answer? in
            guard var order = state.order, order.number == number else { return .replaced }
            var count = 0
            var bytes = 0
            for block in order.waiting {
                let more = bytes + block.header.encodedLengthBytes
                guard count == 0 || more <= ControlReply.blockBytesMaximum else { break }
                (count, bytes) = (count + 1, more)
            }
            guard count > 0 else { return order.isLost ? .lost : order.isOver ? .nothing : nil }
            let given = Array(order.waiting.prefix(count))
            order.waiting.removeFirst(count)
            order.waitingBytes -= bytes
            order.given = given[count - 1].header.head
            state.order = order
            return .blocks(given)
        } ?? .late
    }

    /// Ends the order: what comes for it is dropped.
    package func end() { state.withLock { $0.order = nil } }

    /// Ends an order about which nobody has asked for a while: the command that did was killed.
    ///
    /// - Parameter moment: Of the steady clock; an order used since stays.
    /// - Returns: Whether one was ended.
    package func endUnused(since moment: UInt64) -> Bool {
        state.withLock { state in
            guard let order = state.order, order.usedNanoseconds < moment else { return false }
            state.order = nil
            return true
        }
    }
}
