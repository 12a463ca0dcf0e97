# Rules, migrations and style sheets are data; they are compiled in as read-only bytes so that the program is one file.
# pal_embed(NAME FILE): const unsigned char pal_data_NAME[]; const size_t pal_data_NAME_len;
set(embedded)
function(pal_embed name file)
  set(out ${CMAKE_BINARY_DIR}/embed/${name}.c)
  add_custom_command(OUTPUT ${out} DEPENDS ${CMAKE_SOURCE_DIR}/${file} ${CMAKE_SOURCE_DIR}/cmake/embed_file.cmake
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DIN=${CMAKE_SOURCE_DIR}/${file} -DOUT=${out}
            -P ${CMAKE_SOURCE_DIR}/cmake/embed_file.cmake)
  set(embedded ${embedded} ${out} PARENT_SCOPE)
endfunction()
file(GLOB data CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} rules/*.rules rules/*.tsv src/store/migrations/*.sql
     src/report/*.css)
foreach(f IN LISTS data)
  get_filename_component(stem ${f} NAME)
  string(REGEX REPLACE "[^a-z0-9]" "_" stem ${stem})
  pal_embed(${stem} ${f})
endforeach()

add_library(palisade_objects OBJECT ${sources} ${embedded})
target_include_directories(palisade_objects PUBLIC include PRIVATE src/formats src/detect)
target_link_libraries(palisade_objects PUBLIC PkgConfig::DEPS Threads::Threads m)

# The patterns of our own rules are compiled by the program that reads them, before it is whole.
add_executable(compile-patterns cmake/compile_patterns.c)
target_include_directories(compile-patterns PRIVATE src/detect)
target_link_libraries(compile-patterns PRIVATE palisade_objects)
set(patterns ${CMAKE_BINARY_DIR}/embed/compiled_patterns)
add_custom_command(OUTPUT ${patterns}.c DEPENDS compile-patterns ${CMAKE_SOURCE_DIR}/cmake/embed_file.cmake
  COMMAND compile-patterns ${patterns}.bin
  COMMAND ${CMAKE_COMMAND} -DNAME=compiled_patterns -DIN=${patterns}.bin -DOUT=${patterns}.new
          -P ${CMAKE_SOURCE_DIR}/cmake/embed_file.cmake
  COMMAND ${CMAKE_COMMAND} -E copy_if_different ${patterns}.new ${patterns}.c)
add_library(palisade STATIC $<TARGET_OBJECTS:palisade_objects> ${patterns}.c) # with all of its insides: for the command and the tests
set_target_properties(palisade PROPERTIES OUTPUT_NAME palisade_all)
target_include_directories(palisade PUBLIC include)
target_link_libraries(palisade PUBLIC PkgConfig::DEPS Threads::Threads m)
if(cli_sources)
  add_executable(palisade-cli ${cli_sources})
  set_target_properties(palisade-cli PROPERTIES OUTPUT_NAME palisade)
  target_compile_definitions(palisade-cli PRIVATE PALISADE_VERSION="${PROJECT_VERSION}")
  target_link_libraries(palisade-cli PRIVATE palisade)
endif()
target_compile_definitions(palisade_objects PRIVATE PALISADE_VERSION="${PROJECT_VERSION}")
