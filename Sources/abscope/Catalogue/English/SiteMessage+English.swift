extension SiteMessage {
    var english: String {
        switch self {
        case .revokeNothingHeld: "Nothing of this site is held here, so nothing of it will count anywhere."
        case .revokeHeard(let site, let age):
            "\(site) was last in sync with this site \(age) ago; what it recorded since then does not count."
        case .revokeNeverHeard(let site):
            "When \(site) was last in sync with this site is not known; what has not arrived here does not count."
        case .cutOff(let name, let position): "\(name): up to entry \(position)"
        case .heldElsewhere(let site, let count, let feed):
            "\(site) holds \(count == 1 ? "1 entry" : "\(count) entries") of \(feed) that \(count == 1 ? "is" : "are") not here, and"
                + " would not count after a revocation now: synchronise with \(site) first."
        case .heldOtherwise(let site, let feed):
            "\(site) holds another history of \(feed) than this site: see abscope incident list."
        case .revokeWouldLose: "Nothing was revoked: other sites hold entries that are not here (--holdings)."
        case .revokeExplained(let site):
            "A revocation is final: this key of \(site) is never let in again, and nothing it recorded beyond what stands"
                + " here now is taken by any site. To come back it needs a new key."
        case .revokeNotConfirmed(let site):
            "Nothing was revoked: type the alias of the site, or give it with --yes \(site)."
        case .wouldRevoke(let site): "Nothing was recorded (--dry-run). \(site) would be revoked."
        case .revoked(let site):
            "Revoked: \(site). Every site ends its connections with it as soon as it hears of this, and takes nothing"
                + " beyond the cut-off."
        case .revokedAlready(let site):
            "\(site) is revoked already, and nothing is held here beyond where it is cut off."
        case .raised(let site): "The cut-off of \(site) was raised to what stands here."
        case .noticeWritten(let path):
            "Cut-offs written to \(path). They are not secret: with them the revoked site can list what it holds beyond,"
                + " with abscope site salvage --cut-offs."
        case .noticeTooLong: "The cut-offs are too many for one text: salvage at a site that holds the roster."
        case .salvageHint(let site):
            "What it holds beyond can be listed there, to be read and entered again: abscope site salvage \(site)"
        case .notRevoked(let site): "\(site) is not revoked: all of its entries count."
        case .salvageWhat(let site): "entries of \(site) beyond its cut-off"
        case .salvageNothing(let site): "Nothing of \(site) is held here beyond its cut-off."
        case .salvageHead(let site, let moment): "What \(site) recorded beyond its cut-off, as held here on \(moment)."
        case .salvageExplained:
            "No other site takes any of it. Read it, compare it with the patients' papers, and enter again what is right."
        case .salvaged(let path, let count):
            count == 1 ? "1 change written to \(path)." : "\(count) changes written to \(path)."
        case .noCase: "Without a case"
        case .salvageNeedsSite:
            "Say which site: abscope site salvage SITE, or --cut-offs with the administrator's text."
        case .noticeOtherSite(let site): "These cut-offs are those of site \(site), and not of the site that was named."
        case .noticeOtherRegistry: "These cut-offs belong to another registry."
        case .nothingToChange: "Nothing to change: give --reads, --reads-all, --address or --role."
        case .changed(let site): "The roster says so of \(site) from here on."
        case .wouldChange(let site): "Nothing was recorded (--dry-run). The entry of \(site) would be changed."
        case .invitationWithoutAddress:
            "The invitation names no address of this site: the new site waits until it is dialled, and so does what is urgent there."
                + " Give --address host:port if this site can be dialled."
        case .addressOnlyInInvitation(let site):
            "This address stands in this invitation alone. That all sites know it, also when another one administers the"
                + " registry: abscope site change \(site) --address host:port"
        case .nowhereToDial:
            "The invitation names no address: this site waits until it is dialled, and so does what is urgent here. If you know"
                + " one, join again with --address host:port."
        case .readsContradict: "Give --reads or --reads-all, not both."
        case .changeOfRevoked(let site): "\(site) was revoked, which is final; nothing is changed about it."
        case .handoverExplained(let site):
            "\(site) administers the registry from here on: it alone admits, revokes and changes. This site stays a member"
                + " and writes nothing more in the roster that counts, until the office is handed back."
        case .handoverNotConfirmed(let site):
            "Nothing was handed over: type the alias of the site, or give it with --yes \(site)."
        case .wouldHandOver(let site): "Nothing was recorded (--dry-run). \(site) would administer the registry."
        case .handedOver(let site):
            "Handed over to \(site), once this has reached it: let the daemon run until both are in sync."
        case .administersAlready: "This site administers the registry already."
        case .recoveryExplained:
            "With the recovery key this site becomes the administrator. What former administrators wrote in the roster"
                + " counts as far as it stands here; what they write later does not."
        case .wouldRecover: "Nothing was recorded (--dry-run). This site would administer the registry."
        case .recovered(let name): "This site administers the registry \(name) now."
        case .formerStays(let sites, let last):
            "\(sites.joined(separator: ", ")) \(sites.count == 1 ? "stays a member" : "stay members"). If the computer of"
                + " \(last) is lost or in wrong hands: abscope site revoke \(last)"
        case .recoveryKeyForm:
            "A recovery key has 72 digits 0 to 9 and a to f in 18 groups of 4 (64 in 16 on older papers): type all of them."
        case .recoveryKeyMistyped:
            "The last two groups of the recovery key do not fit the others: compare each digit with the paper."
        case .notListed: "The roster here does not list this site (yet): let the daemon run until it is in sync."
        case .replacedKey: "replaced by a new key"
        case .goesOnAs(let site):
            "It goes on as \(site): what the old key wrote stays as far as it stands here, and that key is revoked."
        case .qrNotInstalled: "No QR code: the program qrencode is not installed (Debian package qrencode)."
        case .qrFailed(let why): "No QR code: qrencode failed (\(why))."
        case .qrNeedsTerminal: "No QR code: it is drawn on a terminal only."
        case .beyondCutOff(let site, let count):
            "\(count == 1 ? "1 entry" : "\(count) entries") of \(site) beyond its cut-off \(count == 1 ? "is" : "are") shown"
                + " here and taken by no other site: see abscope site salvage \(site)"
        case .ownRevoked: "This site was revoked: no other site takes what is recorded here."
        case .reason(let text): "Reason: \(text)"
        }
    }
}
