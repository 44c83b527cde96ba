garita_fuzz(filing garita_filing)
garita_fuzz(inspect garita_inspect)
