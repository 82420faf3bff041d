// SPDX-License-Identifier: Apache-2.0
#include "cli/cloud_text.h"

#include <algorithm>

#include <fmt/format.h>

namespace sekisho {
namespace {

constexpr std::size_t kPeopleShown = 50;

struct Chapter {
  Text title;
  std::vector<std::string_view> checks;  // none: all others
};

const std::vector<Chapter>& chapters() {
  static const std::vector<Chapter> all{
      {{"社外に開いているもの", "Open to the world"},
       {"cloud-public-links", "cloud-link-default", "cloud-guests", "cloud-calendar",
        "cloud-outside-chat", "cloud-mail-forward"}},
      {{"パスワードだけで入れるもの", "Entered with a password alone"},
       {"cloud-mfa-everyone", "cloud-mfa-admins", "cloud-mfa-registered", "cloud-old-sign-in",
        "cloud-device-code", "cloud-password"}},
      {{"知らない人が入れる会議", "Meetings that strangers may enter"},
       {"meeting-lobby", "meeting-passcode", "meeting-control", "meeting-locked",
        "meeting-recording"}},
      {{"そのほか", "Others"}, {}}};
  return all;
}

bool is_of(const Chapter& chapter, std::string_view check) {
  if (!chapter.checks.empty())
    return std::ranges::find(chapter.checks, check) != chapter.checks.end();
  return std::ranges::none_of(chapters(), [&](const Chapter& other) {
    return !other.checks.empty() && is_of(other, check);
  });
}

class CloudPage {
 public:
  CloudPage(const App& app, const CloudReading& reading, const std::vector<JudgedCheck>& checks)
      : app_(app), reading_(reading), checks_(checks) {}

  std::string write() {
    out_ = app_.tr("読んだもの: ", "Read: ");
    bool first = true;
    for (const CloudService service : reading_.read) {
      out_ += (first ? "" : app_.tr("、", ", ")) + label(service).in(app_.lang);
      first = false;
    }
    out_ += "\n";
    for (const Chapter& chapter : chapters()) write(chapter);
    write_unknown();
    write_good();
    return std::move(out_);
  }

 private:
  void write(const Chapter& chapter) {
    bool begun = false;
    for (const bool severe : {true, false})
      for (const CloudRow& row : reading_.rows) {
        if (row.finding.verdict != Verdict::fail || row.item->severe != severe ||
            !is_of(chapter, row.item->check))
          continue;
        if (!begun) out_ += "\n" + chapter.title.in(app_.lang) + "\n";
        begun = true;
        out_ += fmt::format("  {} {}: {}\n      {} {}\n", severe ? "✗" : "△",
                            row.item->title.in(app_.lang), row.finding.fact.in(app_.lang),
                            app_.tr("直す場所:", "Where:"), row.item->where.in(app_.lang));
        write_people(row);
      }
  }

  void write_people(const CloudRow& row) {
    for (std::size_t i = 0; i < std::min(row.people.size(), kPeopleShown); ++i) {
      const PersonLeftOut& one = row.people[i];
      if (one.emergency) continue;
      std::string reasons;
      for (const Text& reason : one.reasons)
        reasons.append(reasons.empty() ? "" : app_.tr("／", "; ")).append(reason.in(app_.lang));
      const bool same = one.sign_in.empty() || one.sign_in == one.name;
      out_ += fmt::format("      - {}{}{}  {}\n", printable(one.name, 120),
                          same ? "" : " <" + printable(one.sign_in, 120) + ">",
                          one.sure ? "" : app_.tr("（不明）", " (not known)"), reasons);
    }
    if (row.people.size() > kPeopleShown)
      out_ += fmt::format("      {} {}\n", row.people.size() - kPeopleShown,
                          app_.tr("人を略しました（--json に全員）", "more (all with --json)"));
  }

  void write_unknown() {
    bool begun = false;
    for (const JudgedCheck& check : checks_) {
      if (check.finding.verdict != Verdict::unknown) continue;
      if (!begun) out_ += app_.tr("\n分からないもの\n", "\nNot known\n");
      begun = true;
      out_ += fmt::format("  ? {}: {}\n", check.spec->title.in(app_.lang),
                          check.finding.fact.in(app_.lang));
    }
  }

  void write_good() {
    std::string names;
    std::size_t count = 0;
    for (const JudgedCheck& check : checks_) {
      if (check.finding.verdict != Verdict::pass) continue;
      names.append(names.empty() ? "" : app_.tr("、", ", "))
          .append(check.spec->title.in(app_.lang));
      ++count;
    }
    if (count > 0)
      out_ += fmt::format("\n{} {}\n  {}\n", app_.tr("問題なし", "Good:"), count, names);
  }

  const App& app_;
  const CloudReading& reading_;
  const std::vector<JudgedCheck>& checks_;
  std::string out_;
};

}  // namespace

std::string cloud_text(const App& app, const CloudReading& reading,
                       const std::vector<JudgedCheck>& checks) {
  return CloudPage(app, reading, checks).write();
}

}  // namespace sekisho
