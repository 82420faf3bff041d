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

#include "base/text.h"
#include "base/time.h"

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

struct Evidence {
  SubjectId subject;
  std::string check;
  Verdict verdict = Verdict::unknown;
  Time observed_at;
  Time valid_until;
  std::string source;  // "collector:host", "person:NAME", "person:#ID" of a server's
  Text detail;         // the fact that was seen

  bool valid_at(Time now) const { return observed_at <= now && now < valid_until; }
};

}  // namespace sekisho
