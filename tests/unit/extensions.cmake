# The extended requests, and the space of an account.
garita_unit(sftp_extended garita_ssh)
garita_unit(catalogue_usage garita_registry)
garita_unit(registry_space garita_registry garita_policy_reader)
if(TARGET test_registry_space)
    target_sources(test_registry_space PRIVATE support/registry_bench.c
                   support/registry_client.c)
    add_dependencies(test_registry_space garita_catalogues)
endif()
garita_unit(policy_quota garita_policy_reader)
