package import LogFormat
import Schema

/// Builds the entries an administrator appends to lane 0: bytes ready for the log.
package struct RosterDraft: Sendable {
    /// Record kind of all roster changes.
    package static let kind: UInt32 = 32

    /// Goes into every entry: when and by which program.
    package var recordedMilliseconds: Int64
    package var zoneOffsetMinutes: Int32
    package var program: String

    package init(recordedMilliseconds: Int64, zoneOffsetMinutes: Int32, program: String) {
        self.recordedMilliseconds = recordedMilliseconds
        self.zoneOffsetMinutes = zoneOffsetMinutes
        self.program = program
    }

    /// Founds a registry; it is the first entry of the administrator's lane 0.
    ///
    /// - Parameters:
    ///   - name: For people, 1 to 64 characters.
    ///   - administrator: Verified here.
    ///   - recoveryKey: 32 bytes, an Ed25519 public key.
    ///   - nonce: 16 random bytes.
    /// - Returns: The bytes of the entry.
    /// - Throws: `.illFormed`, `.signature`.
    package func founding(
        name: String,
        administrator: SiteKeySet,
        recoveryKey: [UInt8],
        nonce: [UInt8]
    ) throws(SyncError) -> [UInt8] {
        try administrator.verify()
        try Self.check(name, "name of a registry")
        guard recoveryKey.count == 32, nonce.count == 16 else {
            throw SyncError(.illFormed, "A recovery key has 32 bytes and a nonce 16.")
        }
        var body = RosterBody()
        body.founding.name = name
        body.founding.administrator = administrator.schema
        body.founding.recoveryKey = collected(recoveryKey)
        body.founding.nonce = collected(nonce)
        return entry(body)
    }

    /// Admits a site, or changes what the roster says of one.
    ///
    /// - Parameters:
    ///   - keys: Verified here.
    ///   - alias: as ``SiteAlias`` says, not used by another site.
    ///   - role: `hub` or `clinic`.
    ///   - addresses: host:port each.
    ///   - reads: Whose feeds it reads; empty means all.
    ///   - continues: The site this key replaces.
    ///   - roster: As it stands.
    /// - Returns: The bytes of the entry.
    /// - Throws: `.illFormed`, `.signature`; `.notAllowed` for a revoked key or an alias that is taken.
    package func admission(
        _ keys: SiteKeySet,
        alias: String,
        role: String,
        addresses: [String] = [],
        reads: [SiteID] = [],
        continues: SiteID? = nil,
        in roster: Roster
    ) throws(SyncError) -> [UInt8] {
        try keys.verify()
        try Self.check(alias: alias)
        guard role == "hub" || role == "clinic" else {
            throw SyncError(.illFormed, "A site's role is hub or clinic, not “\(role)”.")
        }
        for address in addresses { try Self.check(address: address) }
        let site = keys.signing.siteID
        guard roster[site]?.isRevoked != true else {
            throw SyncError(
                .notAllowed,
                "This key was revoked, which is final. Let the site make a new key and admit that."
            )
        }
        // A revoked site's too: the numbers of its cases begin with it.
        if let other = roster.members.first(where: { $0.site != site && $0.alias == alias }) {
            throw SyncError(.notAllowed, "The alias \(alias) belongs to site \(other.site). Choose another one.")
        }
        for site in reads where roster[site] == nil {
            throw SyncError(.notAllowed, "Site \(site) is not in the roster; admit it before another site reads it.")
        }
        var body = RosterBody()
        body.admission.keys = keys.schema
        body.admission.alias = alias
        body.admission.role = role
        body.admission.addresses = addresses
        body.admission.reads = reads.sorted().map { collected($0.bytes) }
        if let continues { body.admission.continues = collected(continues.bytes) }
        return entry(body)
    }

    /// Revokes a site's key for ever.
    ///
    /// - Parameters:
    ///   - site: Listed and not the administrator.
    ///   - cutOffs: Up to where its feeds still count; what is held of them in good standing.
    ///   - reason: For people.
    ///   - roster: As it stands.
    /// - Returns: The bytes of the entry.
    /// - Throws: `.notAllowed`; `.illFormed` when a cut-off names a feed of another site.
    package func revocation(
        of site: SiteID,
        cutOffs: [Frontier.Row],
        reason: String,
        in roster: Roster
    ) throws(SyncError) -> [UInt8] {
        guard roster[site] != nil else { throw SyncError(.notAllowed, "Site \(site) is not in the roster.") }
        guard site != roster.administrator else {
            throw SyncError(.notAllowed, "The administrator can not revoke its own key.")
        }
        guard cutOffs.allSatisfy({ $0.feed.site == site }) else {
            throw SyncError(.illFormed, "A cut-off names a feed of the revoked site.")
        }
        var body = RosterBody()
        body.revocation.site = collected(site.bytes)
        body.revocation.reason = reason
        body.revocation.cutOffs = cutOffs.sorted { $0.feed < $1.feed }.map { row in
            var cutOff = CutOff()
            cutOff.epoch = collected(row.feed.epoch.bytes)
            cutOff.lane = UInt32(row.feed.lane.rawValue)
            cutOff.position = row.head.position
            cutOff.digest = collected(row.head.digest.bytes)
            return cutOff
        }
        return entry(body)
    }

    /// - Throws: `.illFormed` unless ``SiteAlias`` takes `alias`.
    static func check(alias: String) throws(SyncError) {
        guard SiteAlias.isValid(alias) else { throw SyncError(.illFormed, "An alias is \(SiteAlias.rule).") }
    }

    /// - Throws: `.illFormed` unless `address` is host:port.
    static func check(address: String) throws(SyncError) {
        guard address.utf8.count <= 255, let colon = address.lastIndex(of: ":"), colon != address.startIndex,
            let port = UInt16(address[address.index(after: colon)...]), port > 0,
            address.unicodeScalars.allSatisfy({ $0.value > 32 && $0.value < 127 })
        else { throw SyncError(.illFormed, "An address is written host:port, such as hub.example.org:7440.") }
    }

    private static func check(_ text: String, _ what: String) throws(SyncError) {
        guard (1...64).contains(text.count), text.utf8.count <= 256 else {
            throw SyncError(.illFormed, "The \(what) has 1 to 64 characters.")
        }
    }

    private func entry(_ body: RosterBody) -> [UInt8] {
        var change = Change()
        change.kind = Self.kind
        change.action = .create
        change.body = collected(body.encodedBytes())
        var entry = Entry()
        entry.schemaVersion = 0
        entry.recorded.millisecondsSinceEpoch = recordedMilliseconds
        entry.recorded.zoneOffsetMinutes = zoneOffsetMinutes
        entry.program = program
        entry.changes = [change]
        return entry.encodedBytes()
    }
}
