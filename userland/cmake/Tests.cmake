# SPDX-License-Identifier: GPL-2.0-or-later
#
# checkpoint_tests(NAME SOURCE...): one program of all sources, and eight ctests with
# an eighth of its test cases each: starting it takes longer than most of them.  What
# they say in JUnit's format is in cases/NAME.N.xml of the build.
find_package(GTest 1.12 REQUIRED)

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
  foreach(share RANGE 7)
    add_test(NAME ${name}.${share}
             COMMAND ${name} --gtest_brief=1
                     --gtest_output=xml:${PROJECT_BINARY_DIR}/cases/${name}.${share}.xml)
    set_tests_properties(${name}.${share} PROPERTIES TIMEOUT 600
      ENVIRONMENT "GTEST_TOTAL_SHARDS=8;GTEST_SHARD_INDEX=${share}")
  endforeach()
endfunction()
