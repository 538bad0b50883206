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
        try Self.check(registryName: name)
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
    ///   - addresses: host:port each, at most `Limits.siteAddresses`.
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
        try Self.check(addresses: addresses)
        let site = keys.signing.siteID
        guard roster[site]?.isRevoked != true else {
            throw SyncError(
                .notAllowed,
                "This key was revoked, which is final. Let the site make a new key and admit that."
            )
        }
        // A revoked site's too: the numbers of its cases begin with it. Only who goes on as that site has it again, and who
        // has it keeps it, where two epochs of the administrator gave it to two.
        let origin = roster.origin(of: continues ?? site)
        let having = roster.members.filter { $0.admittedAlias == alias }
        if let other = having.first, !having.contains(where: { roster.origin(of: $0.site) == origin }) {
            throw SyncError(.notAllowed, "The alias \(alias) belongs to site \(other.site). Choose another one.")
        }
        if let continues {
            guard continues != site, roster[continues] != nil else {
                throw SyncError(.notAllowed, "The site whose place the key is to take is not in the roster.")
            }
        }
        guard reads.count <= Limits.readsPerSite else {
            throw SyncError(
                .tooLarge,
                "A site names at most \(Limits.readsPerSite) others whose records it reads; make it a hub."
            )
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
        return entry(body, in: roster)
    }

    /// Revokes a site's key for ever, or raises where a revoked one is cut off.
    ///
    /// - Parameters:
    ///   - site: Listed and not the administrator.
    ///   - cutOffs: Up to where its feeds still count; what is held of them in good standing. At most
    ///     ``Limits/cutOffsPerEntry``; what is more goes into further entries.
    ///   - reason: For people, at most ``Limits/reasonCharacters`` characters.
    ///   - roster: As it stands.
    /// - Returns: The bytes of the entry.
    /// - Throws: `.notAllowed`; `.illFormed` when a cut-off names a feed of another site, `.tooLarge`.
    package func revocation(
        of site: SiteID,
        cutOffs: [Frontier.Row],
        reason: String,
        in roster: Roster
    ) throws(SyncError) -> [UInt8] {
        guard roster[site] != nil else { throw SyncError(.notAllowed, "Site \(site) is not in the roster.") }
        guard site != roster.administrator else {
            throw SyncError(
                .notAllowed,
                "The administrator can not revoke its own key: hand the office over first."
            )
        }
        guard cutOffs.allSatisfy({ $0.feed.site == site }) else {
            throw SyncError(.illFormed, "A cut-off names a feed of the revoked site.")
        }
        try Self.check(cutOffs)
        guard reason.count <= Limits.reasonCharacters, reason.utf8.count <= 4 * Limits.reasonCharacters else {
            throw SyncError(.tooLarge, "A reason has at most \(Limits.reasonCharacters) characters.")
        }
        var body = RosterBody()
        body.revocation.site = collected(site.bytes)
        body.revocation.reason = reason
        body.revocation.cutOffs = cutOffs.sorted { $0.feed < $1.feed }.map { CutOff($0) }
        return entry(body, in: roster)
    }

    /// As ``revocation(of:cutOffs:reason:in:)``, in as many entries as the cut-offs take.
    package func revocations(
        of site: SiteID,
        cutOffs: [Frontier.Row],
        reason: String,
        in roster: Roster
    ) throws(SyncError) -> [[UInt8]] {
        let rows = cutOffs.sorted { $0.feed < $1.feed }
        var entries: [[UInt8]] = []
        for start in stride(from: 0, to: max(rows.count, 1), by: Limits.cutOffsPerEntry) {
            entries.append(
                try revocation(
                    of: site,
                    cutOffs: Array(rows[start...].prefix(Limits.cutOffsPerEntry)),
                    reason: reason,
                    in: roster
                )
            )
        }
        return entries
    }

    static func check(_ cutOffs: [Frontier.Row]) throws(SyncError) {
        guard cutOffs.count <= Limits.cutOffsPerEntry else {
            throw SyncError(.tooLarge, "One entry of the roster names at most \(Limits.cutOffsPerEntry) cut-offs.")
        }
    }

    /// - Throws: `.illFormed` unless ``SiteAlias`` takes `alias`.
    static func check(alias: String) throws(SyncError) {
        guard SiteAlias.isValid(alias) else { throw SyncError(.illFormed, "An alias is \(SiteAlias.rule).") }
    }

    /// - Throws: `.illFormed` unless each is host:port, and they are no more than a site may have.
    package static func check(addresses: [String]) throws(SyncError) {
        guard addresses.count <= Limits.siteAddresses else {
            throw SyncError(.illFormed, "A site has at most \(Limits.siteAddresses) addresses.")
        }
        for address in addresses { try check(address: address) }
    }

    private static func check(address: String) throws(SyncError) {
        guard address.utf8.count <= 255, let colon = address.lastIndex(of: ":"), colon != address.startIndex,
            let port = UInt16(address[address.index(after: colon)...]), port > 0,
            address.unicodeScalars.allSatisfy({ $0.value > 32 && $0.value < 127 })
        else { throw SyncError(.illFormed, "An address is written host:port, such as hub.example.org:7117.") }
    }

    /// - Throws: `.illFormed` unless a registry can be called so: 1 to 64 characters, at most 256 bytes.
    package static func check(registryName: String) throws(SyncError) {
        guard (1...64).contains(registryName.count), registryName.utf8.count <= 256 else {
            throw SyncError(.illFormed, "The name of a registry has 1 to 64 characters.")
        }
    }

    /// Puts what an administrator says into an entry of its term.
    func entry(_ body: RosterBody, in roster: Roster) -> [UInt8] {
        var body = body
        if let term = roster.term { body.term.began = collected(term.bytes) }
        return entry(body)
    }

    func entry(_ body: RosterBody) -> [UInt8] { entry(kind: Self.kind, body.encodedBytes()) }

    /// An entry of lane 0 with one change that creates something.
    func entry(kind: UInt32, _ body: [UInt8]) -> [UInt8] {
        var change = Change()
        change.kind = kind
        change.action = .create
        change.body = collected(body)
        var entry = Entry()
        entry.schemaVersion = 0
        entry.recorded.millisecondsSinceEpoch = recordedMilliseconds
        entry.recorded.zoneOffsetMinutes = zoneOffsetMinutes
        entry.program = program
        entry.changes = [change]
        return entry.encodedBytes()
    }
}
