# The Debian package: the program, the module for browsers, the units of the agent, its key and the server, the man page and completions. `make deb` builds it.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY TRUE)  # packing builds nothing
install(TARGETS sekisho RUNTIME DESTINATION bin)
install(TARGETS pam_sekisho LIBRARY DESTINATION /lib/${CMAKE_LIBRARY_ARCHITECTURE}/security)
install(FILES packaging/sekisho-agent.service packaging/sekisho-key.service packaging/sekisho-server.service packaging/sekisho-guard.service DESTINATION /usr/lib/systemd/system)
# Where p11-kit looks.
install(TARGETS sekisho_pkcs11 LIBRARY DESTINATION lib/${CMAKE_LIBRARY_ARCHITECTURE}/pkcs11)
install(FILES packaging/sekisho.module DESTINATION share/p11-kit/modules)
install(FILES packaging/server.yaml DESTINATION /etc/sekisho)
install(DIRECTORY DESTINATION /etc/sekisho/credentials DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
install(FILES packaging/copyright DESTINATION share/doc/sekisho)
install(DIRECTORY packaging/examples DESTINATION share/doc/sekisho)
install(FILES packaging/lintian-overrides DESTINATION share/lintian/overrides RENAME sekisho)
# What the program says of itself, at the time of packing.
install(CODE "execute_process(COMMAND \"${PROJECT_SOURCE_DIR}/scripts/package-texts\" \"$<TARGET_FILE:sekisho>\" \"${PROJECT_VERSION}\" \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}\" COMMAND_ERROR_IS_FATAL ANY)")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME sekisho)
set(CPACK_PACKAGE_CONTACT "Sekisho's developers <sekisho@sekisho.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "telework security: checks, console and agent")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Checks machines for telework by Japan's guideline, says what to fix first,
and brings the results of an organisation's devices together in a console.

The agent (sekisho-agent.service) reports this machine; the console's server
is sekisho-server.service. On SSH servers sekisho-guard.service and PAM's
pam_sekisho let people in as Sekisho decides. None starts before it is set up.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "passwd")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "weasyprint, tpm2-openssl")
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/package/conffiles "/etc/sekisho/server.yaml\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/packaging/postinst;${PROJECT_SOURCE_DIR}/packaging/prerm;${PROJECT_SOURCE_DIR}/packaging/postrm;${CMAKE_CURRENT_BINARY_DIR}/package/conffiles")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
