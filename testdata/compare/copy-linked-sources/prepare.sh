mkdir -p real/dir tree
echo file >real/file && echo inner >real/dir/inner
ln -s real/file file-link && ln -s real/dir dir-link && ln -s /real/file absolute-link && ln -s file-link chain
ln -s ../real/file tree/up && ln -s nowhere tree/dangling && ln -s . tree/self && ln -s loop tree/loop && ln -s /etc/passwd tree/out
