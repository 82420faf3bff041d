# SPDX-License-Identifier: Apache-2.0
# The program for Windows: what Debian has as headers alone, and what scripts/windows-libraries built. One file without
# DLLs of ours, for Windows 10 and later.
enable_language(RC)
set(ZLIB_USE_STATIC_LIBS ON)
add_compile_definitions(_WIN32_WINNT=0x0A00 WINVER=0x0A00 NTDDI_VERSION=0x0A000006 WIN32_LEAN_AND_MEAN NOMINMAX UNICODE
  FMT_HEADER_ONLY CURL_STATICLIB YAML_CPP_STATIC_DEFINE)
# libstdc++ 12 defines std::type_info's equality twice for Windows under C++23, with the same meaning.
add_link_options(-static -s -Wl,--dynamicbase,--nxcompat,--high-entropy-va,--no-insert-timestamp,--allow-multiple-definition)
# OpenSSL's sockets, and mingw's guard of the stack.
link_libraries(ws2_32 crypt32 ssp)
set(Boost_INCLUDE_DIRS ${SEKISHO_WINDOWS_LIBRARIES}/include)
add_library(fmt INTERFACE)
add_library(fmt::fmt ALIAS fmt)
add_library(CLI11 INTERFACE)
add_library(CLI11::CLI11 ALIAS CLI11)
file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/boost_json.cpp CONTENT "#include <boost/json/src.hpp>\n")
add_library(boost_json STATIC ${CMAKE_BINARY_DIR}/boost_json.cpp)
target_include_directories(boost_json SYSTEM PUBLIC ${Boost_INCLUDE_DIRS})
add_library(Boost::json ALIAS boost_json)
