// store: keeps evidence and a few settings. Evidence is only ever added to.
//
// May enter: the interface, its implementations and their migrations.
// May not enter: what evidence means.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/base.h"
#include "evidence/evidence.h"

namespace sekisho {

class Store {
 public:
  Store() = default;
  virtual ~Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Durable when it returns.
  virtual Result<void> append(const Evidence& evidence) = 0;
  /// All evidence in the order in which it was appended.
  virtual Result<std::vector<Evidence>> evidence() const = 0;

  /// Small named values, such as the method in use.
  virtual Result<void> set(const std::string& name, const std::string& value) = 0;
  virtual Result<std::map<std::string, std::string>> settings() const = 0;
};

/// The file at `path`, made with mode 0600 when it isn't there. A file of a newer version of
/// Sekisho is refused, one of an older version is brought up to date.
Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& path);

}  // namespace sekisho
