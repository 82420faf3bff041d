// SPDX-License-Identifier: Apache-2.0
#include "cli/records.h"

namespace sekisho {

std::filesystem::path store_file(const App& app) { return app.state / "sekisho.db"; }

Result<std::unique_ptr<Database>> open_store(const App& app) {
  return open_database(store_file(app).string());
}

Result<std::unique_ptr<Database>> existing_database(const std::string& where) {
  if (!is_postgres(where) && !std::filesystem::exists(where))
    return failure("記録のファイルがありません。", "there is no record file.", where);
  return connect_database(where);
}

Result<std::map<std::string, std::string>> saved_settings(const App& app) {
  if (!std::filesystem::exists(store_file(app))) return std::map<std::string, std::string>();
  const auto store = open_store(app);
  if (!store) return std::unexpected(store.error());
  return settings(**store);
}

std::string situation_setting(const std::string& id) { return "situation." + id; }

Situations saved_situations(const Guideline& guideline,
                            const std::map<std::string, std::string>& settings) {
  Situations situations;
  for (const Situation& situation : guideline.situations)
    if (const auto found = settings.find(situation_setting(situation.id)); found != settings.end())
      situations[situation.id] = found->second == "yes";
  return situations;
}

std::vector<const Method*> methods_of(const Guideline& guideline, const std::string& name) {
  const Method* method = guideline.method(name);
  return method == nullptr ? std::vector<const Method*>() : std::vector{method};
}

}  // namespace sekisho
