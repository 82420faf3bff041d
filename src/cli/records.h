// SPDX-License-Identifier: Apache-2.0
// What a person has said and the program keeps between its runs.
#pragma once

#include "assess/assess.h"
#include "cli/app.h"
#include "cli/system.h"
#include "store/store.h"

namespace sekisho {

std::filesystem::path store_file(const App& app);
/// The store, made when it isn't there.
Result<std::unique_ptr<Database>> open_store(const App& app);
/// A database that must be there already. It isn't migrated: an older server may be using it.
Result<std::unique_ptr<Database>> existing_database(const std::string& where);
/// What was saved before; empty, and nothing is made, where there is no store yet.
Result<std::map<std::string, std::string>> saved_settings(const App& app);

/// The method in use and the situations, as settings keep them.
inline constexpr const char* kMethodSetting = "method";
std::string situation_setting(const std::string& id);
Situations saved_situations(const Guideline& guideline,
                            const std::map<std::string, std::string>& settings);

/// The method of this name alone; none when there is no such method.
std::vector<const Method*> methods_of(const Guideline& guideline, const std::string& name);

}  // namespace sekisho
