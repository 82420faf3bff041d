# SPDX-License-Identifier: Apache-2.0
# Two Debian packages of one build: sekisho-agent, which a device needs that reports, and sekisho, which is all of it. `make deb` builds both.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY TRUE)  # packing builds nothing

# Devices: the small program, its units, and the device's key for browsers where p11-kit looks.
install(TARGETS sekisho_agent_program RUNTIME DESTINATION bin COMPONENT agent)
install(FILES packaging/sekisho-agent.service packaging/sekisho-key.service DESTINATION /usr/lib/systemd/system COMPONENT agent)
install(TARGETS sekisho_pkcs11 LIBRARY DESTINATION lib/${CMAKE_LIBRARY_ARCHITECTURE}/pkcs11 COMPONENT agent)
install(FILES packaging/sekisho.module DESTINATION share/p11-kit/modules COMPONENT agent)

# The whole: console and server, checks by hand, and what SSH servers ask.
install(TARGETS sekisho RUNTIME DESTINATION bin COMPONENT whole)
install(TARGETS pam_sekisho LIBRARY DESTINATION /lib/${CMAKE_LIBRARY_ARCHITECTURE}/security COMPONENT whole)
install(FILES packaging/sekisho-server.service packaging/sekisho-guard.service DESTINATION /usr/lib/systemd/system COMPONENT whole)
install(FILES packaging/server.yaml DESTINATION /etc/sekisho COMPONENT whole)
install(DIRECTORY DESTINATION /etc/sekisho/credentials DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE COMPONENT whole)
install(DIRECTORY packaging/examples DESTINATION share/doc/sekisho COMPONENT whole)

foreach(part whole agent)
  set(name sekisho)
  set(program sekisho)
  if(part STREQUAL agent)
    set(name sekisho-agent)
    set(program sekisho_agent_program)
  endif()
  install(FILES packaging/copyright DESTINATION share/doc/${name} COMPONENT ${part})
  install(FILES packaging/lintian-overrides.${part} DESTINATION share/lintian/overrides RENAME ${name} COMPONENT ${part})
  # What the program says of itself, at the time of packing.
  install(CODE "execute_process(COMMAND \"${PROJECT_SOURCE_DIR}/scripts/package-texts\" \"$<TARGET_FILE:${program}>\" \"${PROJECT_VERSION}\" \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}\" COMMAND_ERROR_IS_FATAL ANY)" COMPONENT ${part})
  string(TOUPPER ${part} PART)
  set(CPACK_DEBIAN_${PART}_PACKAGE_NAME ${name})
  # One file each for both: they go by the package that they belong to.
  set(CPACK_DEBIAN_${PART}_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/packaging/postinst ${PROJECT_SOURCE_DIR}/packaging/prerm ${PROJECT_SOURCE_DIR}/packaging/postrm)
endforeach()
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/package/conffiles "/etc/sekisho/server.yaml\n")
list(APPEND CPACK_DEBIAN_WHOLE_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_BINARY_DIR}/package/conffiles)

set(CPACK_GENERATOR DEB)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL whole agent)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_PACKAGE_NAME sekisho)
set(CPACK_PACKAGE_CONTACT "Sekisho's developers <sekisho@sekisho.example>")
set(CPACK_DEBIAN_WHOLE_DESCRIPTION "telework security: checks and console
Checks machines for telework by Japan's guideline, says what to fix first,
and brings the results of an organisation's devices together in a console.

The console's server is sekisho-server.service. On SSH servers
sekisho-guard.service and PAM's pam_sekisho let people in as Sekisho decides.
Neither starts before it is set up.")
set(CPACK_DEBIAN_AGENT_DESCRIPTION "telework security: a device's agent
Reports to an organisation's Sekisho how fit this machine is for telework, by
the settings, states and list of packages that it reads; it changes nothing.

The agent is sekisho-agent.service; sekisho-key.service lets browsers and SSH
use the device's key. Neither starts before the device is enrolled.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_WHOLE_PACKAGE_RECOMMENDS "weasyprint")
set(CPACK_DEBIAN_AGENT_PACKAGE_RECOMMENDS "tpm2-openssl")
# Until 0.2.0 there was one package with the agent in it: whoever upgrades that one keeps the agent.
set(CPACK_DEBIAN_WHOLE_PACKAGE_DEPENDS "passwd, sekisho-agent (>= 0.2.0)")
set(CPACK_DEBIAN_AGENT_PACKAGE_DEPENDS "passwd")
set(CPACK_DEBIAN_AGENT_PACKAGE_BREAKS "sekisho (<< 0.2.0)")
set(CPACK_DEBIAN_AGENT_PACKAGE_REPLACES "sekisho (<< 0.2.0)")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
