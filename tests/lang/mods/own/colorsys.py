mine = "a module"
