// SPDX-License-Identifier: Apache-2.0
// evidence: the narrow waist. One record says what was found by one check on one subject, at a
// time, from a source, and until when it may be relied on.
//
// May enter: the record, its words and its freshness.
// May not enter: how anything is observed, scored, shown or stored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "base/time.h"
#include "evidence/basis.h"

namespace sekisho {

/// `unknown` is never shown or counted as `pass`.
enum class Verdict : std::uint8_t { pass, fail, not_applicable, unknown };

std::string_view name(Verdict verdict);
Text label(Verdict verdict);
std::optional<Verdict> verdict_named(std::string_view name);

/// Whom or what evidence is about: "host:NAME", or "organisation" for answers that hold for all.
struct SubjectId {
  std::string value;
  bool operator==(const SubjectId&) const = default;
};

/// Answers of people hold for the organisation, and so for every machine in it.
inline const SubjectId kOrganisation{"organisation"};

/// A verdict with the fact that was seen and what it rests on. There is no pass without the latter:
/// what would be one is unknown.
class Judgement {
 public:
  Judgement() = default;
  Judgement(Verdict verdict, Text detail, Basis basis);
  /// Of a verdict that proves nothing, and so rests on nothing.
  static Judgement without_basis(Verdict verdict, Text detail) {
    return {verdict, std::move(detail), Basis()};
  }
  /// As it was kept: a pass from before a basis was noted says so.
  static Judgement kept(Verdict verdict, Text detail, Basis basis);

  Verdict verdict() const { return verdict_; }
  const Text& detail() const { return detail_; }
  const Basis& basis() const { return basis_; }

 private:
  Verdict verdict_ = Verdict::unknown;
  Text detail_;
  Basis basis_;
};

struct Evidence {
  SubjectId subject;
  std::string check;
  Judgement judgement;
  Time observed_at;
  Time valid_until;
  std::string source;  // "collector:host", "person:NAME", "person:#ID" of a server's

  Verdict verdict() const { return judgement.verdict(); }
  const Text& detail() const { return judgement.detail(); }  // the fact that was seen
  const Basis& basis() const { return judgement.basis(); }
  bool valid_at(Time now) const { return observed_at <= now && now < valid_until; }
};

}  // namespace sekisho
