mkdir -p empty nested/a/b
chmod 0700 empty nested nested/a
