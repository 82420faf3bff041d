// SPDX-License-Identifier: Apache-2.0
// When lists are renewed, one a day each, and what came of it. What is remembered lies in a file
// beside the lists: each machine keeps its own.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "collect/feeds/fetch.h"
#include "collect/feeds/update.h"

namespace sekisho {

struct FeedSource {
  std::string_view id;
  Text title;
  std::string_view host;                    // that it is fetched from, for people
  std::optional<Ecosystem> ecosystem = {};  // OSV's list of it

  /// Fetched whatever there is; the others only where something here is of their ecosystem.
  bool always() const { return !ecosystem || *ecosystem == Ecosystem::debian; }
};
/// Attacks, support dates, weaknesses by version, Debian's, names in Japanese; then OSV's of other
/// ecosystems.
std::span<const FeedSource> feed_sources();

/// Where it is kept.
std::filesystem::path kept_file(const FeedFiles& files, std::string_view source);

struct SourceState {
  std::optional<Time> tried, succeeded;
  Time due;
  std::int64_t failures = 0;  // in a row
  std::string tag;            // of what is there
  std::string asked;          // the wish that the last try fulfilled
  std::optional<Text> error;  // of the last try
  bool operator==(const SourceState&) const = default;
};

struct RenewalState {
  std::string asked;  // the last wish of a person that was heard; empty: none
  std::map<std::string, SourceState, std::less<>> sources;  // by id
  bool operator==(const RenewalState&) const = default;
};
/// Empty where there is none, or none that can be read: then all are due.
RenewalState read_renewal_state(const FeedFiles& files);
RenewalState parse_renewal_state(std::string_view text);
std::string write_renewal_state(const RenewalState& state);

class FeedRenewal {
 public:
  using Fetch = std::function<Result<FetchedFeed>(const FeedAddress&, const std::string& tag)>;

  /// `random` gives numbers that nobody expects, for the jitter.
  FeedRenewal(FeedFiles files, std::function<std::uint64_t()> random)
      : files_(std::move(files)), random_(std::move(random)), state_(read_renewal_state(files_)) {}

  /// Of which ecosystems there is something here: OSV's lists of others are left alone.
  void want(const std::array<bool, kEcosystems>& ecosystems) { wanted_ = ecosystems; }
  /// A person wants all of them now; `asked` is another text with each wish.
  void ask(const std::string& asked) { state_.asked = asked; }
  /// The sources that were not tried since.
  std::vector<std::string_view> wished() const;
  /// The sources that are due, and those that are wished for. Where the clock had been wrong, what
  /// it left behind is due as well.
  std::vector<std::string_view> due(Time now) const;
  /// Tries one source now, and remembers what came of it: the next try is in about a day, after a
  /// failure in 15 minutes, then twice as long each time up to 6 hours. The error, where it failed.
  Result<void> renew(std::string_view source, const Fetch& fetch, Time now);

  const RenewalState& state() const { return state_; }

 private:
  Result<void> bring(std::string_view source, const Fetch& fetch, Time now);
  Result<void> bring_weaknesses(FeedUpdate& update, const Fetch& fetch, Time now);
  std::chrono::seconds spread(std::chrono::seconds most);
  bool wanted(const FeedSource& source) const {
    return source.always() || wanted_.at(static_cast<std::size_t>(*source.ecosystem));
  }

  FeedFiles files_;
  std::function<std::uint64_t()> random_;
  RenewalState state_;
  std::array<bool, kEcosystems> wanted_{};
};

}  // namespace sekisho
