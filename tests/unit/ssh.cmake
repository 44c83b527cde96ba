# gateway/ssh.
garita_unit(sftp_decode garita_ssh)
garita_unit(sftp_reply garita_ssh)
garita_unit(handles garita_ssh)
garita_unit(sftp garita_ssh)
garita_unit(session garita_ssh)
