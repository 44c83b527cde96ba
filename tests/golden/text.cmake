add_test(NAME golden.catalogue
         COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/golden/catalogue.sh ${CMAKE_SOURCE_DIR})
set_tests_properties(golden.catalogue PROPERTIES LABELS golden TIMEOUT 60 SKIP_RETURN_CODE 77)
