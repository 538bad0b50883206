/// One number at one moment, as Prometheus reads it.
package struct MetricSample: Sendable {
    /// Whether the number only grows while the daemon runs.
    package enum Kind: String, Sendable { case counter, gauge }

    /// Lower-case words joined by `_`, the unit last; a counter ends in `_total`. Samples of one name have one kind.
    package var name: String
    package var kind: Kind
    /// What the number is, one sentence.
    package var help: String
    /// Tells samples of one name apart; never anything clinical.
    package var labels: [(name: String, value: String)]
    package var value: Double

    package init(
        _ name: String,
        _ kind: Kind,
        help: String,
        labels: [(name: String, value: String)] = [],
        value: Double
    ) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
        self.value = value
    }
}
