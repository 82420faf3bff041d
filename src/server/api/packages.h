// SPDX-License-Identifier: Apache-2.0
// What people install on their devices, as the server offers it: the files of one folder that
// `make packages` made, each with the SHA-256 that stands in SHA256SUMS beside them. A file that is
// not what its sum says is not given out.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/http/http.h"

namespace sekisho {

class Packages {
 public:
  struct Package {
    std::string kind;  // windows, windows-zip, windows-msi, debian
    std::string name;  // of the file, and of what is downloaded
    std::uint64_t bytes = 0;
    std::string sha256;  // hexadecimal
  };

  /// None where the folder or its SHA256SUMS isn't there.
  static Result<std::shared_ptr<Packages>> open(const std::filesystem::path& folder);

  const std::vector<Package>& all() const { return packages_; }
  /// For a path /downloads/NAME.
  HttpReply reply(const HttpRequest& request);

 private:
  /// What is in it, read and held against its sum once; empty when it is not what it should be.
  std::string_view content(std::size_t index);

  std::filesystem::path folder_;
  std::vector<Package> packages_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<const std::string>> read_;  // by package; null until asked for
};

/// Reads what sha256sum writes ("HEX  NAME", one a line); the sum of `name`, or nothing.
std::optional<std::string> sum_of(std::string_view sums, std::string_view name);

inline constexpr std::string_view kDownloads = "/downloads/";

}  // namespace sekisho
