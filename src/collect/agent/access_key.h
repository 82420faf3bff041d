// SPDX-License-Identifier: Apache-2.0
// The device's second key: for programs of the person who uses the device (the browser, ssh), which
// the agent signs for. It is another than the one that signs reports: whoever may have digests
// signed could have a report signed that way, and the server takes reports by the first key alone.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "collect/agent/disk.h"
#include "collect/agent/keys.h"

namespace sekisho {

struct AccessKey {
  KeyPair key;
  Certificate certificate;  // of the organisation's authority
};

/// In the agent's folder, in a folder of its own: what signs for programs needs to see no other.
std::filesystem::path access_folder(const std::filesystem::path& folder);
std::filesystem::path access_key_file(const std::filesystem::path& folder);
std::filesystem::path access_certificate_file(const std::filesystem::path& folder);

/// None where the server hasn't certified it yet, or what is there doesn't belong together.
Result<AccessKey> read_access_key(Disk& disk, const std::filesystem::path& folder);

/// The same, but nothing where the certificate is still the known one: a TPM takes its time to open
/// a key.
Result<std::optional<AccessKey>> read_newer_access_key(Disk& disk,
                                                       const std::filesystem::path& folder,
                                                       const std::string& known_fingerprint);

/// The key alone, made where there is none that can be used: in the TPM if there is one.
Result<KeyPair> access_key_to_certify(Disk& disk, const std::filesystem::path& folder);

/// As of an enrolment that ended.
void forget_access_key(Disk& disk, const std::filesystem::path& folder);

}  // namespace sekisho
