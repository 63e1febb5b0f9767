import broken.child
raise KeyError('broken')
