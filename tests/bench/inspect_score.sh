#!/bin/sh
# Scores the inspection against a labelled corpus: how much that should be refused is accepted,
# and the other way round. Prints the rates and leaves the decisions beside the program.
# usage: inspect_score.sh BUILD_DIRECTORY CORPUS_DIRECTORY
#        (the corpus holds files/, labels.tsv and score.py)
set -eu
program=$1/bin/inspect_corpus
decisions=$1/inspect_decisions.tsv
corpus=$2
cut -f1 "$corpus/labels.tsv" | tail -n +2 | "$program" "$corpus/files" >"$decisions"
python3 "$corpus/score.py" "$decisions"
echo "decisions: $decisions"
