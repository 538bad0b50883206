import ArgumentParser

await Abscoped.main()
