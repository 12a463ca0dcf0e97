# What is linked, all of it from Debian 12: docs/dependencies.md says why each.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(DEPS REQUIRED IMPORTED_TARGET libcrypto jansson sqlite3 libhs libfyaml libseccomp libgvc libcgraph zlib
                  liblzma liblz4 libzstd libbrotlidec snappy libxml-2.0)
find_package(BZip2 REQUIRED)

# A folder of src/ is a room; every source in it belongs to the library, except the command itself.
file(GLOB sources CONFIGURE_DEPENDS src/base/*.c src/crypto/*.c src/formats/*.c src/detect/*.c src/stats/*.c
     src/sandbox/*.c src/store/*.c src/merkle/*.c src/scan/*.c src/evidence/*.c src/report/*.c src/policy/*.c
     src/stages/*.c)
file(GLOB cli_sources CONFIGURE_DEPENDS src/cli/*.c)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS src/formats/formats.def src/detect/detectors.def)

# Graphviz's layout is linked instead of searched for at run time: no configuration file, no fonts, no other plugin.
find_library(GVPLUGIN_DOT gvplugin_dot_layout PATH_SUFFIXES graphviz REQUIRED)
target_link_libraries(PkgConfig::DEPS INTERFACE ${GVPLUGIN_DOT} BZip2::BZip2)
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)
# Otherwise CMake leaves room in the path of a built program, and an empty part of that path is the current folder: a
# program that is run among untrusted files must not look for libraries there. tools/check-libraries.sh holds it.
set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)
