# The public libraries, and what `make install` puts where. cmake/api.txt says what is public; nothing else is visible.
include(GNUInstallDirs)
set(made ${CMAKE_BINARY_DIR}/made)
file(MAKE_DIRECTORY ${made})
file(GLOB headers CONFIGURE_DEPENDS include/palisade/*)
add_custom_command(OUTPUT ${made}/api.list ${made}/api.map ${made}/api.ld
  COMMAND ${CMAKE_COMMAND} -E env CC=${CMAKE_C_COMPILER} ${CMAKE_SOURCE_DIR}/tools/api-symbols.sh --write ${made}
  DEPENDS ${CMAKE_SOURCE_DIR}/tools/api-symbols.sh ${CMAKE_SOURCE_DIR}/cmake/api.txt ${headers})
add_custom_target(palisade-api DEPENDS ${made}/api.list)

# Seen by the linker, hidden by the version script; without that, gcc could not inline what might be replaced.
target_compile_options(palisade_objects PRIVATE -fvisibility=default -fno-semantic-interposition)

if(NOT PALISADE_SANITIZE) # a sanitizer's library belongs into a whole program
  file(CONFIGURE OUTPUT ${made}/shared.c CONTENT
    "/* libpalisade.so is made of what the public interface needs out of the archive. */\ntypedef int pal_shared;\n")
  add_library(palisade_shared SHARED ${made}/shared.c)
  set_target_properties(palisade_shared PROPERTIES OUTPUT_NAME palisade VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR} LINK_DEPENDS "${made}/api.map;${made}/api.ld" INSTALL_RPATH_USE_LINK_PATH OFF)
  target_link_options(palisade_shared PRIVATE ${made}/api.ld LINKER:--version-script=${made}/api.map
    LINKER:--no-undefined LINKER:-Bsymbolic)
  target_link_libraries(palisade_shared PRIVATE palisade)
  add_dependencies(palisade_shared palisade-api)

  # One object in which only the public names are global, so that ours cannot meet those of a program.
  add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/libpalisade.a DEPENDS palisade ${made}/api.list ${made}/api.ld
    COMMAND ${CMAKE_C_COMPILER} -r -nostdlib -o ${made}/palisade.o ${made}/api.ld $<TARGET_FILE:palisade>
    COMMAND ${CMAKE_OBJCOPY} --keep-global-symbols=${made}/api.list ${made}/palisade.o
    COMMAND ${CMAKE_COMMAND} -E rm -f ${CMAKE_BINARY_DIR}/libpalisade.a
    COMMAND ${CMAKE_AR} rcs ${CMAKE_BINARY_DIR}/libpalisade.a ${made}/palisade.o)
  add_custom_target(palisade_static ALL DEPENDS ${CMAKE_BINARY_DIR}/libpalisade.a)
endif()

# Manual page and completion are what the command says of itself.
set(spoken)
function(pal_spoken out)
  add_custom_command(OUTPUT ${made}/${out} DEPENDS palisade-cli VERBATIM
    COMMAND sh -c "\"$0\" \"$@\" >\"${made}/${out}.new\" && mv \"${made}/${out}.new\" \"${made}/${out}\""
            $<TARGET_FILE:palisade-cli> ${ARGN})
  set(spoken ${spoken} ${made}/${out} PARENT_SCOPE)
endfunction()
pal_spoken(palisade.1 help --man)
pal_spoken(palisade.bash completion bash)
pal_spoken(_palisade completion zsh)
pal_spoken(palisade.fish completion fish)
add_custom_target(palisade-spoken ALL DEPENDS ${spoken})

configure_file(cmake/palisade.pc.in ${made}/palisade.pc @ONLY)
set(share ${CMAKE_INSTALL_DATADIR})
install(TARGETS palisade-cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(TARGET palisade_shared)
  install(TARGETS palisade_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(FILES ${CMAKE_BINARY_DIR}/libpalisade.a DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
execute_process(COMMAND ${CMAKE_COMMAND} -E env CC=${CMAKE_C_COMPILER} tools/api-symbols.sh --headers
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE public OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" public "${public}")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${public} cmake/api.txt)
install(FILES ${public} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/palisade)
install(FILES ${made}/palisade.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${made}/palisade.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${made}/palisade.bash DESTINATION ${share}/bash-completion/completions RENAME palisade)
install(FILES ${made}/_palisade DESTINATION ${share}/zsh/site-functions)
install(FILES ${made}/palisade.fish DESTINATION ${share}/fish/vendor_completions.d)
install(DIRECTORY rules DESTINATION ${share}/palisade FILES_MATCHING PATTERN "*.rules" PATTERN "*.tsv")
install(DIRECTORY examples DESTINATION ${share}/palisade USE_SOURCE_PERMISSIONS)
install(FILES LICENSE README.md CHANGELOG.md SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
