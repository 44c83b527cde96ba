#!/bin/sh
# Every sentence in the sources has a Spanish one that is not fuzzy, and the catalogue is well
# formed. usage: catalogue.sh SOURCE_DIRECTORY
set -eu
cd "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
po=gateway/text/po/es.po

msgfmt --check -o "$work/garita.mo" "$po"
sources=$(find gateway/console -name '*.c' | sort)
xgettext -kN_ -k_ --language=C --from-code=UTF-8 --add-location=file -o "$work/garita.pot" \
    gateway/text/text.def hooks/finding/finding.def $sources

# The extraction itself must work: both files' first sentences are known.
grep -q 'The name is not valid UTF-8' "$work/garita.pot"
grep -q 'could not be inspected' "$work/garita.pot"

# Names every msgid that is missing, untranslated or fuzzy, and fails for it.
msgcmp "$po" "$work/garita.pot"

# Nor does the catalogue keep sentences that nobody says.
msgcat --no-location --no-wrap -o "$work/has.po" "$po"
msgcat --no-location --no-wrap -o "$work/uses.po" "$work/garita.pot"
grep '^msgid ' "$work/has.po" | sort >"$work/has"
grep '^msgid ' "$work/uses.po" | sort >"$work/uses"
if ! diff "$work/uses" "$work/has"; then
    echo "the lines marked > stand in $po and in no source" >&2
    exit 1
fi
