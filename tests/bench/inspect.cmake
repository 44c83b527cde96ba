# Not built by default: ninja inspect_corpus, then tests/bench/inspect_score.sh.
if(TARGET garita_inspect)
    add_executable(inspect_corpus EXCLUDE_FROM_ALL bench/inspect_corpus.c)
    target_link_libraries(inspect_corpus PRIVATE garita_inspect)
endif()
