import LogStore
import StoreIO

extension Message {
    /// What a person at a terminal should know of the log's own life; nil for what only a log of events is for, and for
    /// what is repeated as an incident anyway.
    init?(_ event: StoreEvent) {
        switch event {
        case .waiting(let holder): self = .waitingForWriter(holder.map(String.init(describing:)))
        case .readOnly(_, isComplete: false): self = .newestMayLack
        case .takeover: self = .writerDied
        case .poisoned(_, let error): self = .segmentClosed(error.message)
        case .readOnly, .recovered, .damaged, .newEpoch, .headsNotSynchronized, .markerNotWritten: return nil
        }
    }
}
