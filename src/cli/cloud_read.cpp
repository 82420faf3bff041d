// sekisho cloud read: asks a service for its settings with a right that can only read, and judges
// the answers like an exported file.
#include "cli/cloud_read.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include <fmt/format.h>

#include "base/file.h"
#include "cli/cloud.h"
#include "collect/cloudread/cloudread.h"

namespace sekisho {
namespace {

constexpr std::size_t kMostCredential = 64'000;  // bytes

struct ReadArguments {
  std::string service;
  std::string credential;
  std::string to;
  CloudReport report;
};

/// A secret that others may read is none.
Result<std::string> read_secret(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return failure("資格情報のファイルを開けません。", "can't open it.", path);
  struct stat found{};
  const bool plain = ::fstat(file, &found) == 0 && S_ISREG(found.st_mode);
  const bool own = plain && found.st_uid == ::geteuid() && (found.st_mode & 077U) == 0;
  std::string text(kMostCredential + 1, '\0');
  const ssize_t size = own ? ::read(file, text.data(), text.size()) : -1;
  ::close(file);
  if (!own)
    return failure(
        "ほかの人も読めるファイルです。chmod 600 で、自分だけが読めるようにしてください。",
        "others may read it: make it yours alone with chmod 600.", path);
  if (size < 0 || static_cast<std::size_t>(size) > kMostCredential)
    return failure("資格情報のファイルを読めません。", "can't read it.", path);
  text.resize(static_cast<std::size_t>(size));
  return text;
}

int run_read(const App& app, const ReadArguments& arguments) {
  const std::string path = arguments.credential.empty()
                               ? (app.state / "clouds" / (arguments.service + ".json")).string()
                               : arguments.credential;
  const auto text = read_secret(path);
  if (!text) return app.complain(text.error());
  const auto credential = read_cloud_credential(*text, read_secret);
  if (!credential) return app.complain({credential.error().message, path});
  if (service_of(*credential) != arguments.service)
    return app.complain(
        {{"別のサービスの資格情報です。", "it is a credential of another service."}, path});
  const CloudLine line{[](const Outgoing& question) { return ask(question); },
                       [](std::chrono::seconds pause) { std::this_thread::sleep_for(pause); },
                       [] { return now(); }};
  const auto file = read_cloud(line, *credential);
  if (!file) return app.complain(file.error());
  if (!arguments.to.empty())
    if (const auto kept = write_file_atomically(arguments.to, file->bytes, 0600); !kept)
      return app.complain(kept.error());
  return report_clouds(app, {*file}, arguments.report);
}

}  // namespace

void add_cloud_read(CLI::App& cloud, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto arguments = std::make_shared<ReadArguments>();
  CLI::App* command = cloud.add_subcommand(
      "read", tr("読むだけの権限でサービスに尋ね、開いているものと直す場所を示す",
                 "ask a service with a right that can only read, and say what is open"));
  command->footer(tr(
      "終了コードは sekisho cloud check と同じです。権限の作り方と取り消し方は docs/cloud.ja.md に"
      "あります。",
      "Exit status as of sekisho cloud check. docs/cloud.md tells how to make the right and how "
      "to take it back."));
  command
      ->add_option("SERVICE", arguments->service, "microsoft365, google, zoom, webex, box, github")
      ->required()
      ->check(CLI::IsMember({"microsoft365", "google", "zoom", "webex", "box", "github"}));
  command->add_option("--credential", arguments->credential,
                      tr("資格情報のファイル（0600）", "the file of the credential (0600)"));
  command->add_option("--to", arguments->to,
                      tr("読んだものを書くファイル（コンソールに渡せます）",
                         "where to write what was read, for the console"));
  add_report_options(*command, lang, arguments->report);
  command->callback([arguments, &chosen] {
    chosen = [arguments](const App& app) { return run_read(app, *arguments); };
  });
}

}  // namespace sekisho
