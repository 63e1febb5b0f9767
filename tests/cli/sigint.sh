# An uncaught KeyboardInterrupt: the shell sees a death by SIGINT.
sh -c '"$AIO" -c "import signal; signal.raise_signal(signal.SIGINT)" 2> /dev/null'
echo "status $?"
sh -c '"$AIO" -c "raise KeyboardInterrupt" 2> /dev/null'
echo "status $?"
