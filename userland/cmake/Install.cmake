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

configure_file(systemd/cpctl-watch@.service.in cpctl-watch@.service @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/cpctl-watch@.service DESTINATION lib/systemd/system)
