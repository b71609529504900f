mkdir -p tree/empty
ln -s x tree/link
ln -s ../../outside tree/dangling
printf '#!/bin/sh\n' >tree/tool && chmod 4755 tree/tool
chmod 0700 tree/sub
chown 12:34 tree/x
