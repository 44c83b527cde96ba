garita_unit(vpath garita_registry garita_text)
# The upper half, on a bench: every test of it shares the bench and its clients.
foreach(part upload resume tree list client)
    garita_unit(registry_${part} garita_registry garita_policy_reader)
    if(TARGET test_registry_${part})
        target_sources(test_registry_${part} PRIVATE support/registry_bench.c
                       support/registry_client.c)
        add_dependencies(test_registry_${part} garita_catalogues)
    endif()
endforeach()
