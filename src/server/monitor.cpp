// SPDX-License-Identifier: Apache-2.0
#include "server/monitor.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "server/api/addresses.h"
#include "server/http/problem.h"
#include "server/http/secrets.h"

namespace sekisho {
namespace {

HttpReply plain(unsigned status, std::string type, std::string body) {
  return {
      status, {{"content-type", std::move(type)}, {"cache-control", "no-store"}}, std::move(body)};
}

Severity severity_of(const HttpReply& reply) {
  if (reply.status == 503 && reply.note.reason.empty()) return Severity::warning;  // busy
  if (reply.status >= 500) return Severity::error;
  switch (reply.status) {
    case 403:
    case 421:
    case 429: return Severity::warning;
    case 400:
    case 401:
    case 408: return Severity::notice;
    default: return Severity::info;
  }
}

void add_process(Exposition& out) {
  rusage used{};
  (void)::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  out.one("process_cpu_seconds_total", "counter", "Processor time used.",
          seconds(used.ru_utime) + seconds(used.ru_stime));
  std::ifstream statm("/proc/self/statm");
  double size = 0;
  double resident = 0;
  if (statm >> size >> resident)
    out.one("process_resident_memory_bytes", "gauge", "Memory in use.",
            resident * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  std::error_code error;
  double open = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; !error && at != end;
       at.increment(error))
    ++open;
  if (!error) out.one("process_open_fds", "gauge", "Descriptors in use.", open);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0)
    out.one("process_max_fds", "gauge", "Descriptors that may be used.",
            static_cast<double>(files.rlim_cur));
}

}  // namespace

std::string_view Monitor::name_of(const HttpRequest& request) {
  if (request.path == "/healthz") return "healthz";
  if (request.path == "/readyz") return "readyz";
  return request.path == "/metrics" ? "metrics" : "";
}

HttpReply Monitor::ready() const {
  const Health seen = health_.look();
  if (seen.ready()) return plain(200, "application/json", "{\"status\":\"ready\"}\n");
  HttpReply reply = plain(503, "application/json",
                          fmt::format("{{\"status\":\"not-ready\",\"code\":\"{}\"}}\n", seen.code));
  reply.headers.emplace_back("retry-after", "5");
  reply.note.code = seen.code;
  return reply;
}

HttpReply Monitor::figures(const HttpRequest& request, bool own_listener) const {
  const auto& token = options_.monitor.token;
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view shown = request.header("authorization");
  if (token && (!shown.starts_with(kBearer) ||
                !equal_in_constant_time(shown.substr(kBearer.size()), token->value()))) {
    HttpReply reply = plain(401, "text/plain; charset=utf-8", "Show the token.\n");
    reply.headers.emplace_back("www-authenticate", "Bearer");
    return reply;
  }
  if (!token && !own_listener) return plain(404, "text/plain; charset=utf-8", "not found\n");
  return plain(200, "text/plain; version=0.0.4; charset=utf-8", text());
}

std::string Monitor::text() const {
  const Health seen = health_.look();
  Exposition out;
  out.family("sekisho_build_info", "gauge", "The version that runs.");
  out.sample({{"version", options_.version}}, 1);
  out.one("process_start_time_seconds", "gauge", "When it was started.",
          static_cast<double>(started_.time_since_epoch().count()));
  out.one("sekisho_ready", "gauge", "1 when it does what it is for, as /readyz says.",
          seen.ready() ? 1 : 0);
  out.family("sekisho_not_ready", "gauge", "Why it is not ready; nothing when it is.");
  if (!seen.ready()) out.sample({{"code", seen.code}}, 1);
  out.one("sekisho_free_bytes", "gauge", "What is left where it writes.",
          static_cast<double>(seen.free));
  out.one("sekisho_outbox_messages", "gauge", "Notices that wait to be taken.",
          static_cast<double>(seen.waiting));
  out.one("sekisho_devices", "gauge", "Devices that are active.",
          static_cast<double>(seen.devices));
  options_.meter->add_to(out);
  if (options_.journal) {
    out.family("sekisho_log_lines_total", "counter", "What the log was told, by level.");
    for (const Severity one :
         {Severity::error, Severity::warning, Severity::notice, Severity::info})
      out.sample({{"level", sekisho::name_of(one)}},
                 static_cast<double>(options_.journal->told(one)));
    out.one("sekisho_log_left_out_total", "counter", "Lines of these that were not written.",
            static_cast<double>(options_.journal->left_out()));
  }
  add_process(out);
  return out.take();
}

std::optional<HttpReply> Monitor::reply(const HttpRequest& request, bool own_listener) const {
  const std::string_view asked = name_of(request);
  if (asked.empty() || request.method != "GET") return std::nullopt;
  if (asked == "healthz") return plain(200, "text/plain; charset=utf-8", "ok\n");
  return asked == "readyz" ? ready() : figures(request, own_listener);
}

void Monitor::answered(std::string_view listener, std::string_view operation,
                       const HttpRequest& request, const HttpReply& reply,
                       std::chrono::steady_clock::duration took) const {
  options_.meter->answered(listener, operation, reply.status, took);
  if (reply.status < 400 || !options_.journal) return;
  // By this the page learns whether somebody is signed in: each visit begins so.
  if (operation == "getMe" && reply.status == 401 && request.header("authorization").empty())
    return;
  const HttpReply::Note& note = reply.note;
  options_.journal->tell(
      {severity_of(reply),
       reply.status >= 500 ? "failed" : "refused",
       {{"listener", std::string(listener)},
        {"operation", std::string(operation)},
        {"status", std::to_string(reply.status)},
        {"code", note.code.empty() ? std::string(problem_code(reply.status)) : note.code},
        {"address", request.peer},
        {"request", note.number},
        {"reason", note.reason}}});
}

Result<std::unique_ptr<HttpServer>> Monitor::listen() const {
  const auto& monitor = options_.monitor;
  if (!is_loopback(monitor.address) && !monitor.token)
    return failure("この機械の外から --metrics を読ませるには --metrics-token-file が必要です。",
                   "beyond this machine --metrics needs --metrics-token-file.", monitor.address);
  ListenOptions listen;
  listen.address = monitor.address;
  listen.port = monitor.port;
  listen.threads = 1;
  return HttpServer::listen(
      listen,
      {[](const HttpRequest&) { return HttpHandlers::Plan{}; },
       [](HttpRequest&) {
         return HttpHandlers::Judged{plain(405, "text/plain; charset=utf-8", "GET alone\n"), {}};
       },
       [this](const HttpRequest& request) {
         auto reply = this->reply(request, true);
         return reply ? std::move(*reply) : plain(404, "text/plain; charset=utf-8", "not found\n");
       },
       [this](const HttpRequest& request, const HttpReply& reply,
              std::chrono::steady_clock::duration took) {
         const std::string_view name = name_of(request);
         answered("metrics", name.empty() ? "none" : name, request, reply, took);
       }});
}

}  // namespace sekisho
