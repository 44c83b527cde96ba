# gateway/registry: the catalogue, its ledger and the objects.
garita_unit(catalogue garita_registry)
garita_unit(catalogue_durable garita_registry)
garita_unit(ledger garita_registry)
garita_unit(objects garita_registry)
