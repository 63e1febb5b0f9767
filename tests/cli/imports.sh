# Modules are looked for beside the script, wherever it is started from.
mkdir -p pkg/sub
echo 'print("helper is run"); value = 42; name = "pkg.helper"' > pkg/helper.aio
echo '' > pkg/sub/__init__.aio
echo 'name = __name__' > pkg/sub/part.aio
printf 'import helper\nimport helper as again\nfrom sub import part\nprint(again.value, helper.name, part.name)\n' > pkg/main.aio
"$AIO" pkg/main.aio
cd pkg && "$AIO" main.aio
"$AIO" -c 'import nowhere' 2>&1 | tail -n 1
