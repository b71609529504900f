mkdir -p source/tmp && echo x >source/tmp/inner && chmod 0711 source source/tmp
tar -C source --owner=11 --group=22 -cf root.tar . && rm -r source
