# System tests: real clients against the processes of this build. One ctest entry a file.
find_program(PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)
file(GLOB system_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/system/test_*.py)
foreach(file ${system_tests})
    get_filename_component(name ${file} NAME_WE)
    string(REPLACE "test_" "" name ${name})
    add_test(NAME system.${name}
             COMMAND ${PYTHON} -B -m pytest -q --tb=short -c ${CMAKE_CURRENT_SOURCE_DIR}/pytest.ini
                     --rootdir ${CMAKE_CURRENT_SOURCE_DIR} ${file})
    set_tests_properties(system.${name} PROPERTIES LABELS system TIMEOUT 600
                         SKIP_RETURN_CODE 77 ENVIRONMENT GARITA_BUILD=${CMAKE_BINARY_DIR})
endforeach()
