# SPDX-License-Identifier: GPL-2.0-or-later
#
# What goes where, beside cpctl itself.
include(GNUInstallDirs)
install(FILES man/cpctl.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES man/cp_range.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
install(FILES man/proc_checkpoint.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES completions/cpctl.bash RENAME cpctl
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(DIRECTORY schema DESTINATION ${CMAKE_INSTALL_DATADIR}/cpctl
        FILES_MATCHING PATTERN *.json)

# For programs: cp_range.h, and the definition of images and status.
file(GLOB headers CONFIGURE_DEPENDS cp_range/cp_*.h)
install(FILES ${headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ../proc-interface/uapi/linux/proc_checkpoint.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/linux)

# The unit names cpctl by its path: the prefix may be given to cmake --install.
set(unit_code [[
  cmake_policy(VERSION 3.25)
  cmake_path(APPEND CMAKE_INSTALL_PREFIX "@CMAKE_INSTALL_BINDIR@" OUTPUT_VARIABLE bindir)
  set(unit "${CMAKE_INSTALL_PREFIX}/lib/systemd/system/cpctl-watch@.service")
  message(STATUS "Installing: $ENV{DESTDIR}${unit}")
  configure_file("@CMAKE_CURRENT_SOURCE_DIR@/systemd/cpctl-watch@.service.in"
                 "$ENV{DESTDIR}${unit}" @ONLY
                 FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  list(APPEND CMAKE_INSTALL_MANIFEST_FILES "${unit}")]])
string(CONFIGURE "${unit_code}" unit_code @ONLY)
install(CODE "${unit_code}")
