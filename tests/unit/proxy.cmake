garita_unit(network garita_policy)
garita_unit(proxy_header garita_ssh)
garita_unit(pace garita_ssh)
