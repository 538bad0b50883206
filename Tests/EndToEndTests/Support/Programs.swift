import Glibc

/// Whether these tests may do what only the system's administrator may: mount, and become another account.
let isAdministrator = geteuid() == 0
