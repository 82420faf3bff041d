// SPDX-License-Identifier: Apache-2.0
// The man page and the completion of shells, from the same tree of commands that is parsed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "base/base.h"

namespace sekisho {

/// What a man page says beside the commands.
struct ManualPage {
  Text brief{"テレワークのセキュリティを確かめ、直し方を示す",
             "telework security: checks, console and agent"};
  const char* files = "/etc/sekisho/server.yaml, $XDG_DATA_HOME/sekisho";
};

/// `--man`, `--bash` or `--zsh`; nothing for any other form.
std::optional<std::string> manual(const CLI::App& cli, const ManualPage& page, Lang lang,
                                  std::string_view form);

}  // namespace sekisho
