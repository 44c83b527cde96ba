garita_fuzz(sftp garita_ssh)
