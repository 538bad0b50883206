print("abscoped")
