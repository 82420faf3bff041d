// SPDX-License-Identifier: Apache-2.0
// Internal to the room: how far PDFs are that are being made, as WeasyPrint itself tells. In
// memory: what is made ends with the request that asked for it.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace sekisho {

/// One PDF under way.
struct Made {
  int step = 0;           // of kPdfSteps, that is under way; 0: it has not begun
  std::size_t pages = 0;  // laid out so far
  double share = 0;  // of the time that it takes, 0 to 1, as such reports took it when measured
};
inline constexpr int kPdfSteps = 7;

/// What WeasyPrint has said so far (--verbose) of a page of `bytes` bytes of HTML.
Made made_so_far(std::string_view said, std::size_t bytes);

/// Those under way, by who asked and by the name that they gave it.
class Making {
 public:
  /// Told of as long as this lives; of too many at once the newest are not told of.
  class Told {
   public:
    Told(Making& all, std::string key);
    Told(const Told&) = delete;
    Told& operator=(const Told&) = delete;
    ~Told();
    void is(const Made& now);

   private:
    Making& all_;
    std::string key_;
    bool there_ = false;
  };

  std::optional<Made> look(const std::string& key);

 private:
  static constexpr std::size_t kMost = 64;
  std::mutex mutex_;
  std::map<std::string, Made> under_way_;
};

}  // namespace sekisho
