// The man page and the completion of shells, from the same tree of commands that is parsed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "base/base.h"

namespace sekisho {

/// `--man`, `--bash` or `--zsh`; nothing for any other form.
std::optional<std::string> manual(const CLI::App& cli, Lang lang, std::string_view form);

}  // namespace sekisho
