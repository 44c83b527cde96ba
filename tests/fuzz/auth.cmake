garita_fuzz(signed_data garita_auth)
garita_fuzz(key_line garita_auth)
