src/app/tests/t.c
