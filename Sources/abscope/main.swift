print("abscope")
