#!/bin/sh
# What garita-policy says of broken policies. Each case is a folder policy/NAME: files that are
# laid over the example policy; `REMOVE` in it lists files to take away first. policy/NAME.ref
# is what must be printed. policy.sh PROGRAM SOURCE [-u]: -u writes the .ref files anew.
set -u
program=$1 source=$2 update=${3:-}
cases=$source/tests/golden/policy
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0 ran=0

for overlay in "$cases"/*/; do
    name=$(basename "$overlay")
    rm -rf "$work/policy"
    cp -R "$source/deploy/examples/agency/policy" "$work/policy"
    [ ! -f "$overlay/REMOVE" ] || (cd "$work/policy" && xargs rm -r <"$overlay/REMOVE")
    cp -RP "$overlay/." "$work/policy/"
    rm -f "$work/policy/REMOVE"
    "$program" check "$work/policy" >"$work/out" 2>"$work/err"
    status=$?
    [ "$update" != -u ] || cp "$work/out" "$cases/$name.ref"
    expected=1
    [ "${name#ok-}" = "$name" ] || expected=0
    # A version is a digest of the example, which may change.
    sed 's/^ok, version [0-9a-f]\{16\}$/ok, version X/' "$work/out" >"$work/seen"
    sed 's/^ok, version [0-9a-f]\{16\}$/ok, version X/' "$cases/$name.ref" >"$work/wanted"
    if [ $status -ne $expected ] || ! diff -u "$work/wanted" "$work/seen"; then
        echo "FAILED: $name (exit code $status, expected $expected)"
        cat "$work/err"
        failed=1
    fi
    ran=$((ran + 1))
done
echo "$ran policies"
[ $ran -ge 25 ] && [ $failed -eq 0 ]
