mkdir -p source/lib9/new source/abs
echo a >source/lib9/a && echo b >source/lib9/new/b && echo c >source/abs/c
tar -C source -cf links.tar --owner=0 --group=0 lib9/a lib9/new abs/c
rm -r source
