if(TARGET garita-policy)
    add_test(NAME golden.policy
             COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/golden/policy.sh $<TARGET_FILE:garita-policy>
                     ${CMAKE_SOURCE_DIR})
    set_tests_properties(golden.policy PROPERTIES LABELS golden TIMEOUT 120)
endif()
