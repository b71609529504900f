for name in one two three; do
  echo "$name" >"in-$name" && touch -d 2001-02-03 "in-$name"
  tar --owner=0 --group=0 -cf "$name.tar" "in-$name"
done
cp one.tar dir/kept.tar
tar -cf empty.tar -T /dev/null
bzip2 two.tar && zstd -q --rm three.tar
rm in-*
