chmod 0750 tree/sub; chmod 0640 tree/top; touch -d 2002-03-04 tree/top tree/sub/file tree/sub
