// SPDX-License-Identifier: Apache-2.0
// collect/feeds: brings the lists of the world (attacks, support dates, weaknesses) into the house:
// where they are kept, what may take the place of what is there, whence they come and when again.
//
// May enter: fetching lists, whether they are fit to be used, when the next try is.
// May not enter: what a list says of a machine, settings, pages.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/base.h"
#include "collect/vuln/jvn.h"
#include "collect/vuln/osv_list.h"
#include "collect/vuln/weaknesses.h"

namespace sekisho {

/// Where lists are kept.
struct FeedFiles {
  std::filesystem::path folder;

  std::filesystem::path support() const { return folder / "end-of-life.json"; }
  std::filesystem::path exploited() const { return folder / "known-exploited.json"; }
  std::filesystem::path weaknesses() const { return folder / "weaknesses.tsv"; }
  std::filesystem::path jvn() const { return folder / "jvn.tsv"; }
  /// Debian's is called so since it was the only one.
  std::filesystem::path osv(Ecosystem ecosystem) const {
    return folder / (ecosystem == Ecosystem::debian
                         ? "debian-weaknesses.tsv"
                         : "osv-" + std::string(facts_of(ecosystem).id) + ".tsv");
  }
  /// Of renewals: what was tried when, and what came of it.
  std::filesystem::path state() const { return folder / "feeds-state.json"; }
  /// Held by whoever renews.
  std::filesystem::path lock() const { return folder / "feeds.lock"; }
};

/// Who brings a list: a person, who may bring a small one, or nobody in particular.
enum class Brought : std::uint8_t { by_person, by_itself };

/// Lists that were brought, on the way into the house. All of them are read before any is written,
/// each is written whole or not at all, and none takes the place of a newer one.
class FeedUpdate {
 public:
  FeedUpdate(FeedFiles files, Day today, Brought brought)
      : files_(std::move(files)), today_(today), brought_(brought) {}

  /// Reads a text of whatever kind it is: CISA's KEV, endoflife.date's answers (v0 of one product,
  /// v1 of one or all), our bundle, NVD's JSON 2.0, OSV's records and archives, JVN iPedia's RSS
  /// and VULDEF; each also packed by gzip. Without `name`'s "modified", NVD's text isn't one of
  /// changes.
  Result<void> take(const std::string& name, std::string text);
  Result<void> write();

  /// How many of JVN iPedia's records there were, and of their products.
  struct VuldefCount {
    std::size_t records = 0, products = 0, unread = 0;
  };
  const VuldefCount& vuldef() const { return vuldef_; }
  /// What was read of OSV: where nothing of it is kept, `write` fails.
  const OsvTally& osv() const { return tally_; }

 private:
  Result<void> take_json(const std::string& name, const std::string& text);
  Result<void> take_exploited(const Document& document, const std::string& text);
  Result<void> take_support(const Document& document, const std::string& text);
  Result<void> take_all_products(const Document& document);
  /// The large lists, which Windows has not (update_large.cpp, windows/large.cpp): nothing where
  /// the text is none of them.
  std::optional<Result<void>> take_large(const std::string& name, const std::string& text);
  Result<void> take_osv(const std::string& name, const std::string& text);
  Result<void> take_osv_archive(const std::string& name, std::string_view bytes);
  Result<void> add_osv(const OsvRecord& record);
  Result<OsvList*> open_osv(Ecosystem ecosystem);
  using Files = std::vector<std::pair<std::filesystem::path, std::string>>;
  Result<void> gather_large(Files& files);
  Result<void> take_vuldef(const std::string& name, std::string_view text);
  Result<std::string> merged_support() const;
  std::string kept_support() const;
  Result<void> fit_date(Day day, Day kept) const;
  Result<void> fit_size(std::size_t size, std::size_t kept) const;
  template <typename T, typename... Of>
  Result<T*> open(std::optional<T>& list, const std::filesystem::path& file, Of... of) const;

  FeedFiles files_;
  Day today_;
  Brought brought_;
  boost::json::object products_;     // by name, as lists of v0 cycles
  std::optional<Day> all_products_;  // of which day, where all of them came at once
  std::string whole_support_;        // a bundle in our own shape
  std::string exploited_;            // CISA's text, unchanged
  std::optional<Weaknesses> weaknesses_;
  std::array<std::optional<OsvList>, kEcosystems> osv_;
  OsvTally tally_;
  std::optional<JvnNames> jvn_;
  VuldefCount vuldef_;
};

/// The lists of attacks and of support dates as they are in use: kept, else built in.
Result<ExploitedFeed> exploited_in_use(const FeedFiles& files);
Result<SupportFeed> support_in_use(const FeedFiles& files);

/// The error with the input that it is in. Internal to the room.
std::unexpected<Error> in_input(const std::string& name, Error error);

}  // namespace sekisho
