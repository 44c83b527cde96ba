# gateway/wire.
garita_fuzz(wire garita_wire)
