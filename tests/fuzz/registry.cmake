garita_fuzz(vpath garita_registry)
