// SPDX-License-Identifier: Apache-2.0
// A place in an export of a cloud's settings, read with the forms that the same thing takes by
// PowerShell: names in any case (Graph's `isEnabled`, PowerShell's `IsEnabled`), a list of one that
// became its only element, a list that became {"value": [...], "Count": n} or an object of objects
// by id, a list of nothing that became [null]. What was cut off ("System.Object[]", "@{Id=...}"),
// what says that it isn't all of it (a next page, a count that is another), what stands in an
// answer that is an error, and what fits none of these forms is not readable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

#include "base/result.h"
#include "base/time.h"
#include "collect/cloud/setting.h"

namespace sekisho {

class ExportPlace {
 public:
  /// `value` must outlive what is read.
  explicit ExportPlace(const boost::json::value& value) : value_(&value) {}
  explicit ExportPlace(Lack lack) : lack_(lack) {}

  /// A lack stays what it is further down. Of an answer that is an error nothing is readable but
  /// the error, and no list or object of which more follows.
  ExportPlace at(std::string_view key) const;
  /// The same of a page: that others follow it is whoever puts them together's to see.
  ExportPlace in_page(std::string_view key) const;
  bool is_there() const { return value_ != nullptr && !value_->is_null(); }
  bool is_absent() const { return value_ == nullptr && lack_ == Lack::absent; }
  bool is_object() const { return value_ != nullptr && value_->is_object(); }
  Lack lack() const { return value_ == nullptr ? lack_ : Lack::null; }

  /// Also "True" and "false".
  CloudSetting<bool> boolean() const;
  /// Also digits in a string.
  CloudSetting<std::int64_t> integer() const;
  /// Also a whole number, or digits in a string.
  CloudSetting<double> number() const;
  /// As it stands, at most 1000 bytes.
  CloudSetting<std::string> text() const;
  /// A list of strings. A lone one is a list of one, unless it looks like several that were joined.
  CloudSetting<std::vector<std::string>> texts() const;
  /// The objects of a list. `has` is a name that each of them bears, by which one that became the
  /// list itself is known, and without which one is something else: not readable.
  CloudSetting<std::vector<ExportPlace>> objects(std::string_view has) const;
  /// The same of pages, whatever they bear.
  CloudSetting<std::vector<ExportPlace>> objects() const;
  /// Objects by their ids.
  CloudSetting<std::vector<std::pair<std::string, ExportPlace>>> by_id() const;
  /// [null]: what PowerShell makes of an empty list, and of what a command failed to read.
  bool is_list_of_null() const;
  /// The names that stand here, as they are written; none where this is no object.
  std::vector<std::string> names() const;

 private:
  ExportPlace named(std::string_view key) const;

  const boost::json::value* value_ = nullptr;
  Lack lack_ = Lack::absent;
};

/// What `take` makes of each object of a list.
template <typename T, typename Take>
CloudSetting<std::vector<T>> each_of(const CloudSetting<std::vector<ExportPlace>>& places,
                                     Take take) {
  if (places.value() == nullptr) return places.lack();
  std::vector<T> list;
  for (const ExportPlace& place : *places.value()) list.push_back(take(place));
  return list;
}

/// A moment as RFC 3339 has it, with "Z" or how far the clock is from UTC ("+09:00"), or as
/// PowerShell's JSON does ("/Date(1777880642000)/"). A time of no zone is none.
std::optional<Time> export_time(const ExportPlace& place);

/// What names an account: a word or a number, in small letters; empty for anything else.
std::string export_id(const ExportPlace& place);

/// Whether two names are the same but for the case of ASCII letters.
bool same_name(std::string_view a, std::string_view b);

/// The text of a file from an administrator's machine as UTF-8: UTF-8 with or without a mark, or
/// UTF-16 as Windows PowerShell writes it. Nothing for anything else, and for halves of characters.
std::optional<std::string> export_text(std::string_view bytes);

}  // namespace sekisho
