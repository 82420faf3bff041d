# SPDX-License-Identifier: Apache-2.0
# sekisho_room(NAME [DEPENDS room...] [LINKS lib...] [TEST_LINKS lib...] [FOLDERS folder...] [ON_WINDOWS file...]): the folder as one library
# sekisho::NAME of its *.cpp and those of FOLDERS, and its *_test.cpp as one test program, each test known to ctest. For Windows there are no
# tests, and where ON_WINDOWS is given those files alone.
function(sekisho_room name)
  cmake_parse_arguments(ROOM "" "" "DEPENDS;LINKS;TEST_LINKS;FOLDERS;ON_WINDOWS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  foreach(folder ${ROOM_FOLDERS})
    file(GLOB kind CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
    list(APPEND sources ${kind})
  endforeach()
  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp)
  list(REMOVE_ITEM sources ${tests})
  list(FILTER sources EXCLUDE REGEX "/(main|pack_main)\\.cpp$")
  if(WIN32)
    set(tests)
    if(ROOM_ON_WINDOWS)
      set(sources ${ROOM_ON_WINDOWS})
    endif()
  endif()
  add_library(sekisho_${name} STATIC ${sources})
  add_library(sekisho::${name} ALIAS sekisho_${name})
  list(TRANSFORM ROOM_DEPENDS PREPEND "sekisho::")
  target_link_libraries(sekisho_${name} PUBLIC sekisho_options fmt::fmt Boost::json ${ROOM_DEPENDS} PRIVATE ${ROOM_LINKS})
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  if(name STREQUAL "base")
    # Named without its folder, so that ccache knows it again in another clone.
    target_include_directories(sekisho_base PRIVATE ${PROJECT_SOURCE_DIR}/cmake)
    target_precompile_headers(sekisho_base PRIVATE <precompiled.h>)
    if(SEKISHO_CHANGED)
      file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/changed.cpp "")
      add_library(sekisho_changed OBJECT ${CMAKE_CURRENT_BINARY_DIR}/changed.cpp)
      target_link_libraries(sekisho_changed PRIVATE sekisho_options fmt::fmt Boost::json)
      target_include_directories(sekisho_changed PRIVATE ${PROJECT_SOURCE_DIR}/cmake)
      target_compile_options(sekisho_changed PRIVATE -O0 -U_FORTIFY_SOURCE)
      target_precompile_headers(sekisho_changed PRIVATE <precompiled.h>)
    endif()
  elseif(folder IN_LIST SEKISHO_CHANGED)
    target_precompile_headers(sekisho_${name} REUSE_FROM sekisho_changed)
    target_compile_options(sekisho_${name} PRIVATE -O0 -U_FORTIFY_SOURCE)
  else()
    target_precompile_headers(sekisho_${name} REUSE_FROM sekisho_base)
  endif()
  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE sekisho::${name} ${ROOM_LINKS} ${ROOM_TEST_LINKS} GTest::gtest_main GTest::gmock)
    # Tests are compiled once for each run of theirs: what counts is how fast they build.
    target_compile_options(${name}_test PRIVATE -O0 -U_FORTIFY_SOURCE)
    target_include_directories(${name}_test PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    target_compile_definitions(${name}_test PRIVATE SEKISHO_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    if(name STREQUAL "base")
      target_include_directories(base_test PRIVATE ${PROJECT_SOURCE_DIR}/cmake)
      target_precompile_headers(base_test PRIVATE <precompiled_test.h>)
    else()
      target_precompile_headers(${name}_test REUSE_FROM base_test)
    endif()
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60 PROPERTIES LABELS unit)
  endif()
endfunction()

include(GoogleTest)

# sekisho_embed(NAME FILE SYMBOL): a library with FILE's bytes between SYMBOL_begin and SYMBOL_end.
function(sekisho_embed name file symbol)
  set(assembly ${CMAKE_CURRENT_BINARY_DIR}/${name}.S)
  set(readonly .rodata)
  set(stack ".section .note.GNU-stack,\"\",%progbits")
  if(WIN32)
    set(readonly ".rdata,\"dr\"")
    set(stack "")
  endif()
  file(GENERATE OUTPUT ${assembly} CONTENT
".section ${readonly}
.global ${symbol}_begin, ${symbol}_end
.balign 16
${symbol}_begin: .incbin \"${file}\"
${symbol}_end: .byte 0
${stack}
")
  set_source_files_properties(${assembly} PROPERTIES OBJECT_DEPENDS ${file} GENERATED TRUE)
  add_library(${name} STATIC ${assembly})
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
endfunction()
