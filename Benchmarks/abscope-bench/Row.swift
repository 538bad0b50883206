/// One line of the table: ours beside a peer, measured in the same run.
struct Row: Encodable {
    /// The measure, as the table in docs/performance.md calls it.
    var id: String
    /// What was measured in particular: a corpus, a case.
    var variant: String
    /// Ours, the median of the rounds, in ``unit``.
    var ours: Double
    var unit: String
    /// The peer's median; absent where the requirement is on ours alone.
    var peer: Double?
    var peerName: String?
    /// Ours divided by the peer's, the median over the rounds, in each of which both were measured.
    var ratio: Double?
    /// What has to be reached, of the ratio or, without a peer, of ours.
    var must: Requirement?
    /// What would be good.
    var aim: Requirement?
    /// Of the rows of a measure that are alternatives, one has to pass.
    var isAlternative = false

    /// A bound; as JSON `{"atLeast": 0.95}`.
    enum Requirement: Encodable {
        case atLeast(Double)
        case atMost(Double)

        private enum CodingKeys: CodingKey { case atLeast, atMost }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            switch self {
            case .atLeast(let bound): try container.encode(bound, forKey: .atLeast)
            case .atMost(let bound): try container.encode(bound, forKey: .atMost)
            }
        }

        func isMet(by value: Double) -> Bool {
            switch self {
            case .atLeast(let bound): value >= bound
            case .atMost(let bound): value <= bound
            }
        }

        var text: String {
            switch self {
            case .atLeast(let bound): ">= \(bound)"
            case .atMost(let bound): "<= \(bound)"
            }
        }
    }

    /// Ours and the peer's are values for each round, in the same order.
    init(
        _ id: String,
        _ variant: String,
        _ ours: [Double],
        _ unit: String,
        peer: (values: [Double], name: String)? = nil,
        must: Requirement? = nil,
        aim: Requirement? = nil,
        isAlternative: Bool = false
    ) {
        self.id = id
        self.variant = variant
        self.ours = ours.median
        self.unit = unit
        self.peer = peer?.values.median
        peerName = peer?.name
        ratio = peer.map { zip(ours, $0.values).map { $0 / $1 }.median }
        self.must = must
        self.aim = aim
        self.isAlternative = isAlternative
    }

    /// nil where nothing has to be reached.
    var passes: Bool? { must.map { $0.isMet(by: ratio ?? ours) } }
    var reachesAim: Bool? { aim.map { $0.isMet(by: ratio ?? ours) } }
}
