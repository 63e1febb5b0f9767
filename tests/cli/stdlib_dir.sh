# Modules of the library lie compiled in the binary; AIO_STDLIB_DIR names the directory to read them from instead.
mkdir lib
printf 'def keys():\n    return [1 / 0]\n' > lib/keyword.aio
cat > use.aio << 'END'
import keyword, traceback
print(keyword.__file__, hasattr(keyword, "keys"))
try:
    keyword.keys()
except (AttributeError, ZeroDivisionError):
    traceback.print_exc()
END
run() {
    "$AIO" use.aio 2>&1 | sed 's|"/[^"]*/use|"use|'
}
run
AIO_STDLIB_DIR=lib; export AIO_STDLIB_DIR
run
AIO_STDLIB_DIR=absent
run
