// SPDX-License-Identifier: Apache-2.0
// sekisho service: the agent as a Windows service, installed with one command.
#include "cli/windows/service.h"

#include <windows.h>

#include <array>
#include <memory>

#include <fmt/format.h>

#include "cli/agent.h"
#include "cli/this_machine.h"
#include "cli/windows/folders.h"
#include "collect/windows/live/text.h"

namespace sekisho {
namespace {

constexpr const wchar_t* kName = L"Sekisho";
constexpr DWORD kStopMilliseconds = 30'000;

using Service =
    std::unique_ptr<SC_HANDLE__, decltype([](SC_HANDLE h) { ::CloseServiceHandle(h); })>;

std::unexpected<Error> refused(std::string_view ja, std::string_view en) {
  const DWORD error = ::GetLastError();
  if (error == ERROR_ACCESS_DENIED)
    return failure(fmt::format("{}。管理者として実行してください。", ja),
                   fmt::format("{}; run this as an administrator.", en));
  if (error == ERROR_SERVICE_DOES_NOT_EXIST)
    return failure("サービスは入っていません。", "the service is not installed.");
  return failure(fmt::format("{}（エラー {}）。", ja, error),
                 fmt::format("{} (error {}).", en, error));
}

/// A service that runs as the system must not be a file that whoever downloaded it can swap.
std::filesystem::path installed_path() { return program_folder() / "sekisho.exe"; }

Service manager(DWORD access) { return Service(::OpenSCManagerW(nullptr, nullptr, access)); }

void stop(SC_HANDLE service) {
  SERVICE_STATUS status{};
  if (::ControlService(service, SERVICE_CONTROL_STOP, &status) == 0) return;
  for (DWORD waited = 0; waited < kStopMilliseconds && status.dwCurrentState != SERVICE_STOPPED;
       waited += 200) {
    ::Sleep(200);
    if (::QueryServiceStatus(service, &status) == 0) return;
  }
}

/// Windows may be busy starting others.
bool start(SC_HANDLE service) {
  constexpr DWORD kBusyMilliseconds = 15'000;
  for (DWORD waited = 0; waited < kBusyMilliseconds; waited += 200) {
    if (::StartServiceW(service, 0, nullptr) != 0) return true;
    if (::GetLastError() == ERROR_SERVICE_ALREADY_RUNNING) return true;
    if (::GetLastError() != ERROR_SERVICE_DATABASE_LOCKED) return false;
    ::Sleep(200);
  }
  return false;
}

Result<void> copy_program() {
  const auto from = own_path();
  const auto to = installed_path();
  std::error_code error;
  if (std::filesystem::equivalent(from, to, error)) return {};
  std::filesystem::create_directories(to.parent_path(), error);
  if (::CopyFileW(from.c_str(), to.c_str(), FALSE) == 0)
    return refused("プログラムを置けません", "the program cannot be put in place");
  return {};
}

/// Restarted when it fails, started after the others, and with no privilege but to walk through
/// folders: it reads what the system may read, and changes nothing.
void restrain(SC_HANDLE service) {
  std::array<SC_ACTION, 1> again{{{SC_ACTION_RESTART, 60'000}}};
  SERVICE_FAILURE_ACTIONSW failing{86'400, nullptr, nullptr, again.size(), again.data()};
  ::ChangeServiceConfig2W(service, SERVICE_CONFIG_FAILURE_ACTIONS, &failing);
  SERVICE_DELAYED_AUTO_START_INFO delayed{TRUE};
  ::ChangeServiceConfig2W(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed);
  std::wstring needed = std::wstring(L"SeChangeNotifyPrivilege") + L'\0';
  SERVICE_REQUIRED_PRIVILEGES_INFOW privileges{needed.data()};
  ::ChangeServiceConfig2W(service, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &privileges);
}

Result<void> install_service(SC_HANDLE all) {
  if (auto copied = copy_program(); !copied) return copied;
  const std::wstring command = L"\"" + installed_path().wstring() + L"\" service run";
  Service service(::CreateServiceW(all, kName, L"関所 Sekisho agent", SERVICE_ALL_ACCESS,
                                   SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
                                   SERVICE_ERROR_NORMAL, command.c_str(), nullptr, nullptr, nullptr,
                                   nullptr, nullptr));
  if (!service && ::GetLastError() == ERROR_SERVICE_EXISTS)
    service.reset(::OpenServiceW(all, kName, SERVICE_ALL_ACCESS));
  if (!service) return refused("サービスを登録できません", "the service cannot be registered");
  restrain(service.get());
  if (!start(service.get()))
    return refused("サービスを始められません", "the service cannot be started");
  return {};
}

/// What has to be so before anything is changed.
Result<void> may_install(const std::string& link, bool installed) {
  if (!link.empty() && installed)
    return failure(
        "もうサービスとして入っています。別のリンクで登録し直すには、先に sekisho.exe service "
        "remove を実行してください。",
        "it is installed as a service already; to enrol with another link, run sekisho.exe service "
        "remove first.");
  std::error_code error;
  const bool enrolled =
      std::filesystem::exists(std::filesystem::path(agent_folder()) / "device.json", error);
  if (link.empty() && !enrolled)
    return failure(
        "この端末は登録されていません。コンソールで作ったリンクを付けてください: sekisho.exe "
        "service install リンク",
        "this device is not enrolled; add the link that the console made: sekisho.exe service "
        "install LINK");
  return {};
}

/// Once the key can be used here; its lock is free again for the service.
Result<void> renew_service(SC_HANDLE all) {
  {
    const auto device = Device::open(agent_folder());
    if (!device) return std::unexpected(device.error());
  }
  return install_service(all);
}

int install(const App& app, const std::string& link) {
  const Service all = manager(SC_MANAGER_CREATE_SERVICE | SC_MANAGER_CONNECT);
  if (!all) {
    const auto error = refused("サービスを登録できません", "the service cannot be registered");
    return app.complain(error.error());
  }
  const Service old(
      ::OpenServiceW(all.get(), kName, SERVICE_STOP | SERVICE_START | SERVICE_QUERY_STATUS));
  if (auto may = may_install(link, static_cast<bool>(old)); !may) return app.complain(may.error());
  if (auto made = make_private_folder(agent_folder()); !made) return app.complain(made.error());
  if (!link.empty())
    if (const auto device = enrol_this_machine(agent_folder(), link, Device::Enrolling::first);
        !device)
      return app.complain(device.error());
  // An older one holds the key, and the file that is replaced.
  if (old) stop(old.get());
  if (auto installed = renew_service(all.get()); !installed) {
    if (old) start(old.get());  // rather the older one than none
    return app.complain(installed.error());
  }
  return App::say(app.tr("入りました。この端末の状態を、報告し続けます。\n",
                         "Installed. It keeps reporting this machine's state.\n"));
}

int remove(const App& app) {
  const Service all = manager(SC_MANAGER_CONNECT);
  const Service service(
      all ? ::OpenServiceW(all.get(), kName, SERVICE_STOP | SERVICE_QUERY_STATUS | DELETE)
          : nullptr);
  if (!service) {
    const auto error = refused("サービスを開けません", "the service cannot be opened");
    return app.complain(error.error());
  }
  stop(service.get());
  if (::DeleteService(service.get()) == 0) {
    const auto error = refused("サービスを消せません", "the service cannot be removed");
    return app.complain(error.error());
  }
  return App::say(
      fmt::format(fmt::runtime(app.tr("外しました。鍵と待ち行列は {} に残っています。\n",
                                      "Removed. Key and queue are still in {}.\n")),
                  agent_folder()));
}

// Running, under the service control manager.

struct Running {
  App app;
  std::atomic<bool> ending = false;
  SERVICE_STATUS_HANDLE status = nullptr;
};
Running running;

void tell_state(DWORD state, DWORD exit_code = NO_ERROR) {
  SERVICE_STATUS status{};
  status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
  status.dwCurrentState = state;
  status.dwControlsAccepted =
      state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN : 0;
  status.dwWin32ExitCode = exit_code;
  status.dwWaitHint = kStopMilliseconds;
  ::SetServiceStatus(running.status, &status);
}

/// Into the event log of applications, under the service's name.
void record(WORD kind, const std::string& text) {
  const HANDLE log = ::RegisterEventSourceW(nullptr, kName);
  if (log == nullptr) return;
  const std::wstring words = wide(text);
  std::array<const wchar_t*, 1> strings{words.c_str()};
  ::ReportEventW(log, kind, 0, 1, nullptr, strings.size(), 0, strings.data(), nullptr);
  ::DeregisterEventSource(log);
}

DWORD WINAPI obey(DWORD control, DWORD /*kind*/, void* /*data*/, void* /*context*/) {
  if (control == SERVICE_CONTROL_STOP || control == SERVICE_CONTROL_SHUTDOWN) {
    tell_state(SERVICE_STOP_PENDING);
    running.ending = true;
  }
  return NO_ERROR;
}

DWORD watch_on() {
  auto device = Device::open(agent_folder());
  if (!device) {
    record(EVENTLOG_ERROR_TYPE, device.error().describe(running.app.lang));
    return ERROR_SERVICE_SPECIFIC_ERROR;
  }
  Watched machine = watched(with_content(running.app, agent_folder()));
  machine.say = [](const Text& text) {
    record(EVENTLOG_INFORMATION_TYPE, text.in(running.app.lang));
  };
  machine.complain = [](const Error& error) {
    record(EVENTLOG_WARNING_TYPE, error.describe(running.app.lang));
  };
  Watch(std::move(*device), std::move(machine)).run(kMostBetweenLooks, running.ending);
  return NO_ERROR;
}

void WINAPI serve_as_service(DWORD /*count*/, wchar_t** /*arguments*/) {
  running.status = ::RegisterServiceCtrlHandlerExW(kName, obey, nullptr);
  if (running.status == nullptr) return;
  tell_state(SERVICE_RUNNING);
  DWORD code = ERROR_EXCEPTION_IN_SERVICE;
  try {
    code = watch_on();
  } catch (const std::exception& error) {
    record(EVENTLOG_ERROR_TYPE, printable(error.what()));
  }
  tell_state(SERVICE_STOPPED, code);
}

int run_service(const App& app) {
  running.app = app;
  std::wstring name = kName;
  const std::array<SERVICE_TABLE_ENTRYW, 2> table{
      {{name.data(), serve_as_service}, {nullptr, nullptr}}};
  if (::StartServiceCtrlDispatcherW(table.data()) != 0) return kExitGood;
  return app.complain(
      {{"これは Windows のサービスとして始まります。", "this is started by Windows, as a service."},
       {}});
}

}  // namespace

void add_service(CLI::App& cli, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto link = std::make_shared<std::string>();
  CLI::App* service = cli.add_subcommand(
      "service", tr("agent を Windows のサービスにする", "the agent as a Windows service"));
  service->require_subcommand(1);
  CLI::App* installs = service->add_subcommand(
      "install", tr("登録して入れ、動かし始める", "enrol, install and start it"));
  installs->add_option("link", *link,
                       tr("コンソールに出たリンク。登録してあれば不要です",
                          "the console's link; not needed where it is enrolled already"));
  installs->callback(
      [link, &chosen] { chosen = [link](const App& app) { return install(app, *link); }; });
  service->add_subcommand("remove", tr("止めて外す", "stop and remove it"))->callback([&chosen] {
    chosen = remove;
  });
  service->add_subcommand("run", tr("Windows が呼びます", "Windows calls this"))
      ->callback([&chosen] { chosen = run_service; });
}

}  // namespace sekisho
