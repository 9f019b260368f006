#!/bin/bash
# Each folder of src/ includes only those above it in the README's table, and the table names the folders there are.
# Prints "file:line: what" for each fault; called by `make lint`.
set -u
cd "$(dirname "$0")/.." || exit 1
mapfile -t layers < <(sed -n 's/^| `\([a-z]*\)` | .*/\1/p' README.md)
faults=0

fault() {
    echo "$*"
    faults=$((faults + 1))
}

declare -A rank
for i in "${!layers[@]}"; do
    rank[${layers[i]}]=$i
    [ -d "src/${layers[i]}" ] || fault "README.md: there is no folder src/${layers[i]}"
done
for folder in src/*/; do
    folder=$(basename "$folder")
    [ -n "${rank[$folder]:-}" ] || fault "README.md: the table does not name src/$folder"
done
while IFS=: read -r file line text; do
    from=${file#*/} from=${from%%/*}
    to=${text#*\"} to=${to%%/*}
    if [ -z "${rank[$from]:-}" ] || [ -z "${rank[$to]:-}" ]; then
        continue
    elif [ "${rank[$from]}" -lt "${rank[$to]}" ]; then
        fault "$file:$line: $from must not include $to, which is a layer above it"
    elif [ "$from" != "$to" ] && [[ $text =~ private\.h ]]; then
        fault "$file:$line: $text is private to $to"
    fi
done < <(grep -nE '^[[:space:]]*#[[:space:]]*include "[a-z]+/' src/*/*.c include/*/*.h)
[ "$faults" = 0 ]
