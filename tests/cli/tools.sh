# Modules of the library that are programs, too.
unset COLUMNS
printf '{"b": [1, {"x": "\303\251"}], "a": null}' > in.json
"$AIO" -m json.tool < in.json
"$AIO" -m json.tool --sort-keys --no-ensure-ascii --indent 2 in.json
"$AIO" -m json.tool --compact - out.json < in.json; cat out.json
"$AIO" -m json.tool --tab in.json in.json; cat in.json
printf '{"a":1}\n[2]\n' | "$AIO" -m json.tool --json-lines --no-indent
printf '{"a":1,}' | "$AIO" -m json.tool 2>&1; echo "status $?"
"$AIO" -m json.tool -h | sed -n 1,3p
printf 'a\377b\n' | "$AIO" -m base64 -e
printf 'Yf9iCg==\n' | "$AIO" -m base64 -d | od -c | sed -n 1,1p
"$AIO" -m base64 -x 2>&1 | sed -n 1,1p
"$AIO" -m calendar 2024 2
"$AIO" -m calendar -w 3 -m 4 -f 6 2023 | sed -n 1,9p
"$AIO" -m calendar -t html 2024 | sed -n 1,3p
"$AIO" -m calendar -L de 2>&1 | tail -1 | sed "s,^.*: error,error,"
"$AIO" -m random -i 1; "$AIO" -m random a a; "$AIO" -m random -f 0
"$AIO" -m random | sed -n 1,1p | cut -d" " -f3-
"$AIO" -m uuid -u uuid5 -n @dns -N python.org; "$AIO" -m uuid -u uuid3 -n @url -N x
"$AIO" -m uuid -u uuid3 -n @dns 2>&1 | tail -1 | cut -d: -f2-
"$AIO" -m timeit -n 2 -r 3 -s "a = 1" "b = a" 2> /dev/null | sed 's/: .*/: …/'
"$AIO" -m timeit --bad; echo "status $?"
"$AIO" -m timeit -u x 2>&1; echo "status $?"
"$AIO" -m timeit -n 1 1/0 2>&1 | tail -1
printf 'Uryyb' | "$AIO" -m encodings.rot_13; echo
