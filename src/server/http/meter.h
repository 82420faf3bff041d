// SPDX-License-Identifier: Apache-2.0
// What is counted for the operator's monitoring, as Prometheus reads it (text format 0.0.4). There
// is nothing of a person in it: operations and jobs have fixed names.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/base.h"

namespace sekisho {

/// One family with its samples, in the text format.
class Exposition {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string_view>>;
  /// HELP and TYPE, before the samples.
  void family(std::string_view name, std::string_view type, std::string_view help);
  void sample(const Labels& labels, double value, std::string_view suffix = {});
  /// A family of one sample.
  void one(std::string_view name, std::string_view type, std::string_view help, double value) {
    family(name, type, help);
    sample({}, value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string name_;
  std::string text_;
};

class Meter {
 public:
  using Duration = std::chrono::steady_clock::duration;

  void answered(std::string_view listener, std::string_view operation, unsigned status,
                Duration took);
  void worked(std::string_view job, bool well, Time at);
  void add_to(Exposition& out) const;

 private:
  static constexpr std::array kBounds{0.005, 0.025, 0.1, 0.5, 2.5, 10.0};  // seconds
  struct Took {
    std::array<std::uint64_t, kBounds.size() + 1> counts{};
    double sum = 0;
  };
  struct Worked {
    std::uint64_t well = 0;
    std::uint64_t failed = 0;
    Time at;
  };
  mutable std::mutex mutex_;
  std::map<std::tuple<std::string, std::string, unsigned>, std::uint64_t> answers_;
  std::map<std::string, Took, std::less<>> took_;  // by listener
  std::map<std::string, Worked, std::less<>> jobs_;
};

}  // namespace sekisho
