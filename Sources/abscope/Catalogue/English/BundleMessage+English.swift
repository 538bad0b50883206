extension BundleMessage {
    var english: String {
        switch self {
        case .noRecipient: "Say which site the bundle is for: --for SITE, more than once where several are to open it."
        case .seeHelp: "See `abscope bundle export --help`."
        case .forItself: "A bundle is for other sites; for a copy of this store there is `abscope backup`."
        case .revoked(let site): "Site \(site) was revoked: it is sent nothing."
        case .tooSmall(let bytes): "The beginning of the bundle alone takes \(bytes): allow more with --max-size."
        case .notASize(let text): "\"\(text)\" is no size: write 700M, 2G or a number of bytes."
        case .writing: "Writing"
        case .written(let path, let number, let entries, let bytes, let sites):
            "Bundle \(number) written to \(path): \(say(.entryCount(entries))), \(bytes), only for \(list(sites))."
        case .carry: "Whoever carries it can read nothing in it. There: abscope bundle import FILE"
        case .nothingKnown(let sites):
            "What \(list(sites)) \(sites.count == 1 ? "holds" : "hold") is not known here, so all of it is in the bundle."
                + " A bundle from there makes the next one small."
        case .full(let entries):
            "\(say(.entryCount(entries))) did not fit: make another bundle when this one has arrived and was answered."
        case .leftOut(let sites):
            "Entries of \(list(sites)) are not in it, for not all of these sites read them: make a bundle for each."
        case .notReadable(let why): "not all of it can be read here: \(why) See `abscope log verify`."
        case .differsThere: "the other site holds another history of it, so nothing of it is in the bundle."
        case .withoutKeys(let why):
            "The keys of persons are not in it, so names can not be read there before they come: \(why)"
        case .noFile(let path): "There is no file \(path)."
        case .notAFile(let path): "\(path) is no file: name the bundle itself."
        case .reading: "Reading"
        case .from(let site, let number): "Bundle \(number) from \(site)."
        case .sealedTo(let sites): "Only \(list(sites)) can open it."
        case .made(let moment, let program): "Made \(moment) by the clock there, with \(program)."
        case .noEntries: "It carries no entries, only what its sender holds."
        case .sealedHere(let bytes): "Its content, \(bytes), is sealed to others and can not be read here."
        case .signatureHolds: "Its sender signed it."
        case .signatureFails: "It is NOT signed by the site it says it is from, or was altered: do not trust it."
        case .signatureUnknown: "Whether its sender signed it can not be told: the roster here does not list that site."
        case .forOthers(let sites): "The bundle is sealed to \(list(sites)); only there can it be opened."
        case .otherRegistry: "The bundle belongs to another registry; nothing was taken."
        case .senderUnknown(let site):
            "The roster here does not list the sender, site \(site); nothing was taken. Import a bundle of the administrator"
                + " first, which brings the roster."
        case .senderRevoked(let site): "The sender, site \(site), was revoked: nothing more is taken from it."
        case .importing: "Importing"
        case .new(let entries): "\(say(.entryCount(entries))) new."
        case .unproven(let entries):
            "\(say(.entryCount(entries))) stored that its site has not vouched for yet; shown when its word comes."
        case .nothingNew: "Nothing in it is new here."
        case .keys(let count): count == 1 ? "1 new key of a person." : "\(count) new keys of persons."
        case .keysNotTaken(let why): "Keys of persons could not be taken, so some names are not readable yet: \(why)"
        case .wasCut(let parts):
            "The file ends before the bundle does (after \(count(parts)) read whole). What was there is taken; copy the"
                + " file again, or let the other site write it again, and import that."
        case .wasDamaged(0, let why):
            "The bundle can not be read from its first part on: \(why) Nothing of it is taken; copy the file again, or let the other"
                + " site write it again, and import that."
        case .wasDamaged(let parts, let why):
            "After \(count(parts)) the bundle can not be read: \(why) What came before is taken; copy the file again, or let"
                + " the other site write it again, and import that."
        case .isCutShut: "The file ends before the bundle does, or goes on behind its end: copy it again."
        case .isCut(let parts):
            "The file ends before the bundle does (after \(count(parts)) read whole): an import takes what is there."
        case .isDamaged(let parts, let why):
            "After \(count(parts)) the bundle can not be read: \(why) An import takes what comes before."
        case .more(let entries, let site): "\(site) has \(say(.entryCount(entries))) more that did not come with it."
        case .gap(let ends, let begins):
            "it ends at position \(ends) here and the bundle begins at \(begins). Give the other site a bundle from here"
                + " (bundle export), or let it write one with --everything."
        case .differs(let position, let site):
            "\(site) holds another entry at position \(position) than this site: nothing of it was taken. See `abscope doctor`."
        case .ownBeyond(let position, let site):
            "\(site) holds entries up to \(position) that this site wrote and no longer has: this store is an older copy, or"
                + " a second one is in use. Do not record here before that is clear; see `abscope doctor`."
        case .newEpoch(let site):
            "This store was set back to an earlier state, or copied: \(site) holds what it no longer has. The site goes on in"
                + " a new epoch. What is missing comes back with a bundle that \(site) writes with --of this site"
                + " --everything, or with the next sync."
        case .unlisted(let site):
            "The roster here does not list this site yet, so only the roster is taken: let \(site) write a bundle with"
                + " --everything, and import that."
        case .setAside: "an end that its site never vouched for was set aside; import the bundle again."
        case .broken: "what the bundle holds of it does not prove itself; nothing more of it was taken."
        case .tooMany: "the bundle brings more feeds than one may; it was not taken."
        case .feedBusy: "it was changed meanwhile by another program; import the bundle again."
        case .cutSource: "The bundle was cut: what is missing may have been in the rest. Copy the file again."
        case .damagedSource(let why):
            "The bundle can not be read to its end: \(why) What is missing may have been in the rest. Copy the file again."
        case .notesDamaged:
            "What other sites said they hold can not be read and is begun anew; the next bundle is larger for that."
        case .notesNotKept(let site, let why):
            "What \(site) holds could not be written down here, so the next bundle for it may be larger; what came is taken: "
                + why
        case .busy: "Another program writes down what other sites hold: try again when it is done."
        }
    }

    private func list(_ names: [String]) -> String { names.joined(separator: ", ") }

    private func count(_ parts: UInt64) -> String { parts == 1 ? "1 part" : "\(parts) parts" }
}
