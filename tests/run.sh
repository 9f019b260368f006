#!/bin/bash
# Runs every unit test, lints the lessons and replays them on each stage that can run here. Called by `make test` and
# `make asan`: tests/run.sh BUILD PROGRAM [NAME...]; with names only those unit tests are run.
#
#   PORTHOLE_MUST_WORK=1   a skip is a failure, for machines on which everything has to work
#   SANITIZED=1            the build is an instrumented one
#   VERBOSE=1              print each test's name before it runs
set -u
cd "$(dirname "$0")/.." || exit 1
build=$1 program=$2
shift 2
passed=0 failed=0 skipped=0 failures=()
must=${PORTHOLE_MUST_WORK:-0}
temp=$(mktemp -d "${TMPDIR:-/tmp}/porthole-test-XXXXXX") || exit 1
trap 'rm -rf "$temp"' EXIT
chmod 755 "$temp"
export PORTHOLE=$program PORTHOLE_BIN=$program

if [ "${SANITIZED:-0}" = 1 ]; then
    # Forked stages end by SIGKILL or _exit: what they hold is no leak, and LeakSanitizer cannot trace across namespaces.
    export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:allocator_may_return_null=1
    export UBSAN_OPTIONS=print_stacktrace=1
fi

say() {
    printf '\n== %s\n' "$*"
}

fail() {
    failed=$((failed + 1))
    failures+=("$*")
    echo "FAILED: $*"
}

# The number in a cmocka summary line: count PASSED FILE
count() {
    sed -n "s/^\[  $1 *\] \([0-9]*\) test(s).*/\1/p" "$2" | awk '{n += $1} END {print n + 0}'
}

unit() { # NAME COMMAND...: one test program
    local name=$1 out=$temp/out rc quiet='^\[ RUN '
    shift
    [ "${VERBOSE:-0}" = 1 ] && quiet='^$'
    timeout -k 10 300 "$@" > "$out" 2>&1
    rc=$?
    grep -Ev "$quiet" "$out"
    local ok bad skip
    ok=$(count PASSED "$out") bad=$(count FAILED "$out") skip=$(count SKIPPED "$out")
    passed=$((passed + ok)) skipped=$((skipped + skip))
    if [ "$rc" -ne 0 ]; then
        [ "$bad" -gt 1 ] && failed=$((failed + bad - 1))
        fail "$name (exit status $rc)"
    fi
}

lessons() { # STAGE COMMAND...: `porthole test`, whose last line is the count
    local stage=$1 out=$temp/out rc
    shift
    timeout -k 10 600 "$@" < /dev/null > "$out" 2>&1
    rc=$?
    cat "$out"
    if [ "$rc" = 77 ]; then
        skipped=$((skipped + 1))
        [ "$must" = 0 ] || fail "lessons on the $stage stage: nothing can run here"
        return
    fi
    local n
    n=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped.*/\1 \2 \3/p' "$out" | tail -n 1)
    set -- ${n:-0 0 0}
    passed=$((passed + $1)) skipped=$((skipped + $3))
    if [ "$rc" -ne 0 ]; then
        [ "$2" -gt 1 ] && failed=$((failed + $2 - 1))
        fail "lessons on the $stage stage (exit status $rc)"
    fi
}

# Runs a command as a user who is nobody else, with a home of its own: ordinary HOME COMMAND...
ordinary() {
    local home=$1
    shift
    (cd "$home" && exec setpriv --reuid 64321 --regid 64321 --clear-groups \
        env -u SUDO_UID -u SUDO_GID -u SUDO_USER -u XDG_STATE_HOME -u XDG_RUNTIME_DIR -u PORTHOLE_MUST_WORK \
        HOME="$home" TMPDIR="$home" "$@")
}

can_be_ordinary() {
    [ "$(id -u)" = 0 ] && setpriv --reuid 64321 --regid 64321 --clear-groups true 2> /dev/null
}

# What an ordinary user needs is copied: the checkout may be in a place that only root can read.
as_ordinary() {
    local home=$temp/home name
    mkdir "$home" "$home/tests"
    cp "$program" "$home/porthole" && cp -r lessons "$home/" || return
    export -f ordinary
    for name in session why why_machine why_process doctor rootfs image packs trust main_cli watch_lesson; do
        [ -x "$build/tests/test_$name" ] || continue
        cp "$build/tests/test_$name" "$home/tests/"
    done
    chown -R 64321:64321 "$home"
    export PORTHOLE=$home/porthole PORTHOLE_BIN=$home/porthole
    for name in "$home"/tests/test_*; do
        say "$(basename "$name") as an ordinary user"
        unit "$(basename "$name") as an ordinary user" bash -c 'ordinary "$@"' - "$home" "$name"
        [ "$must" = 0 ] || ! grep '^skipped: ' "$temp/out" | grep -v 'not as root' ||
            fail "$(basename "$name") as an ordinary user: a skip that has nothing to do with root"
    done
    say "lessons on the practice stage as an ordinary user"
    lessons "practice (ordinary user)" bash -c 'ordinary "$@"' - "$home" ./porthole test --practice
}

names=("$@")
[ ${#names[@]} -gt 0 ] || names=("$build"/tests/test_*)
for name in "${names[@]}"; do
    name=$(basename "$name")
    name=test_${name#test_}
    case $name in *.*) continue ;; esac
    [ -f "tests/$name.c" ] || continue # built from a source that is gone
    say "$name"
    unit "$name" "$build/tests/$name"
done

if [ $# = 0 ]; then
    say "porthole lint"
    if "$program" lint lessons/*.md; then passed=$((passed + 1)); else fail "porthole lint"; fi
    say "lessons on the practice stage"
    lessons practice "$program" test --practice
    if [ "$(id -u)" = 0 ]; then
        say "lessons on the real stage"
        lessons real "$program" test --real
    fi
    can_be_ordinary && as_ordinary
fi

echo
for name in "${failures[@]}"; do
    echo "FAILED: $name"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
