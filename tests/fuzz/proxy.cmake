garita_fuzz(proxy_header garita_ssh)
