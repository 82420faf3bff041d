// SPDX-License-Identifier: Apache-2.0
#include "cli/manual.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <vector>

#include <fmt/format.h>

namespace sekisho {
namespace {

std::vector<const CLI::App*> commands(const CLI::App& cli) {
  return cli.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); });
}

std::vector<std::string> flags(const CLI::App& cli) {
  std::vector<std::string> names;
  for (const CLI::Option* one : cli.get_options())
    if (!one->get_group().empty())
      for (const std::string& name : one->get_lnames()) names.push_back("--" + name);
  return names;
}

/// Each command with its words, the program itself first.
void walk(const CLI::App& cli, const std::string& words,
          const std::function<void(const CLI::App&, const std::string&)>& visit) {
  visit(cli, words);
  for (const CLI::App* one : commands(cli)) walk(*one, words + " " + one->get_name(), visit);
}

/// Text in roff: nothing in it is taken for a request or an escape.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\n')
      out += ' ';
    else
      out += c;
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string upper_case(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
  return name;
}

std::string usage(const CLI::Option& option) {
  std::string names;
  for (const std::string& name : option.get_snames()) names += (names.empty() ? "-" : ", -") + name;
  for (const std::string& name : option.get_lnames())
    names += (names.empty() ? "--" : ", --") + name;
  if (names.empty()) return fmt::format("\\fI{}\\fR", roff(option.get_single_name()));
  return fmt::format("\\fB{}\\fR{}", roff(names),
                     option.get_expected_min() > 0 ? " \\fIVALUE\\fR" : "");
}

std::string man(const CLI::App& cli, const ManualPage& page, Lang lang) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  const std::string& name = cli.get_name();
  std::string out = fmt::format(
      ".TH {} 1 \"\" \"Sekisho {}\" \"{}\"\n.SH {}\n{} \\- {}\n.SH {}\n.B {}\n"
      "\\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n.SH {}\n{}\n",
      upper_case(name), SEKISHO_VERSION, tr("テレワークのセキュリティ", "Telework security"),
      tr("名前", "NAME"), roff(name), page.brief.in(lang), tr("書式", "SYNOPSIS"), roff(name),
      tr("説明", "DESCRIPTION"), roff(cli.get_description()));
  walk(cli, cli.get_name(), [&](const CLI::App& one, const std::string& words) {
    if (&one == &cli)
      out += fmt::format(".SH {}\n", tr("オプション", "OPTIONS"));
    else
      out += fmt::format(".SH \"{}\"\n{}\n", roff(words), roff(one.get_description()));
    for (const CLI::Option* option : one.get_options())
      if (!option->get_group().empty())
        out += fmt::format(".TP\n{}\n{}\n", usage(*option), roff(option->get_description()));
  });
  out += fmt::format(".SH {}\n{}\n.SH {}\n{}\n", tr("ファイル", "FILES"), page.files,
                     tr("終了コード", "EXIT STATUS"),
                     tr("0: よい、1: 要対応がある、2: 実行できない",
                        "0: good; 1: something has to be mended; 2: it could not be done"));
  return out;
}

/// "words of the command) what may follow;;" of a shell's case.
std::string cases(const CLI::App& cli, const char* set) {
  std::string out;
  walk(cli, cli.get_name(), [&](const CLI::App& one, const std::string& words) {
    std::vector<std::string> next;
    for (const CLI::App* command : commands(one)) next.push_back(command->get_name());
    for (std::string& flag : flags(one)) next.push_back(std::move(flag));
    if (&one != &cli)
      for (std::string& flag : flags(cli)) next.push_back(std::move(flag));
    out += fmt::format("    \"{}\") {}\"{}\" ;;\n", words, set, join(next, " "));
  });
  return out;
}

/// The words that are commands so far, by the tree; `words` is what the shell has them in.
std::string steps(const CLI::App& cli) {
  std::string out;
  walk(cli, cli.get_name(), [&](const CLI::App& one, const std::string& words) {
    if (&one != &cli) out += fmt::format("{}\"{}\"", out.empty() ? "" : " | ", words);
  });
  return out;
}

/// A shell's function for `name`.
std::string function_of(std::string name) {
  std::ranges::replace(name, '-', '_');
  return "_" + name;
}

std::string bash(const CLI::App& cli) {
  return fmt::format(R"(# bash completion of {0}, made from its commands
{1}() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} path={0} next word
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$path $word" in
    {2}) path="$path $word" ;;
    esac
  done
  case "$path" in
{3}  esac
  COMPREPLY=($(compgen -W "$next" -- "$current"))
  if [ ${{#COMPREPLY[@]}} -eq 0 ]; then compopt -o default 2> /dev/null; fi
}}
complete -F {1} {0}
)",
                     cli.get_name(), function_of(cli.get_name()), steps(cli), cases(cli, "next="));
}

std::string zsh(const CLI::App& cli) {
  return fmt::format(R"(#compdef {0}
# zsh completion of {0}, made from its commands
{1}() {{
  local path_={0} next word
  for word in "${{(@)words[2,CURRENT-1]}}"; do
    case "$path_ $word" in
    {2}) path_="$path_ $word" ;;
    esac
  done
  case "$path_" in
{3}  esac
  compadd -- ${{(s: :)next}}
  [[ "${{words[CURRENT]}}" == -* ]] || _files
}}
if [ "$funcstack[1]" = {1} ]; then {1} "$@"; else compdef {1} {0}; fi
)",
                     cli.get_name(), function_of(cli.get_name()), steps(cli), cases(cli, "next="));
}

}  // namespace

std::optional<std::string> manual(const CLI::App& cli, const ManualPage& page, Lang lang,
                                  std::string_view form) {
  if (form == "--man") return man(cli, page, lang);
  if (form == "--bash") return bash(cli);
  if (form == "--zsh") return zsh(cli);
  return std::nullopt;
}

}  // namespace sekisho
