mkdir -p source/dir/empty
echo one >source/one && echo two >source/dir/two && ln -s one source/link && ln source/one source/hard
chmod 0711 source/dir
tar -C source --owner=11 --group=22 -cf plain.tar .
gzip -c plain.tar >packed.tar.gz
xz -c plain.tar >packed.tar.xz
echo 'only a text' >not-an-archive.tar.gz
rm -r source
