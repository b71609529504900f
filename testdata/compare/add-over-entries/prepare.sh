mkdir -p source/file source/link source/full
echo dir >source/dir && echo inner >source/file/inner && echo new >source/link/new && echo two >source/full/two
echo plain >source/filelink
tar -C source -cf replace.tar --owner=0 --group=0 dir file link full filelink
rm -r source
