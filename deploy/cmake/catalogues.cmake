# Message catalogues: gateway/text/po/es.po becomes share/locale beside bin/.
find_program(MSGFMT msgfmt REQUIRED)
set(locale_es ${CMAKE_BINARY_DIR}/share/locale/es/LC_MESSAGES/garita.mo)
add_custom_command(OUTPUT ${locale_es}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/share/locale/es/LC_MESSAGES
    COMMAND ${MSGFMT} --check -o ${locale_es} ${CMAKE_SOURCE_DIR}/gateway/text/po/es.po
    DEPENDS ${CMAKE_SOURCE_DIR}/gateway/text/po/es.po)
add_custom_target(garita_catalogues ALL DEPENDS ${locale_es})
