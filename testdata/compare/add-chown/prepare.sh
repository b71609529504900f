mkdir -p source/a/b && echo x >source/a/b/x && ln -s x source/a/b/link
tar -C source -cf owned.tar --owner=100 --group=200 a
rm -r source
