# The clients' files: system.cmake registers each of them as it does every test_*.py. Here is what is
# different for some, said after that; and the table of all of them, from one run.
set(clients_slow client_volume)
foreach(name ${clients_slow})
    cmake_language(EVAL CODE "cmake_language(DEFER CALL set_tests_properties system.${name}
        PROPERTIES LABELS slow TIMEOUT 900 RUN_SERIAL TRUE)")
endforeach()

# ninja clients-table: client × action × result.
add_custom_target(clients-table
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/system/clients_table ${CMAKE_BINARY_DIR}
    USES_TERMINAL VERBATIM)
