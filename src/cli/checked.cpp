// SPDX-License-Identifier: Apache-2.0
#include "cli/checked.h"

#include "collect/host/host.h"

namespace sekisho {
namespace {

class LinuxMachine : public CheckedMachine {
 public:
  explicit LinuxMachine(const Looking& looking)
      : looking_(looking), machine_(std::make_shared<const Machine>(looking.root)) {}

  SubjectId subject() const override { return host_subject(*machine_); }

  /// A folder that doesn't say is shown Debian's.
  std::string_view kind() const override {
    auto text = machine_->read("/etc/os-release");
    if (!text) text = machine_->read("/usr/lib/os-release");
    if (!text) return own_kind();
    auto release = parse_assignments(*text);
    return linux_kind(release["ID"], release["ID_LIKE"]);
  }

  Seen look(const std::shared_ptr<const Guideline>& guideline,
            const std::shared_ptr<const Feeds>& feeds, Time now) const override {
    CollectOptions collect;
    collect.bound = std::chrono::milliseconds(looking_.bound_ms);
    collect.progress = looking_.progress;
    return {collect_host(machine_, guideline, feeds, subject(), now, host_checks(), collect), {}};
  }

 private:
  Looking looking_;
  std::shared_ptr<const Machine> machine_;
};

}  // namespace

void add_looking(CLI::App& command, Lang lang, const std::shared_ptr<Looking>& looking) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  CLI::Option* root =
      command.add_option("--root", looking->root,
                         tr("別のシステムのフォルダーを確かめる", "check the system in a folder"));
  command
      .add_option("--facts", looking->facts,
                  tr("Windows の端末の記録（sekisho.exe facts の出力）を確かめる",
                     "check a Windows machine by its recording (of sekisho.exe facts)"))
      ->excludes(root);
  command
      .add_option("--bound", looking->bound_ms,
                  tr("一つの確認にかける上限（ミリ秒）", "bound for each check, in milliseconds"))
      ->check(CLI::Range(100, 60000));
}

Result<std::unique_ptr<CheckedMachine>> machine_to_check(const Looking& looking) {
  if (!looking.facts.empty()) return recorded_windows(looking.facts);
  if (!std::filesystem::is_directory(looking.root))
    return failure("フォルダーがありません。", "there is no such folder.", looking.root);
  return std::make_unique<LinuxMachine>(looking);
}

}  // namespace sekisho
