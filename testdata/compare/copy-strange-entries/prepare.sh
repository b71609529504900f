mkdir -p dir/empty "dir/with blank" && : >dir/nothing && mkfifo dir/fifo
ln dir/x dir/hard && ln dir/x hard-outside
printf 'no newline' >"dir/with blank/ünïcode"
touch "dir/$(printf 'n%.0s' {1..250})" dir/-dash dir/.hidden "dir/quo\"te'" 'dir/back\slash' 'dir/*'
chmod 0000 dir/nothing && chmod 0777 dir/empty
touch -d 2003-04-05 dir/x dir/nothing dir/empty "dir/with blank" dir
