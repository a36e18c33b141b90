# SPDX-License-Identifier: GPL-2.0-or-later
#
# checkpoint_options(TARGET): language, warnings and sanitizers of our targets.
# GCC only: warnings that clang does not have.
function(checkpoint_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
    -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wformat=2 -Wimplicit-fallthrough -Werror
    # Designated initialisers leave the rest at its default on purpose.
    -Wno-missing-field-initializers
    $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wduplicated-branches -Wlogical-op
                             -Wuseless-cast>)
  if(CHECKPOINT_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link,address,undefined
                           -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=address,undefined)
  elseif(CHECKPOINT_SANITIZE)
    # (no-pie: what the sanitizers know of each global would be relocated at each start of
    # the program, which takes longer than most tests; -O1: half the time to compile)
    target_compile_options(${target} PRIVATE -O1 -g1 -fsanitize=address,undefined -fno-pie
                           -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=address,undefined -no-pie)
  endif()
endfunction()
