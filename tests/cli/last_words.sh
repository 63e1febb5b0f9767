# What a finalizer needs of the library at the very end is still there.
cat > main.aio <<'END'
import logging


class A:
    def __del__(self):
        try:
            raise ValueError("some error")
        except ValueError:
            logging.exception("exception in __del__")


a = A()
END
"$AIO" main.aio 2>&1 | sed 's/File ".*main.aio/File "main.aio/'
