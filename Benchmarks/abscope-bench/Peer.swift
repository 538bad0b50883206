/// What ours is measured beside, and what the ratio of the two has to reach.
struct Peer {
    let name: String
    let must: Row.Requirement?
    let aim: Row.Requirement?
    /// One round of it, in the unit of the row.
    let measure: () throws -> Double

    init(
        _ name: String,
        must: Row.Requirement,
        aim: Row.Requirement? = nil,
        measure: @escaping () throws -> Double
    ) {
        self.name = name
        self.must = must
        self.aim = aim
        self.measure = measure
    }
}

extension Workbench {
    /// Measures ours and every peer in turns, as often as there are rounds.
    ///
    /// With `areAlternatives` one of the peers' requirements has to be reached, not all.
    func compare(
        _ id: String,
        _ variant: String,
        _ unit: String,
        with peers: [Peer],
        areAlternatives: Bool = false,
        ours: () throws -> Double
    ) throws -> [Row] {
        var mine: [Double] = []
        var theirs = Array(repeating: [Double](), count: peers.count)
        for _ in 0..<rounds {
            mine.append(try ours())
            for (index, peer) in peers.enumerated() { theirs[index].append(try peer.measure()) }
        }
        return zip(peers, theirs).map { peer, values in
            Row(
                id,
                variant,
                mine,
                unit,
                peer: (values, peer.name),
                must: peer.must,
                aim: peer.aim,
                isAlternative: areAlternatives
            )
        }
    }
}
