// SPDX-License-Identifier: Apache-2.0
// Versions as parsed values. A text becomes one by a named scheme, or it becomes nothing: no two
// texts can be compared, and no version with one of another scheme. What can't be placed before or
// after another is unordered, which nobody may take for "fixed".
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sekisho {

class Version {
 public:
  /// Unordered between schemes, and where a word leaves open which comes first ("1.0-foo", "1.0").
  std::partial_ordering operator<=>(const Version& other) const;
  bool operator==(const Version& other) const { return (*this <=> other) == 0; }
  /// Whether `line` is a form of which only the beginning is told, and this begins so: 9.1R3
  /// of 9.1.
  bool within(const Version& line) const;
  /// Of four numbers and more, whether they begin with those of `release`: 7.2.4.972 of 7.2.4.
  bool build_of(const Version& release) const;
  /// The same, then an update's word: 9.0 R3 of 9.0, but neither 9.0.1 nor 9.0a.
  bool update_of(const Version& release) const;

 private:
  friend class Scheme;
  static constexpr std::size_t kMostParts = 14;
  Version() = default;
  bool push(std::uint64_t part);

  std::array<std::uint64_t, kMostParts> parts_{};
  std::uint8_t size_ = 0;
  bool last_ = false;         // after all that begins so
  bool line_ = false;         // a feed's word for all that begins so
  std::uint32_t scheme_ = 0;  // 0: the makers' common one
};

/// What a text says: one version, or some version of a line ("7.2", "7.2.x").
struct VersionReading {
  Version least, most;  // the same where the text is exact
  bool line = false;    // it isn't
  std::string text;     // the part that was read, as it stood
  std::string plain;    // the same without what was dropped, and without leading zeros

  bool exact() const { return !line; }
};

/// How one maker writes versions, from data. A form is what stands in a version, in its order:
///
///   #  a number that counts           ~  a number that doesn't (a spin, a build)
///   +  the same, of at most 3 digits  %  the same, of at least 4
///   ^  a number that counts, of at most 2 digits
///   @  letters that count             &  letters that don't
///   _  a number that isn't there: 0   [ ]  what may be missing
///   space: any run of blanks and of - _ : , / or nothing; all else stands for itself, in either
///   case
///
/// Numbers of several forms are compared by their places. `lines` are forms of which only the
/// beginning of a version is told. What follows one of `aside` ("build", "take") is skipped.
struct VersionWriting {
  std::vector<std::string> forms, lines, aside;
};

class Scheme {
 public:
  /// Nothing where a form is none.
  static std::optional<Scheme> make(const VersionWriting& writing);
  /// The common one of makers that say no other ("7.4.3", "1.1.1k", "2.0.0-M4", "6.0.0-rc2"): runs
  /// of digits by their value, words after the bare version, but before it where they say that it
  /// isn't out yet; what lacks counts as 0.
  static const Scheme& makers();

  /// What may stand around a version: only what is known to, or, in the name of a program that an
  /// installer wrote, anything but words of doubt.
  enum class Beside : std::uint8_t { known, any };
  /// As people, machines and installers write it, with other words around it. Nothing where there
  /// is no version, more than one, or beside it anything that may make it none: a number in no
  /// form, a sign, behind it a word that isn't known to stand there.
  std::optional<VersionReading> read(std::string_view given, Beside beside = Beside::known) const;
  /// As feeds write it: the whole text.
  std::optional<Version> exact(std::string_view text) const;

 private:
  struct Form {
    std::string text;
    std::vector<std::uint8_t> closing;  // where the ] of each [ stands
    bool line = false;
  };
  struct Try;
  static std::optional<Form> form_of(std::string_view text, bool line);
  static std::optional<Version> makers_version(std::string_view text);
  std::optional<Version> whole(std::string_view text) const;

  std::vector<Form> forms_;  // lines last
  std::vector<std::string> aside_;
  std::uint32_t id_ = 0;
};

/// Whether a system's name or version says, or may say, that it isn't that one: "15 or later",
/// "24H2→25H2", "25H2未適用". Text that isn't known to stand there may.
bool doubted(std::string_view given);

/// Text as versions are looked for in it: full-width letters, digits and signs as ASCII, blanks as
/// one.
std::string plain_width(std::string_view text);

}  // namespace sekisho
