// SPDX-License-Identifier: Apache-2.0
#include "cli/program.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/nearest.h"

namespace sekisho {
namespace {

/// The last subcommand that the words led to.
const CLI::App& reached(const CLI::App& cli) {
  const auto chosen = cli.get_subcommands();
  return chosen.empty() ? cli : reached(*chosen.front());
}

std::vector<std::string> commands_of(const CLI::App& cli) {
  std::vector<std::string> names;
  for (const CLI::App* one : cli.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(one->get_name());
  return names;
}

/// The long names of what may follow a command, its own and those of all.
std::vector<std::string> options_of(const CLI::App& cli) {
  std::vector<std::string> names;
  for (const CLI::App* at = &cli; at != nullptr; at = at->get_parent())
    for (const CLI::Option* one : at->get_options())
      for (const std::string& name : one->get_lnames()) names.push_back("--" + name);
  return names;
}

/// `text`, and what was meant where that can be told.
Text with_near(Text text, const Text& near) {
  if (near.empty()) return text;
  return {std::move(text.ja) + near.ja, std::move(text.en) + " " + near.en};
}

Text unknown_word(const CLI::App& cli, std::string word) {
  const CLI::App& at = reached(cli);
  if (word.starts_with("--")) word = word.substr(0, word.find('='));
  const std::vector<std::string> commands = commands_of(at);
  const bool option = word.starts_with("-");
  const std::string shown = printable(word, 100);
  const Text near = nearest(word, option ? options_of(at) : commands);
  Text text = option             ? Text{fmt::format("「{}」というオプションはありません。", shown),
                            fmt::format("there is no option '{}'.", shown)}
              : commands.empty() ? Text{fmt::format("「{}」は余分です。", shown),
                                        fmt::format("'{}' is one word too many.", shown)}
                                 : Text{fmt::format("「{}」というコマンドはありません。", shown),
                                        fmt::format("there is no command '{}'.", shown)};
  if (!near.empty()) return with_near(std::move(text), near);
  if (!option && !commands.empty())
    return {text.ja + "使えるのは: " + join(commands, "、"),
            text.en + " There are: " + join(commands, ", ")};
  return text;
}

/// What is set in braces, without them: CLI11's list of what a value may be.
std::vector<std::string> choices_in(std::string_view text) {
  const std::size_t from = text.rfind('{');
  const std::size_t to = text.rfind('}');
  std::vector<std::string> names;
  if (from == std::string_view::npos || to == std::string_view::npos || to < from) return names;
  for (const std::string_view one : split(text.substr(from + 1, to - from - 1), ','))
    names.emplace_back(trim(one));
  return names;
}

/// "NAME: …" of CLI11's words about a value.
std::pair<std::string, std::string> named(std::string_view what) {
  const std::size_t at = what.find(": ");
  if (at == std::string_view::npos) return {"", printable(what, 300)};
  return {printable(what.substr(0, at), 100), printable(what.substr(at + 2), 300)};
}

/// Where nothing more can be said in both languages.
Text unread() { return {"引数を読めません。", "the arguments can't be read."}; }

Text bad_value(std::string_view what) {
  const auto [name, rest] = named(what);
  if (const std::size_t at = rest.find(" not in {"); at != std::string::npos) {
    const std::string value = rest.substr(0, at);
    const std::vector<std::string> choices = choices_in(rest);
    return with_near(
        {fmt::format("{} に「{}」は使えません。使えるのは: {}", name, value, join(choices, "、")) +
             (nearest(value, choices).empty() ? "" : "。"),
         fmt::format("{} can't be '{}'. It can be: {}", name, value, join(choices, ", ")) +
             (nearest(value, choices).empty() ? "" : ".")},
        nearest(value, choices));
  }
  if (const std::size_t at = rest.find(" not in range "); at != std::string::npos) {
    // "Value 5 not in range 100 to 60000".
    const auto parts = words(std::string_view(rest).substr(at + 14));
    if (parts.size() == 3)
      return {fmt::format("{} は {} から {} の数にしてください。", name, parts[0], parts[2]),
              fmt::format("{} is a number from {} to {}.", name, parts[0], parts[2])};
  }
  // "Could not convert: --bound = abc".
  if (const std::size_t at = rest.find(" = ");
      name.starts_with("Could not convert") && at != std::string::npos)
    return {fmt::format("{} に「{}」は使えません。", rest.substr(0, at), rest.substr(at + 3)),
            fmt::format("{} can't be '{}'.", rest.substr(0, at), rest.substr(at + 3))};
  // CLI11 names an option, or says something of its own, which is in English.
  if (!name.starts_with("-")) return unread();
  return {fmt::format("{} の値が読めません。", name),
          fmt::format("the value of {} can't be read.", name)};
}

Text missing(const CLI::App& cli, std::string_view what) {
  constexpr std::string_view kEnd = " is required";
  const CLI::App& at = reached(cli);
  if (what.starts_with("A subcommand")) {
    const std::vector<std::string> commands = commands_of(at);
    const std::string path =
        at.get_parent() == nullptr ? cli.get_name() : cli.get_name() + " " + at.get_name();
    return {
        fmt::format("{} の後にコマンドがありません。使えるのは: {}", path, join(commands, "、")),
        fmt::format("there is no command after {}. There are: {}", path, join(commands, ", "))};
  }
  const std::string name =
      printable(what.ends_with(kEnd) ? what.substr(0, what.size() - kEnd.size()) : what, 100);
  return {fmt::format("「{}」がありません。", name), fmt::format("'{}' is missing.", name)};
}

/// CLI11's help in the words of the language.
class Helper : public CLI::Formatter {
 public:
  explicit Helper(Lang lang) : lang_(lang) {
    if (lang != Lang::ja) return;
    label("Usage", "使い方");
    label("OPTIONS", "オプション");
    label("SUBCOMMAND", "コマンド");
    label("SUBCOMMANDS", "コマンド");
    label("REQUIRED", "（必須）");
    label("Positionals", "引数");
    label("TEXT", "文字");
    label("UINT", "数");
    label("Excludes", "一緒に使えないもの");
    label("Needs", "一緒に必要なもの");
  }

  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    std::string text = CLI::Formatter::make_help(app, std::move(name), mode);
    if (lang_ != Lang::ja) return text;
    for (const auto& [en, ja] : {std::pair{"\nOptions:\n", "\nオプション:\n"},
                                 std::pair{"\nSubcommands:\n", "\nコマンド:\n"},
                                 // What a value may be says what it is.
                                 std::pair{"TEXT:{", "{"}, std::pair{"UINT:INT in [", "数 ["}})
      for (std::size_t at = text.find(en); at != std::string::npos; at = text.find(en, at + 1))
        text.replace(at, std::string_view(en).size(), ja);
    return text;
  }

 private:
  Lang lang_;
};

/// Where the command stands, after options; null where there is none.
std::string* command_in(std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--lang")
      ++i;
    else if (!words[i].starts_with("-"))
      return &words[i];
  }
  return nullptr;
}

/// Words that people try for help, by those that are known: "help feeds" is "feeds --help".
void understand(std::vector<std::string>& words) {
  std::string* command = command_in(words);
  if (command == nullptr) return;
  if (*command == "help" || *command == "/?") {
    words.erase(words.begin() + (command - words.data()));
    words.emplace_back("--help");
  } else if (*command == "version") {
    *command = "--version";
  }
}

/// What asks for help of something that isn't there is wrong all the same.
int say_help(const App& app, const CLI::App& cli, const std::string& text) {
  if (const auto left = cli.remaining(true); !left.empty())
    return app.complain({unknown_word(cli, left.front()), {}});
  return App::say(text);
}

}  // namespace

Lang language_of(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string value = words[i].starts_with("--lang=")                ? words[i].substr(7)
                              : words[i] == "--lang" && i + 1 < words.size() ? words[i + 1]
                                                                             : std::string();
    if (value == "ja") return Lang::ja;
    if (value == "en") return Lang::en;
  }
  return system_language();
}

Text words_of(const CLI::App& cli, const CLI::ParseError& error) {
  const std::string_view what = error.what();
  // What is left over was not known, whatever came of that. CLI11 names this error by the command.
  const bool extras = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  if (const auto left = cli.remaining(true);
      !left.empty() && (extras || error.get_name() == "RequiredError"))
    return unknown_word(cli, left.front());
  if (error.get_name() == "RequiredError") return missing(cli, what);
  if (error.get_name() == "ValidationError" || error.get_name() == "ConversionError")
    return bad_value(what);
  const auto [name, rest] = named(what);
  if (error.get_name() == "ArgumentMismatch" && name.find(' ') == std::string::npos)
    return {fmt::format("「{}」の値がないか、多すぎます。", name),
            fmt::format("'{}' has no value, or too many.", name)};
  const auto parts = words(what);
  if (error.get_name() == "ExcludesError" && parts.size() == 3)
    return {fmt::format("{} と {} は一緒に使えません。", parts[0], parts[2]),
            fmt::format("{} and {} can't be used together.", parts[0], parts[2])};
  if (error.get_name() == "RequiresError" && parts.size() == 3)
    return {fmt::format("{} には {} も必要です。", parts[0], parts[2]),
            fmt::format("{} needs {} as well.", parts[0], parts[2])};
  return unread();
}

Text nearest(std::string_view word, const std::vector<std::string>& known) {
  const std::string_view found = nearest_word(word, known);
  if (found.empty()) return {};
  return {"もしかして: " + std::string(found), "Did you mean " + std::string(found) + "?"};
}

Error no_such_method(const Guideline& guideline, const std::string& name) {
  std::vector<std::string> ids;
  for (const Method& method : guideline.methods) ids.push_back(method.id);
  return {with_near({"方式の名前が違います。sekisho guideline methods で見られます。",
                     "there is no such method; see sekisho guideline methods."},
                    nearest(name, ids)),
          printable(name, 80)};
}

int run_program(App app, std::vector<std::string> words, const Program& program,
                const std::function<void(CLI::App&, const App&, Command&)>& add) {
  // How packages and shells get theirs; for nobody to remember.
  const std::string form = words.size() == 2 && words.front() == "help" ? words.back() : "";
  understand(words);
  CLI::App cli{program.about.in(app.lang), program.name};
  cli.formatter(std::make_shared<Helper>(app.lang));
  cli.set_version_flag("--version", fmt::format("{} {}", program.name, SEKISHO_VERSION),
                       app.tr("バージョンを表示", "show the version"));
  cli.set_help_flag("-h,--help", app.tr("使い方を表示", "show this help"));
  std::string lang;
  bool no_colour = false;
  cli.add_option(
         "--lang", lang,
         app.tr("言語（ja・en）。なければシステムの言語", "language (ja, en); else the system's"))
      ->check(CLI::IsMember({"ja", "en"}));
  cli.add_flag("--no-color,--no-colour", no_colour, app.tr("色を付けない", "no colours"));
  cli.require_subcommand(1);
  cli.fallthrough();
  Command chosen;
  add(cli, app, chosen);
  if (const auto text = manual(cli, program.page, app.lang, form)) return App::say(*text);
  try {
    // The last first: so it takes them.
    cli.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::CallForHelp&) {
    return say_help(app, cli, cli.help());
  } catch (const CLI::CallForAllHelp&) {
    return App::say(cli.help("", CLI::AppFormatMode::All));
  } catch (const CLI::Success& done) {
    return App::say(std::string(done.what()) + "\n");
  } catch (const CLI::ParseError& error) {
    // Nobody who types the name alone has done anything wrong.
    if (error.get_name() == "RequiredError" && cli.get_subcommands().empty() &&
        cli.remaining(true).empty())
      return App::say(cli.help());
    const Text wrong = words_of(cli, error);
    return app.complain(
        {{fmt::format("{0}\n使い方は {1} --help か {1} コマンド名 --help で見られます。", wrong.ja,
                      program.name),
          fmt::format("{0}\nSee {1} --help, or {1} COMMAND --help.", wrong.en, program.name)},
         {}});
  }
  app.colour = !no_colour && shows_colours();
  return chosen ? chosen(app) : kExitError;
}

}  // namespace sekisho
