# SPDX-License-Identifier: GPL-2.0-or-later
#
# checkpoint_tests(NAME SOURCE...): one program of all sources, and a ctest for
# each test case in it.
find_package(GTest 1.12 REQUIRED)
include(GoogleTest)

function(checkpoint_tests name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE checkpoint_test_support GTest::gmock GTest::gtest_main)
  checkpoint_options(${name})
  # Compiling them is most of the time that testing takes.
  target_precompile_headers(${name} PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
  # (the option is for ccache, which cannot see what is in them otherwise)
  target_compile_options(${name} PRIVATE -O0 -g1
                         $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  # Tests leave fields of made structs at their defaults, and GoogleTest's
  # macros compare signed literals.
  target_compile_options(${name} PRIVATE -Wno-sign-conversion -Wno-conversion)
  gtest_discover_tests(${name} TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT 120)
endfunction()
